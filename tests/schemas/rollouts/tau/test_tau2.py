import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Origin, Role, ScoreSource, Status, Trajectory
from tests.schemas.rollouts.real_files import file_samples, read_zst
from tests.schemas.rollouts.samples.tau2 import INDEX, INFO, RESULTS, REWARD, SIMULATION, TASK, VOICE

SOURCE = Source(uri="runs/run.json", name="runs")


def decode(value: Any, source: Source = SOURCE) -> tuple[Trajectory, ...] | Rejection:
    raw = json.dumps(value).encode()
    record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, source)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories


def read(value: Any, source: Source = SOURCE) -> Trajectory:
    decoded = decode(value, source)
    assert not isinstance(decoded, Rejection), decoded
    (trajectory,) = decoded
    return trajectory


def ended(reason: str, **fields: Any) -> dict[str, Any]:
    return RESULTS | {"simulations": [SIMULATION | {"termination_reason": reason} | fields]}


@pytest.fixture(scope="module")
def real_runs(real_data: Path) -> dict[str, tuple[Trajectory, ...]]:
    runs = {}
    for path in sorted((real_data / "tau2").glob("*.json.zst")):
        (sample,) = file_samples(path.name, read_zst(path))
        decoded = decode_record(sample.record, sample.source)
        assert not isinstance(decoded, Rejection), decoded
        assert decoded.format_name == "tau2"
        runs[path.name] = decoded.trajectories
    return runs


def test_census_of_the_real_files(real_runs: dict[str, tuple[Trajectory, ...]]) -> None:
    census = [
        (run[0].task.benchmark, len(run), sum(t.outcome_reward == 1 for t in run), sum(len(t.messages) for t in run))
        for run in real_runs.values()
    ]  # fmt: skip
    assert census == [
        ("tau2_airline", 20, 13, 549),
        ("tau2_retail", 40, 34, 1179),
        ("tau2_telecom", 20, 16, 404),
        ("tau2_airline", 20, 10, 510),
        ("tau2_retail", 40, 34, 1105),
    ]
    trajectories = [trajectory for run in real_runs.values() for trajectory in run]
    messages = [message for trajectory in trajectories for message in trajectory.messages]
    calls = [call for message in messages for call in message.tool_calls]
    assert Counter((message.role.value, message.origin.value) for message in messages) == {
        ("assistant", "sampled"): 1653,
        ("assistant", "scripted"): 140,
        ("tool", "injected"): 1078,
        ("user", "scripted"): 876,
    }
    assert len(calls) == 1078
    assert all(call.result_seq is not None for call in calls)
    assert {trajectory.status for trajectory in trajectories} == {Status.COMPLETED}
    assert all(trajectory.completion_tokens for trajectory in trajectories)


def test_trials_of_a_task_share_one_group_and_one_quarantine(
    real_runs: dict[str, tuple[Trajectory, ...]],
) -> None:
    run = next(run for run in real_runs.values() if run[0].task.benchmark == "tau2_telecom")
    assert sorted(Counter(trajectory.group_id for trajectory in run).values()) == [4] * 5
    assert len({(trajectory.task.task_id, trajectory.task.secrets) for trajectory in run}) == 5
    assert {trajectory.trial for trajectory in run} == {0, 1, 2, 3}
    assert {(trajectory.agent, trajectory.model) for trajectory in run} == {
        ("llm_agent_solo", "gpt-4.1-2025-04-14")
    }
    assert all((trajectory.task.instruction or "").startswith("The user ") for trajectory in run)


def test_two_models_on_one_domain_share_their_tasks(real_runs: dict[str, tuple[Trajectory, ...]]) -> None:
    airline = [run for run in real_runs.values() if run[0].task.benchmark == "tau2_airline"]
    first, second = ({trajectory.task.task_id for trajectory in run} for run in airline)
    assert first == second
    assert len(first) == 20


def test_arguments_are_spelled_as_the_model_wrote_them(
    real_runs: dict[str, tuple[Trajectory, ...]],
) -> None:
    run = next(run for run in real_runs.values() if run[0].task.benchmark == "tau2_telecom")
    (call,) = run[0].messages[0].tool_calls
    assert call.arguments == '{"phone_number":"555-123-2002"}'
    assert "raw_data" in (run[0].messages[0].extra or "")
    assert "555-123" not in (run[0].messages[0].extra or "")


