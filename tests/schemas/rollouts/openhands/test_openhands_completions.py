import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Rejection, decode_record
from schemas.rollouts.openhands.completions import OPENHANDS_COMPLETIONS
from schemas.rollouts.raw.bundle import unpack_bundle
from schemas.trajectory import Relation, Trajectory
from tests.schemas.rollouts.real_files import Sample, archive_members, bundle_sample, json_sample
from tests.schemas.rollouts.samples.openhands_completions import ASSISTANT, FOLDER, MARK, call, user


def decode(sample: Sample) -> tuple[Trajectory, ...]:
    decoded = decode_record(sample.record, sample.source)
    assert not isinstance(decoded, Rejection), decoded
    assert decoded.format_name == "openhands_completions"
    return decoded.trajectories


def folder(files: dict[str, Any]) -> Sample:
    named = {
        f"run_2/llm_completions/x__y-1/{name}": json.dumps(value).encode() for name, value in files.items()
    }
    return bundle_sample("openhands_completions", named)


def said(sample: Sample) -> list[tuple[str, int, list[str | None]]]:
    """Give relation, shared count and own texts of each trajectory."""
    return [
        (item.relation.value, item.shared_count, [message.text for message in item.messages])
        for item in decode(sample)
    ]


@pytest.fixture(scope="module")
def instances(real_data: Path) -> dict[str, dict[str, bytes]]:
    folders: dict[str, dict[str, bytes]] = defaultdict(dict)
    members = archive_members(real_data / "openhands/swebv_claude35_llm_completions_4.tar.zst")
    for name, content in members.items():
        key = OPENHANDS_COMPLETIONS.bundle_key(name)
        if key is not None:
            folders[key][name] = content
    return folders


def test_census_of_the_real_folders(instances: dict[str, dict[str, bytes]]) -> None:
    found, bytes_in, text_out, cost = {}, 0, 0, 0.0
    for files in instances.values():
        (trajectory,) = decode(bundle_sample("openhands_completions", files))
        calls = [called for message in trajectory.messages for called in message.tool_calls]
        linked = sum(called.result_seq is not None for called in calls)
        found[trajectory.task.task_key] = (len(files), len(trajectory.messages), len(calls), linked)
        bytes_in += sum(map(len, files.values()))
        text_out += sum(len((message.text or "").encode()) for message in trajectory.messages)
        cost += trajectory.cost_usd or 0.0
        assert (trajectory.task.benchmark, trajectory.trial) == ("swe_bench", 1)
        assert trajectory.toolset is not None
    assert found == {
        "astropy__astropy-12907": (10, 21, 9, 8),
        "django__django-10914": (11, 23, 11, 10),
        "django__django-11087": (50, 101, 50, 49),
        "django__django-11141": (9, 19, 9, 8),
    }
    assert (bytes_in, text_out) == (8_821_155, 303_219)
    assert cost == pytest.approx(8.023827)


def test_each_real_prompt_and_its_cache_marks_can_be_written_again(
    instances: dict[str, dict[str, bytes]],
) -> None:
    for files in instances.values():
        (trajectory,) = decode(bundle_sample("openhands_completions", files))
        calls = sorted(
            (json.loads(content) for content in files.values()), key=lambda value: value["timestamp"]
        )
        repeated = 0
        for logged in calls:
            count = len(logged["messages"])
            told = [(prompt["role"], joined(prompt.get("content"))) for prompt in logged["messages"]]
            assert told == [
                (message.role.value, message.text or "") for message in trajectory.messages[:count]
            ]
            sampled = trajectory.messages[count]
            extra = json.loads(sampled.extra or "")
            assert (extra["call"]["timestamp"], extra["call"]["cost"]) == (
                logged["timestamp"],
                logged["cost"],
            )
            assert sampled.prompt_tokens == logged["response"]["usage"]["prompt_tokens"]
            assert extra.get("cache_control", {}) == marks(logged["messages"][:repeated])
            repeated = count + 1


def marks(prompt: list[dict[str, Any]]) -> dict[str, Any]:
    found = {str(index): message for index, message in enumerate(prompt)}
    for index, message in enumerate(prompt):
        found |= {f"{index}.{number}": part for number, part in enumerate(message.get("content") or [])}
    return {place: holder["cache_control"] for place, holder in found.items() if "cache_control" in holder}


def joined(content: Any) -> str:
    return "\n".join(part["text"] for part in content or [])


def test_metadata_beside_the_folders_tell_agent_and_model() -> None:
    metadata = {"agent_class": "CodeActAgent", "llm_config": {"model": "proxy/m"}, "dataset": "d", "seed": 1}
    sample = folder({"a.json": FOLDER["a.json"]})
    beside = {"../metadata.json": json.dumps(metadata).encode()}
    (trajectory,) = decode(Sample(sample.record, replace(sample.source, beside=beside.get)))
    assert (trajectory.agent, trajectory.model) == ("CodeActAgent", "proxy/m")
    assert json.loads(trajectory.extra or "")["metadata"] == {"seed": 1, "dataset": "d"}


