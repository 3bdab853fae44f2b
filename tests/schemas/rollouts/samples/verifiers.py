import json
from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

ROW = {
    "example_id": 3, "task": "sub", "answer": ["4"], "reward": 0.5, "info": {"oai_tools": [{"name": "f"}], "case": "secret"},
    "prompt": [
        {"role": "system", "content": "Rules"},
        {"role": "user", "content": "An example"},
        {"role": "assistant", "content": "Its answer"},
    ],
    "completion": [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "name": "f", "arguments": "{}", "more": 1}]},
        {"role": "tool", "content": "r", "tool_call_id": "c"},
        {"role": "assistant", "content": "", "tool_calls": ['{"function": {"name": "f", "arguments": "{}"}, "type": "function"}']},
        {"role": "user", "content": "Go on."},
    ],
    "metrics": {"judge_reward": 1.0, "empty": None}, "timing": {"total_ms": 1.5}, "total_ms": 2.5, "is_completed": True,
    "is_truncated": True, "stop_condition": "max_turns", "token_usage": {"input_tokens": 5, "output_tokens": 6, "more": 7},
    "error": None, "turns": 2.0,
}  # fmt: skip
RUNS = {
    "wordle_evals": "environments/wordle/outputs/evals/wordle--gpt-5-mini/019a631c",
    "math_python_evals": "environments/math_python/outputs/evals/math-python--gpt-4.1-mini/578769a7",
}


def samples(data: Path) -> Iterator[Sample]:
    """Rows with every field that there is, and one real one per generation of rows."""
    yield json_sample("outputs/evals/math--m/1/results.jsonl", ROW)
    yield json_sample("results.jsonl", ROW | {"prompt": "2+2?", "completion": "4", "error": {"error": "E"}})
    for archive, run in RUNS.items():
        members = archive_members(data / f"verifiers/{archive}.tar.zst")
        row = json.loads(members[f"{run}/results.jsonl"].splitlines()[0])
        yield from file_samples(f"{run}/results.jsonl", json.dumps(row).encode(), siblings=members)