def test_words_that_the_scaffold_put_for_a_call_are_not_sampled(
    real_runs: dict[str, tuple[Trajectory, ...]],
) -> None:
    run = next(run for run in real_runs.values() if run[0].task.benchmark == "tau2_telecom")
    last = run[0].messages[-1]
    assert (last.text, last.origin) == ("###STOP###", Origin.SCRIPTED)
    assert '"done"' in (last.extra or "")


@pytest.mark.parametrize(
    ("answer", "origin"),
    [
        ({"content": " Hello "}, Origin.SAMPLED),
        ({"content": "Bye"}, Origin.SCRIPTED),
        ({"content": None, "tool_calls": [{"index": 0, "function": {"name": "done", "arguments": "{}"}}]}, Origin.SCRIPTED),
        ({"role": "assistant"}, Origin.SAMPLED),
    ],
)  # fmt: skip
def test_a_turn_is_sampled_when_the_provider_answered_so(answer: dict[str, Any], origin: Origin) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "raw_data": {"message": answer}}]  # fmt: skip
    assert read(ended("user_stop", messages=messages)).messages[1].origin is origin


@pytest.mark.parametrize("written", ['{"n" : 1}', '{"n": 2}', "{"])
def test_a_call_is_sampled_whatever_else_the_provider_says_of_it(written: str) -> None:
    function = {"name": "pay", "arguments": written}
    answer = {"content": "", "tool_calls": [{"index": 0, "id": "x", "function": function}]}
    call = {"id": "x", "name": "pay", "arguments": {"n": 1}}
    turn = {"role": "assistant", "content": None, "tool_calls": [call], "raw_data": {"message": answer}}
    _, message = read(ended("user_stop", messages=[{"role": "user", "content": "Pay"}, turn])).messages
    is_same = written == '{"n" : 1}'
    assert message.tool_calls[0].arguments == (written if is_same else '{"n": 1}')
    assert (message.origin is Origin.SAMPLED) == is_same
    assert json.loads(message.extra or "")["raw_data"]["message"]["tool_calls"] == answer["tool_calls"]


def test_what_a_user_calls_is_not_the_agents() -> None:
    trajectory = read(RESULTS)
    asked, answered = trajectory.messages[1:3]
    assert (asked.role, asked.tool_calls) == (Role.USER, ())
    assert json.loads(asked.extra or "")["tool_calls"][0]["arguments"] == {"x": 1}
    assert (asked.prompt_tokens, trajectory.prompt_tokens, trajectory.completion_tokens) == (None, 7, 3)
    assert (answered.role, answered.origin, answered.tool_call_id) == (Role.USER, Origin.INJECTED, None)
    assert json.loads(answered.extra or "") == {
        "id": "u",
        "role": "tool",
        "requestor": "user",
        "error": False,
    }


def test_results_of_one_message_link_to_their_calls_even_without_ids() -> None:
    calls = read(RESULTS).messages[4].tool_calls
    assert [(call.call_id, call.result_seq) for call in calls] == [("", 5), ("b", 6)]
    assert calls[0].arguments == '{"n":1}'


def test_reasoning_is_read_from_the_providers_answer() -> None:
    turn = read(RESULTS).messages[4]
    assert turn.reasoning == "hm"
    assert "hm" not in (turn.extra or "")


def test_the_greeting_and_a_given_history_are_scripted() -> None:
    assert [message.origin for message in read(RESULTS).messages if message.role is Role.ASSISTANT] == [
        Origin.SCRIPTED,
        Origin.SAMPLED,
        Origin.SAMPLED,
    ]
    without_history = RESULTS | {"tasks": [TASK | {"initial_state": None}]}
    assert read(without_history).messages[0].origin is Origin.SCRIPTED