def test_calls_that_go_on_are_one_trajectory_and_others_part_from_it() -> None:
    assert said(folder(FOLDER)) == [
        ("attempt", 0, ["Go", "ok", "On", "on"]),
        ("branch", 1, ["Summary", "ok", "fresh"]),
        ("subagent", 0, ["Summarize", "short"]),
    ]
    attempt, branch, helper = decode(folder(FOLDER))
    assert [message.origin.value for message in branch.messages] == ["scripted", "copied", "sampled"]
    assert branch.parent_id == helper.parent_id == attempt.trajectory_id
    assert {item.task for item in (branch, helper)} == {attempt.task}
    assert [item.cost_usd for item in (attempt, branch, helper)] == [0.5, 0.25, 0.25]
    assert [item.prompt_tokens for item in (attempt, branch, helper)] == [3, 3, 4]


def test_a_retry_is_a_branch_that_shares_the_prompt() -> None:
    assert said(folder({"a.json": call(1, user("Go")), "b.json": call(2, user("Go"), said="other")})) == [
        ("attempt", 0, ["Go", "ok"]),
        ("branch", 1, ["other"]),
    ]


def test_the_copy_of_a_call_says_nothing_of_its_own() -> None:
    once = call(1, user("Go"))
    assert said(folder({"a.json": once, "b.json": once})) == [("attempt", 0, ["Go", "ok"])]


def test_broken_metadata_do_not_cost_the_rollout() -> None:
    sample = folder({"a.json": FOLDER["a.json"]})
    (trajectory,) = decode(
        Sample(sample.record, replace(sample.source, beside={"../metadata.json": b"{"}.get))
    )
    assert (trajectory.agent, trajectory.model) == (None, "m")


def test_calls_are_ordered_by_time_not_by_name() -> None:
    later = call(9, user("Go"), ASSISTANT, user("On"), said="on")
    assert said(folder({"a.json": later, "b.json": call(1, user("Go"))})) == [
        ("attempt", 0, ["Go", "ok", "On", "on"])
    ]


def test_what_all_calls_share_is_kept_once_and_the_rest_with_its_message() -> None:
    attempt, *_ = decode(folder(FOLDER))
    extra = json.loads(attempt.extra or "")
    assert extra["calls"]["response"]["object"] == "chat.completion"
    assert extra["calls"]["args"] == []
    assert [unanswered["timestamp"] for unanswered in extra["unanswered"]] == [5.0]
    second = json.loads(attempt.messages[3].extra or "")
    assert second["call"]["response"]["id"] == "r2"
    assert second["call"]["kwargs"] == {"temperature": 0.7}
    assert (second["tools"], attempt.toolset and attempt.toolset.tools) == (None, '[{"name": "f"}]')
    assert second["cache_control"] == {"1": MARK["cache_control"]}


def test_a_file_that_is_cut_off_keeps_its_text() -> None:
    sample = folder({"a.json": FOLDER["a.json"]})
    files = {
        f"llm_completions/x/{name}": content for name, content in unpack_bundle(sample.record.raw).items()
    }
    files["llm_completions/x/b.json"] = b'{"messages": ['
    (trajectory,) = decode(bundle_sample("openhands_completions", files))
    assert json.loads(trajectory.extra or "")["broken"] == {"b.json": '{"messages": ['}


def test_a_folder_of_broken_files_is_rejected() -> None:
    named = {f"llm_completions/x/{name}": b'{"messages": [' for name in ("a.json", "b.json")}
    sample = bundle_sample("openhands_completions", named)
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "truncated_json"


def test_a_single_call_is_read_too() -> None:
    (trajectory,) = decode(json_sample("logs/llm_completions/x__y-1/a.json", FOLDER["a.json"]))
    assert [message.text for message in trajectory.messages] == ["Go", "ok"]
    assert (trajectory.task.task_key, trajectory.model, trajectory.relation) == (
        "x__y-1",
        "m",
        Relation.ATTEMPT,
    )
    (nameless,) = decode(json_sample("a.json", FOLDER["a.json"]))
    assert nameless.task.task_key != "x__y-1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"response": None}, "empty_conversation"),
        ({"response": {"choices": []}}, "empty_conversation"),
        ({"response": "ModelResponse(id='x')"}, "unexpected_shape"),
        ({"messages": [{"role": "wizard"}]}, "unexpected_shape"),
        ({"messages": ["Go"]}, "unexpected_shape"),
    ],
)
def test_a_call_that_breaks_its_promise_is_rejected(change: dict[str, Any], reason: str) -> None:
    sample = json_sample("a.json", FOLDER["a.json"] | change)
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "openhands_completions")
