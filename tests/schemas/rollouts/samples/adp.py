import json
from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

TOLD = {
    "id": "python__mypy-1_2", "meta": {"seed": 7},
    "content": [
        {"class_": "text_observation", "content": "Rules", "name": "system", "source": "environment"},
        {"class_": "text_observation", "content": "Do it.", "name": None, "source": "user"},
        {"class_": "text_observation", "content": "I see.", "name": None, "source": "agent"},
        {"class_": "api_action", "function": "f", "kwargs": {"a": '"1"', "b": [1.0]}, "description": "hm", "more": 1},
        {"class_": "text_observation", "content": "done", "name": "f", "source": "user"},
        {"class_": "image_observation", "content": "a.png", "annotations": [{"text": "ok"}], "source": "environment"},
        {"class_": "code_action", "language": "bash", "content": "ls", "description": None},
        {"class_": "web_observation", "html": "<p>", "axtree": None, "url": "u", "image_observation": None, "viewport_size": [1, 2]},
        {"class_": "message_action", "content": "Bye", "description": "so"},
        {"class_": "text_observation", "content": "Task completed successfully.", "name": None, "source": "user"},
        {"class_": "message_action", "content": "<finish> I did it! </finish>", "description": ""},
    ],
    "details": {
        "run_id": "m_maxiter_50_N", "resolved": "False", "exit_status": "submitted (exit_cost)", "generated_patch": "p",
        "tools": '[{"name": "f"}]', "test_result": "{}", "eval_logs": "log", "source": "s",
    },
}  # fmt: skip
REAL = ("agenttuning_db", "codeactinstruct", "mini-coder", "toucan_1_5m")


def samples(data: Path) -> Iterator[Sample]:
    """A trajectory with every item that there is, and the starts of real ones."""
    yield json_sample("sample_std.json", TOLD)
    yield json_sample("sample_std.json", TOLD | {"details": {"model_name": "m", "score": "1", "reward": "2"}})
    members = archive_members(data / "adp/adp_samples.tar.zst")
    for name in REAL:
        row = json.loads(members[f"datasets/{name}/sample_std.json"])[0]
        yield from file_samples("full_std.jsonl", json.dumps(row | {"content": row["content"][:8]}).encode())