def test_gold_goes_to_quarantine_and_checks_become_scores() -> None:
    trajectory = read(RESULTS)
    secrets = trajectory.task.secrets
    assert secrets is not None
    assert json.loads(secrets.gold_actions or "") == TASK["evaluation_criteria"]["actions"]
    assert json.loads(secrets.gold_outputs or "") == ["42"]
    assert json.loads(secrets.private_instruction or "")["instructions"] == "Ask."
    assert json.loads(secrets.extra or "")["user_info"]["global_simulation_guidelines"] == "Play a customer."
    assert trajectory.task.instruction is None
    assert {score.name: (score.value, score.source.value, score.explanation) for score in trajectory.scores[:7]} == {
        "db_match": (1.0, "env", None),
        "db_reward": (1.0, "env", None),
        "reward_db": (0.5, "env", None),
        "action_checks_0": (1.0, "env", None),
        "env_assertions_0": (1.0, "env", None),
        "communicate_checks_0": (0.0, "env", None),
        "nl_assertions_0": (1.0, "judge", "It was."),
    }  # fmt: skip
    told = (trajectory.extra or "") + "".join(message.extra or "" for message in trajectory.messages)
    assert not any(gold in told for gold in ("is_paid", "Be kind", "42", "Play a customer"))


def test_what_the_checks_say_otherwise_than_the_task_is_kept_in_quarantine() -> None:
    checks = {
        "nl_assertions": [{"nl_assertion": "Be kind.", "met": True}],
        "communicate_checks": [
            {"info": "42", "met": True, "justification": "Information '42' communicated in the message:\n 'Done'"},
            {"info": "42", "met": False, "justification": "42 was whispered."},
        ],
    }  # fmt: skip
    trajectory = read(ended("user_stop", reward_info=REWARD | checks))
    secrets = trajectory.task.secrets
    assert secrets is not None
    kept = json.loads(secrets.extra or "")
    assert kept["said_by_checks"] == {
        "communicate_info": ["42", "42"],
        "nl_assertions": ["Be kind."],
        "justifications": ["42 was whispered."],
    }
    assert kept["evaluation_criteria"]["nl_assertions"] == ["Be kind"]
    assert not any(word in repr((trajectory.extra, trajectory.messages, trajectory.scores)) for word in ("kind", "whispered"))  # fmt: skip


def test_real_checks_of_two_airline_tasks_say_otherwise_than_the_task(
    real_runs: dict[str, tuple[Trajectory, ...]],
) -> None:
    told = {
        trajectory.task.task_key: json.loads(trajectory.task.secrets.extra or "")["said_by_checks"]
        for run in real_runs.values()
        for trajectory in run
        if trajectory.task.secrets and "said_by_checks" in (trajectory.task.secrets.extra or "")
    }
    assert {key: sorted(kept) for key, kept in told.items()} == {"18": ["nl_assertions"], "44": ["nl_assertions"]}  # fmt: skip
    assert "The total cost that the agent mentions is between $1380 and $1390." in [
        text.strip() for text in told["44"]["nl_assertions"]
    ]


def test_errors_that_a_reviewer_found_have_their_step() -> None:
    reviewed = [score for score in read(RESULTS).scores if score.annotator]
    assert [(score.name, score.scope, score.step, score.explanation) for score in reviewed] == [
        ("agent_logical", "step", 2, "Too short."),
        ("user_hallucination", "trajectory", None, "Made up."),
        ("unknown_error", "trajectory", None, "Somewhere."),
    ]
    assert {score.source for score in reviewed} == {ScoreSource.JUDGE}


@pytest.mark.parametrize(
    ("reason", "status", "reward"),
    [
        ("user_stop", Status.COMPLETED, 0.5),
        ("agent_stop", Status.COMPLETED, 0.5),
        ("max_steps", Status.TRUNCATED, 0.5),
        ("timeout", Status.TRUNCATED, 0.5),
        ("too_many_errors", Status.TRUNCATED, 0.5),
        ("context_window_exceeded", Status.TRUNCATED, 0.5),
        ("agent_error", Status.AGENT_ERROR, 0.5),
        ("user_error", Status.INFRA_ERROR, None),
        ("infrastructure_error", Status.INFRA_ERROR, None),
        ("unexpected_error", Status.INFRA_ERROR, None),
        ("eclipse", Status.UNKNOWN, 0.5),
    ],
)
def test_the_end_tells_status_and_whether_the_reward_means_anything(
    reason: str, status: Status, reward: float | None
) -> None:
    trajectory = read(ended(reason))
    assert (trajectory.status, trajectory.outcome_reward, trajectory.termination_reason) == (status, reward, reason)  # fmt: skip
    kept = json.loads(trajectory.extra or "")["reward_info"].get("reward")
    assert kept == (0.5 if reward is None else None)


