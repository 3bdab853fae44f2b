import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from simulation import containers
from simulation.domains import DOMAINS
from simulation.generate import generate
from simulation.rendering import RENDERINGS
from simulation.writers import FORMATS


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("rendering", sorted(RENDERINGS))
@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_same_arguments_give_the_same_bytes(tmp_path: Path, format_name: str, rendering: str) -> None:
    for name in ("a", "b"):
        generate(tmp_path / name, tasks=6, trials=4, seed=1, format=format_name, rendering=rendering)
    generate(tmp_path / "c", tasks=6, trials=4, seed=2, format=format_name, rendering=rendering)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    assert bytes_of(tmp_path / "a") != bytes_of(tmp_path / "c")


def test_number_of_processes_changes_no_byte(tmp_path: Path) -> None:
    generate(tmp_path / "one", tasks=100, trials=8, processes=1)
    generate(tmp_path / "two", tasks=100, trials=8, processes=2)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_more_tasks_and_trials_keep_the_earlier_ones(tmp_path: Path) -> None:
    small = generate(tmp_path / "small", tasks=4, trials=2).rollouts / "part-00000.jsonl"
    large = generate(tmp_path / "large", tasks=8, trials=3).rollouts / "part-00000.jsonl"
    assert set(small.read_bytes().splitlines()) < set(large.read_bytes().splitlines())


def test_lines_are_split_into_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "PART_ROLLOUTS", 10)
    summary = generate(tmp_path, tasks=5, trials=5)
    assert summary.rollout_count == 25
    parts = sorted(summary.rollouts.iterdir())
    assert [len(part.read_bytes().splitlines()) for part in parts] == [10, 10, 5]
    assert sum(part.stat().st_size for part in parts) == summary.byte_count


def read_openai_chat(folder: Path) -> dict[tuple[str, int], Any]:
    rows = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines()]
    return {(row["task_id"], row["trial"]): (row["reward"], row["messages"]) for row in rows}


def read_tau_bench(folder: Path) -> dict[tuple[str, int], Any]:
    found = {}
    for domain in DOMAINS:
        for row in json.loads((folder / f"sim-{domain}.json").read_text()):
            assert set(row) == {"task_id", "reward", "info", "traj", "trial"}
            assert row["info"]["reward_info"]["reward"] == row["reward"]
            assert row["info"]["task"]["actions"]
            found[f"{domain}-{row['task_id']}", row["trial"]] = (row["reward"], row["traj"])
    return found


def read_atif(folder: Path) -> dict[tuple[str, int], Any]:
    found = {}
    for path in folder.glob("*/*/agent/trajectory.json"):
        trajectory = json.loads(path.read_text())
        assert trajectory["schema_version"] == "ATIF-v1.8"
        assert [step["step_id"] for step in trajectory["steps"]] == list(
            range(1, len(trajectory["steps"]) + 1)
        )
        extra = trajectory["extra"]
        messages = [message for step in trajectory["steps"] for message in chat_messages(step)]
        assert path.parts[-4:-2] == (extra["task_id"], str(extra["trial"]))
        found[extra["task_id"], extra["trial"]] = (extra["reward"], messages)
    return found


def chat_messages(step: Any) -> list[Any]:
    role = "assistant" if step["source"] == "agent" else step["source"]
    message: dict[str, Any] = {"role": role, "content": step["message"]}
    if "tool_calls" not in step:
        return [message]
    message["content"] = message["content"] or None
    message["tool_calls"] = [
        {
            "id": call["tool_call_id"],
            "type": "function",
            "function": {
                "name": call["function_name"],
                "arguments": orjson.dumps(call["arguments"]).decode(),
            },
        }
        for call in step["tool_calls"]
    ]
    names = {call["tool_call_id"]: call["function_name"] for call in step["tool_calls"]}
    return [
        message,
        *(
            {
                "role": "tool",
                "tool_call_id": result["source_call_id"],
                "name": names[result["source_call_id"]],
                "content": result["content"],
            }
            for result in step["observation"]["results"]
        ),
    ]


