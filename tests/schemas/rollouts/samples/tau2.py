import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, file_samples, json_sample, read_zst

TASK: dict[str, Any] = {
    "id": "t/1", "description": {"purpose": "P"}, "ticket": "T", "user_scenario": {"persona": "X", "instructions": "Ask."},
    "initial_state": {"message_history": [{"role": "assistant", "content": "Hi"}]},
    "evaluation_criteria": {
        "actions": [{"name": "pay", "arguments": {"n": 1}}], "communicate_info": ["42"],
        "env_assertions": [{"func_name": "is_paid"}], "nl_assertions": ["Be kind"], "reward_basis": ["DB"],
    },
}  # fmt: skip
INFO = {
    "git_commit": "c", "num_trials": 1,
    "agent_info": {"implementation": "llm_agent", "llm": "m", "llm_args": {"temperature": 0.0}},
    "user_info": {"implementation": "user_simulator", "llm": "u", "global_simulation_guidelines": "Play a customer.", "persona_config": {"verbosity": "low"}},
    "environment_info": {"domain_name": "bank", "policy": "Be exact.", "tool_defs": [{"name": "pay"}]},
}  # fmt: skip
RAW_CALLS = [{"id": "", "type": "function", "function": {"name": "pay", "arguments": '{"n":1}'}}, {"id": "b", "type": "function", "function": {"name": "see", "arguments": "{}"}}]  # fmt: skip
MESSAGES = [
    {"role": "assistant", "content": "Hi", "tool_calls": None, "turn_idx": 0, "cost": 0.0, "usage": None, "raw_data": None},
    {"role": "user", "content": None, "tool_calls": [{"id": "u", "name": "reboot", "arguments": {"x": 1}, "requestor": "user"}], "usage": {"prompt_tokens": 9}},
    {"role": "tool", "id": "u", "content": "ok", "requestor": "user", "error": False},
    {"role": "user", "content": "Pay", "raw_data": {"message": {"role": "assistant", "content": "Pay"}}},
    {
        "role": "assistant", "content": None, "cost": 0.1, "usage": {"prompt_tokens": 3, "completion_tokens": 2, "cached": 1},
        "tool_calls": [{"id": "", "name": "pay", "arguments": {"n": 1}, "requestor": "assistant"}, {"id": "b", "name": "see", "arguments": {}}],
        "raw_data": {"finish_reason": "tool_calls", "message": {"role": "assistant", "content": None, "tool_calls": RAW_CALLS, "reasoning_content": "hm"}},
    },
    {"role": "tool", "tool_messages": [
        {"role": "tool", "id": "", "content": "paid", "requestor": "assistant", "error": False},
        {"role": "tool", "id": "b", "content": "seen", "requestor": "assistant", "error": True},
    ]},
    {"role": "assistant", "content": "Done", "raw_data": {"message": {"role": "assistant", "content": "Done"}}, "usage": {"prompt_tokens": 4, "completion_tokens": 1}},
]  # fmt: skip
REWARD = {
    "reward": 0.5, "db_check": {"db_match": True, "db_reward": 1.0}, "reward_basis": ["DB"], "reward_breakdown": {"DB": 0.5},
    "action_checks": [{"action": {"name": "pay", "arguments": {"n": 1}}, "action_match": True, "action_reward": 1.0, "tool_type": "write"}],
    "env_assertions": [{"env_assertion": {"func_name": "is_paid"}, "met": True, "reward": 1.0}],
    "communicate_checks": [{"info": "42", "met": False, "justification": "Information '42' not communicated."}],
    "nl_assertions": [{"nl_assertion": "Be kind", "met": True, "justification": "It was."}],
}  # fmt: skip
REVIEW = {"summary": "s", "errors": [
    {"source": "agent", "error_type": "logical", "turn_idx": 7, "severity": "minor", "reasoning": "Too short.", "correct_behavior": "c"},
    {"source": "user", "error_type": "hallucination", "turn_idx": 3, "reasoning": "Made up."},
    {"reasoning": "Somewhere.", "tick_start": 3},
]}  # fmt: skip
SIMULATION = {
    "id": "s", "task_id": "t/1", "trial": 2, "seed": 7, "termination_reason": "user_stop", "agent_cost": 0.25, "user_cost": 0.5,
    "messages": MESSAGES, "reward_info": REWARD, "review": REVIEW, "mode": "half_duplex",
}  # fmt: skip
RESULTS = {"timestamp": "now", "info": INFO, "tasks": [TASK], "simulations": [SIMULATION]}
INDEX = {"timestamp": "now", "info": INFO, "tasks": [TASK], "simulation_index": [{"id": "s"}]}
TICKS = [
    {"tick_id": 0, "timestamp": "00.0", "agent_chunk": {"role": "assistant", "content": "Good ", "utterance_ids": ["a"], "timestamp": "00.1"}, "user_chunk": {"role": "user", "turn_taking_action": {"action": "wait"}}},
    {"tick_id": 1, "timestamp": "01.0", "agent_chunk": {"role": "assistant", "content": "day.", "utterance_ids": ["a"]}, "user_chunk": None},
    {"tick_id": 2, "timestamp": "02.0", "agent_chunk": {"role": "assistant", "content": "Yes?", "utterance_ids": ["b"]}},
    {"tick_id": 3, "timestamp": "03.0", "user_chunk": {"role": "user", "content": "Pay"}, "user_tool_calls": [{"id": "u", "name": "tap", "arguments": {}, "requestor": "user"}], "user_tool_results": [{"id": "u", "role": "tool", "content": "ok", "requestor": "user", "timestamp": "03.1"}]},
    {"tick_id": 4, "timestamp": "04.0", "agent_tool_calls": [{"id": "p", "name": "pay", "arguments": {"n": 1.50}}], "agent_tool_results": [{"id": "p", "role": "tool", "content": "paid", "timestamp": "04.2"}], "wall_clock_duration_seconds": 0.2},
]  # fmt: skip
VOICE = {"id": "v", "task_id": 1, "termination_reason": "infrastructure_error", "ticks": TICKS, "mode": "full_duplex", "policy": "Speak.", "reward_info": {"reward": 0.0}}  # fmt: skip
FILES = (
    "gpt-4.1-2025-04-14_telecom_no-user_gpt-4.1-2025-04-14_4trials_5tasks.json",
    "gpt-4.1_airline_default_gpt-4.1_1trials.json",
)


def shortened(content: bytes) -> bytes:
    """Keep the first simulation of a run, its task, and some of its messages."""
    run: dict[str, Any] = json.loads(content)
    run["simulations"] = run["simulations"][:1]
    (simulation,) = run["simulations"]
    simulation["messages"] = simulation["messages"][:5] + simulation["messages"][-1:]
    run["tasks"] = [task for task in run["tasks"] if task["id"] == simulation["task_id"]]
    return json.dumps(run).encode()


def samples(data: Path) -> Iterator[Sample]:
    """Two shortened real runs, a run with all that there is, and simulations that lie alone."""
    for name in FILES:
        yield from file_samples(name, shortened(read_zst(data / f"tau2/{name}.zst")))
    yield json_sample("run.json", RESULTS)
    yield json_sample("runs_airline_x.jsonl", SIMULATION)
    yield json_sample("voice/simulations/v.json", VOICE)
    beside = {"run/results.json": json.dumps(INDEX).encode()}
    yield from file_samples("run/simulations/s.json", json.dumps(SIMULATION).encode(), siblings=beside)