def test_a_simulation_in_a_folder_finds_its_run_beside_it() -> None:
    beside = {"../results.json": json.dumps(INDEX).encode()}
    source = Source(uri="run/simulations/s.json", name="runs", beside=beside.get)
    inside, alone = read(RESULTS), read(SIMULATION, source)
    assert alone.task == inside.task
    assert (alone.messages, alone.scores, alone.toolset) == (inside.messages, inside.scores, inside.toolset)
    assert decode(INDEX) == ()


def test_a_simulation_whose_run_is_broken_is_rejected() -> None:
    source = Source(uri="run/simulations/s.json", name="runs", beside={"../results.json": b"{"}.get)
    rejection = decode(SIMULATION, source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.detail[:15]) == ("truncated_json", "../results.json")


def test_what_is_no_object_is_no_run() -> None:
    assert isinstance(decode([RESULTS]), Rejection)


def test_a_simulation_without_its_run_keeps_the_gold_that_its_checks_quote() -> None:
    alone = read(SIMULATION, Source(uri="gpt_airline_default.jsonl", name="runs"))
    assert (alone.task.benchmark, alone.task.policy, alone.model) == ("tau2_airline", None, None)
    secrets = alone.task.secrets
    assert secrets is not None
    assert json.loads(secrets.gold_actions or "") == TASK["evaluation_criteria"]["actions"]
    assert json.loads(secrets.extra or "")["evaluation_criteria"]["nl_assertions"] == ["Be kind"]


def test_ticks_become_messages_in_time_order() -> None:
    trajectory = read(VOICE)
    assert [(m.role.value, m.origin.value, m.text) for m in trajectory.messages] == [
        ("assistant", "scripted", "Good day. Yes?"),
        ("user", "scripted", "Pay"),
        ("user", "injected", "ok"),
        ("assistant", "sampled", None),
        ("tool", "injected", "paid"),
    ]
    (call,) = trajectory.messages[3].tool_calls
    assert (call.arguments, call.result_seq) == ('{"n": 1.5}', 4)
    assert trajectory.task.policy == "Speak."
    ticks = json.loads(trajectory.extra or "")["ticks"]
    assert [tick["tick_id"] for tick in ticks] == [0, 1, 2, 3, 4]
    assert ticks[0]["user_chunk"]["turn_taking_action"] == {"action": "wait"}


def test_a_simulation_without_messages_stays_with_the_first_that_has_some() -> None:
    empty = SIMULATION | {"id": "e", "messages": [], "termination_reason": "infrastructure_error"}
    trajectory = read(RESULTS | {"simulations": [empty, SIMULATION]})
    assert trajectory.record_part == 0
    (kept,) = json.loads(trajectory.extra or "")["empty_simulations"]
    assert (kept["id"], kept["termination_reason"]) == ("e", "infrastructure_error")
    assert "is_paid" not in (trajectory.extra or "")

    rejection = decode(RESULTS | {"simulations": [empty]})
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"


def test_a_solo_agent_reads_the_ticket() -> None:
    info = INFO | {"agent_info": {"implementation": "llm_agent_solo", "llm": "m"}}
    assert read(RESULTS | {"info": info}).task.instruction == "T"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "wizard"}, "unexpected_shape"),
        ({"content": "x"}, "missing_field"),
        ({"role": "assistant", "tool_calls": [{"arguments": {}}]}, "missing_field"),
        ({"role": "user", "tool_messages": [{"role": "tool", "id": "a"}]}, "unexpected_shape"),
    ],
)
def test_a_message_that_breaks_its_promise_is_rejected(message: dict[str, Any], reason: str) -> None:
    rejection = decode(ended("user_stop", messages=[message]))
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "tau2")