@pytest.mark.parametrize("rendering", sorted(RENDERINGS))
def test_formats_agree_about_messages_and_rewards(tmp_path: Path, rendering: str) -> None:
    for name in FORMATS:
        generate(tmp_path / name, tasks=20, trials=6, format=name, rendering=rendering)
    chat = read_openai_chat(tmp_path / "openai_chat" / "rollouts")
    assert len(chat) == 120
    assert read_tau_bench(tmp_path / "tau_bench" / "rollouts") == chat
    assert read_atif(tmp_path / "atif" / "rollouts") == chat
    assert len({path.read_bytes() for path in tmp_path.glob("*/truth/truth.jsonl")}) == 1


def test_verbose_rollouts_are_well_formed(tmp_path: Path) -> None:
    summary = generate(tmp_path, tasks=60, trials=6)
    counts = []
    parallel_count = 0
    for line in (summary.rollouts / "part-00000.jsonl").read_bytes().splitlines():
        rollout = json.loads(line)
        messages = rollout["messages"]
        counts.append(len(messages))
        assert [m["role"] for m in messages[:2]] == ["system", "user"]
        assert len(messages[0]["content"].split()) > 300
        names = {tool["function"]["name"] for tool in rollout["tools"]}
        open_ids: list[str] = []
        for message in messages:
            if message["role"] == "tool":
                assert message["tool_call_id"] == open_ids.pop(0)
                assert message["content"].startswith("Error: ") or json.loads(message["content"])
                continue
            assert not open_ids
            calls = message.get("tool_calls", [])
            parallel_count += len(calls) > 1
            open_ids = [call["id"] for call in calls]
            assert {call["function"]["name"] for call in calls} <= names
            assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)
        assert not open_ids
    assert min(counts) >= 7
    assert max(counts) <= 30
    assert parallel_count


def test_a_list_never_tells_look_alikes_apart(tmp_path: Path) -> None:
    summary = generate(tmp_path, tasks=40, trials=1)
    for line in (summary.rollouts / "part-00000.jsonl").read_bytes().splitlines():
        for message in json.loads(line)["messages"]:
            if str(message.get("name", "")).startswith("list_"):
                variants = [v for domain in DOMAINS.values() for v in domain.variants.values()]
                assert not any(variant in message["content"] for variant in variants)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"tasks": 0}, "Too small `tasks`: 0"),
        ({"trials": 0}, "Too small `trials`: 0"),
        ({"processes": 0}, "Too small `processes`: 0"),
        ({"format": "csv"}, "Unknown `format`: 'csv'. Allowed: atif, openai_chat, tau_bench"),
        ({"rendering": "loud"}, "Unknown `rendering`: 'loud'. Allowed: terse, verbose"),
        ({"skills": []}, "Unknown or no `skills`"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        generate(tmp_path, **({"tasks": 1, "trials": 1} | wrong))
    assert not list(tmp_path.iterdir())


def test_rollouts_of_two_runs_never_mix(tmp_path: Path) -> None:
    generate(tmp_path, tasks=1, trials=1)
    before = bytes_of(tmp_path)
    with pytest.raises(FileExistsError, match="holds rollouts already"):
        generate(tmp_path, tasks=2, trials=1)
    assert bytes_of(tmp_path) == before


def test_command_line_writes_what_the_function_writes(tmp_path: Path) -> None:
    options = ["--tasks", "3", "--trials", "2", "--seed", "4", "--skills", "careful,hasty"]
    command = [sys.executable, "-m", "simulation", "--out", str(tmp_path / "cli"), *options]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert run.stdout.startswith("6 rollouts")
    generate(tmp_path / "function", tasks=3, trials=2, seed=4, skills=["careful", "hasty"])
    assert bytes_of(tmp_path / "cli") == bytes_of(tmp_path / "function")


def test_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulation", "--out", str(tmp_path), "--skills", "sly"]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("Unknown or no `skills`: ['sly']")
