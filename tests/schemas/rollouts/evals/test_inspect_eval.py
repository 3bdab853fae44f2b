import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.rollouts.evals.inspect_eval import INSPECT_EVAL
from schemas.rollouts.evals.inspect_messages import count_tokens
from schemas.rollouts.evals.inspect_scores import take_scores
from schemas.rollouts.parts.fields import Fields
from schemas.trajectory import Origin, Role, ScoreSource, Status, Trajectory
from tests.schemas.rollouts.real_files import archive_members, file_samples
from tests.schemas.rollouts.samples.inspect_eval import LOG, SAMPLE

Outcomes = dict[str, Decoded | Rejection]


@pytest.fixture(scope="module")
def outcomes(real_data: Path) -> Outcomes:
    """What each file of both archives became, by its path."""
    members = {
        name: content
        for archive in ("log-sets_set2", "test_logs")
        for name, content in archive_members(real_data / f"inspect/{archive}.tar.zst").items()
        if name.endswith((".eval", ".json"))
    }
    return {name: decode_file(name, content) for name, content in members.items()}


def decode_file(name: str, content: bytes) -> Decoded | Rejection:
    (sample,) = file_samples(name, content)
    return decode_record(sample.record, sample.source)


def pack(files: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, bytes) else json.dumps(value))
    return packed.getvalue()


def decode_log(sample: dict[str, Any] | None = None, **header: Any) -> Decoded | Rejection:
    log = LOG | {"samples": [SAMPLE | (sample or {})]} | header
    return decode_file("log.json", json.dumps(log).encode())


def read(sample: dict[str, Any] | None = None, **header: Any) -> Trajectory:
    decoded = decode_log(sample, **header)
    assert isinstance(decoded, Decoded), decoded
    (trajectory,) = decoded.trajectories
    return trajectory


def test_census_of_the_real_logs(outcomes: Outcomes) -> None:
    trajectories = [
        t for found in outcomes.values() if isinstance(found, Decoded) for t in found.trajectories
    ]
    messages = [message for trajectory in trajectories for message in trajectory.messages]
    calls = [call for message in messages for call in message.tool_calls]

    assert len(trajectories) == 195
    assert Counter((message.role, message.origin) for message in messages) == {
        (Role.SYSTEM, Origin.SCRIPTED): 186,
        (Role.USER, Origin.SCRIPTED): 198,
        (Role.ASSISTANT, Origin.SAMPLED): 203,
        (Role.TOOL, Origin.INJECTED): 20,
    }
    assert (len(calls), sum(call.result_seq is not None for call in calls)) == (9, 9)
    assert Counter(trajectory.outcome_reward for trajectory in trajectories) == {1.0: 121, 0.0: 63, None: 11}
    assert {trajectory.status for trajectory in trajectories} == {Status.COMPLETED}
    assert sum(message.completion_tokens is not None for message in messages) == 197
    assert not any("attachment://" in (message.text or "") for message in messages)


def test_what_is_refused_has_its_reason(outcomes: Outcomes) -> None:
    refused = {name: found.reason for name, found in outcomes.items() if isinstance(found, Rejection)}
    skeletons = {name for name in refused if "/test_skeleton/" in name}
    assert len(skeletons) == 10
    assert {refused[name] for name in skeletons} == {"unknown_format"}
    assert {name.rpartition("/")[2]: refused[name].value for name in refused.keys() - skeletons} == {
        "2025-05-12T20-28-13-04-00_no-samples.json": "empty_conversation"
    }


def test_lists_of_logs_hold_no_rollout(outcomes: Outcomes) -> None:
    empty = [
        name for name, found in outcomes.items() if isinstance(found, Decoded) and not found.trajectories
    ]
    assert [name.rpartition("/")[2] for name in sorted(empty)] == ["eval-set.json", "logs.json"]


def test_epochs_are_trials_and_models_are_groups(outcomes: Outcomes) -> None:
    trajectories = [
        t
        for name, found in outcomes.items()
        if "/set2/" in name and isinstance(found, Decoded)
        for t in found.trajectories
    ]
    assert len(trajectories) == 150
    assert len({t.task.task_id for t in trajectories}) == 10
    assert {
        len({t.trial for t in trajectories if t.group_id == group}) for group in _groups(trajectories)
    } == {5}
    assert len(_groups(trajectories)) == 30


def _groups(trajectories: list[Trajectory]) -> set[str]:
    return {trajectory.group_id for trajectory in trajectories}


def test_an_archive_is_read_as_the_document_of_the_same_log() -> None:
    header = {name: value for name, value in LOG.items() if name not in ("samples", "reductions")}
    files = {"_journal/start.json": {}, "samples/s-1_epoch_2.json": SAMPLE, "header.json": header}
    (packed,) = _trajectories("run.eval", pack(files))
    whole = read()
    assert packed.messages == whole.messages
    assert (packed.task, packed.scores, packed.extra) == (whole.task, whole.scores, whole.extra)


def test_an_archive_of_a_run_that_goes_on_is_read_as_far_as_it_is() -> None:
    start = {"version": 2, "eval": {"task": "t", "model": "m"}, "plan": {}}
    sample = {"id": 1, "epoch": 1, "messages": SAMPLE["messages"]}
    (trajectory,) = _trajectories(
        "run.eval", pack({"_journal/start.json": start, "samples/1_epoch_1.json": sample})
    )
    assert (trajectory.status, trajectory.outcome_reward) == (Status.UNKNOWN, None)


def _trajectories(name: str, content: bytes) -> tuple[Trajectory, ...]:
    decoded = decode_file(name, content)
    assert isinstance(decoded, Decoded), decoded
    return decoded.trajectories


def test_only_what_a_model_call_gave_was_sampled() -> None:
    assert [message.origin for message in read().messages] == [
        Origin.SCRIPTED, Origin.SCRIPTED, Origin.COPIED, Origin.SCRIPTED, Origin.SAMPLED, Origin.INJECTED, Origin.SAMPLED,
    ]  # fmt: skip


def test_messages_have_their_parts_in_their_places() -> None:
    system, _, _, _, first, result, last = read().messages
    assert system.text == "Rules"
    assert (first.reasoning, first.text, first.completion_tokens, first.prompt_tokens) == ("hm", "ok", 5, 10)
    (call,) = first.tool_calls
    assert (call.name, call.arguments, call.result_seq) == ("f", '{"a": 1}', result.seq)
    assert json.loads(call.extra or "")["parse_error"] == "bad"
    assert json.loads(result.extra or "")["error"] == {"type": "timeout", "message": "slow"}
    assert (last.reasoning, last.text) == ("short\nmore", "one\ntwo")


def test_gold_goes_to_quarantine() -> None:
    trajectory = read()
    secrets = trajectory.task.secrets
    assert secrets is not None
    assert json.loads(secrets.gold_outputs or "") == ["gold", "or this"]
    assert json.loads(secrets.extra or "").keys() == {
        "choices", "metadata", "files", "setup", "sandbox", "score_metadata",
    }  # fmt: skip
    assert "gold" not in (trajectory.extra or "")


def test_scores_are_numbers_by_name_and_part() -> None:
    scores = {score.name: (score.value, score.explanation) for score in read().scores}
    assert scores == {
        "match": (0.5, "half"),
        "rubric.style": (2.0, "why"),
        "rubric.safe": (1.0, "why"),
        "rubric.word": (None, "why"),
        "pair.0": (1.0, None),
        "pair.1": (1.0, None),
    }


@pytest.mark.parametrize(
    ("scores", "reward"),
    [
        ({"match": {"value": "C"}}, 1.0),
        ({"match": {"value": "N"}}, 0.0),
        ({"match": {"value": -3}}, -3.0),
        ({"match": {"value": "great"}}, None),
        ({"match": {"value": {"a": 1}}}, None),
        ({"a": {"value": 1}, "b": {"value": 0}}, None),
        ({}, None),
    ],
)
def test_the_reward_is_the_one_value_of_the_only_scorer(scores: dict[str, Any], reward: float | None) -> None:
    assert read({"scores": scores}).outcome_reward == reward


def test_a_model_that_grades_is_a_judge() -> None:
    scored = take_scores(Fields(b'{"scores":{"model_graded_qa":{"value":"C"},"match":{"value":"I"}}}', "$"))
    assert [score.source for score in scored.scores] == [ScoreSource.JUDGE, ScoreSource.VERIFIER]


@pytest.mark.parametrize(
    ("sample", "header", "status", "reason"),
    [
        ({}, {}, Status.TRUNCATED, "message"),
        ({"limit": None}, {}, Status.COMPLETED, "stop"),
        (
            {"limit": None, "output": {"choices": [{"stop_reason": "max_tokens"}]}},
            {},
            Status.TRUNCATED,
            "max_tokens",
        ),
        ({"error": {"message": "docker"}}, {}, Status.INFRA_ERROR, "error"),
        ({"invalidation": {"reason": "leak"}}, {}, Status.INFRA_ERROR, "invalidated"),
        ({}, {"invalidated": True}, Status.INFRA_ERROR, "invalidated"),
        ({"limit": None, "scores": {}}, {"status": "cancelled"}, Status.UNKNOWN, "stop"),
    ],
)
def test_how_a_sample_ended(
    sample: dict[str, Any], header: dict[str, Any], status: Status, reason: str
) -> None:
    trajectory = read({"scores": {"match": {"value": "C"}}} | sample, **header)
    assert (trajectory.status, trajectory.termination_reason) == (status, reason)
    assert trajectory.outcome_reward == (1.0 if status in (Status.TRUNCATED, Status.COMPLETED) else None)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "input_tokens_cache_read": 8}, (10, 5)),
        ({"input_tokens": 2, "output_tokens": 5, "total_tokens": 15, "input_tokens_cache_read": 8}, (10, 5)),
        ({"input_tokens": 52, "output_tokens": 1, "total_tokens": 755, "reasoning_tokens": 702}, (52, 703)),
        ({"input_tokens": 3, "output_tokens": 4}, (3, 4)),
        ({}, (None, None)),
    ],
)
def test_the_total_tells_what_the_counts_leave_out(
    usage: dict[str, int], counts: tuple[int | None, int | None]
) -> None:
    assert count_tokens(Fields(json.dumps(usage).encode(), "usage")) == counts


def test_model_calls_without_a_message_are_counted() -> None:
    assert json.loads(read().extra or "")["model_calls_without_message"] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pack({"samples/1_epoch_1.json": SAMPLE}), "unreadable_container"),
        (pack({"header.json": LOG})[:-40], "unreadable_container"),
        (pack({"header.json": LOG | {"version": 9}}), "unsupported_version"),
        (pack({"header.json": LOG | {"samples": None}}), "empty_conversation"),
        (pack({"header.json": LOG, "chunks/0.bin": b"x"}), "unsupported_version"),
        (pack({"header.json": b'{"version": NaN}'}), "not_finite_number"),
        (pack({"header.json": LOG, "samples/1_epoch_1.json": b"{"}), "truncated_json"),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused(content: bytes, reason: str) -> None:
    rejection = decode_file("run.eval", content)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "inspect_eval")


@pytest.mark.parametrize(
    ("sample", "header", "reason"),
    [
        ({}, {"version": 1}, "unsupported_version"),
        ({}, {"samples": []}, "empty_conversation"),
        ({"messages": [], "input": None}, {}, "empty_conversation"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, {}, "unexpected_shape"),
        ({"id": None}, {}, "missing_field"),
    ],
)
def test_a_log_that_breaks_its_promise_is_refused(
    sample: dict[str, Any], header: dict[str, Any], reason: str
) -> None:
    rejection = decode_log(sample, **header)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "inspect_eval")


@pytest.mark.parametrize("told", ["Do it.", [{"role": "user", "content": "Do it.", "source": "input"}]])
def test_a_sample_that_failed_at_once_begins_with_what_it_was_told(told: object) -> None:
    trajectory = read({"messages": [], "input": told, "error": {"message": "docker"}})
    assert [(m.role, m.text, m.origin) for m in trajectory.messages] == [
        (Role.USER, "Do it.", Origin.SCRIPTED)
    ]
    assert trajectory.status is Status.INFRA_ERROR


def test_a_record_that_is_no_object_is_not_recognised() -> None:
    assert not INSPECT_EVAL.recognises([LOG])


@pytest.mark.parametrize(
    ("offset", "forged", "reason"),
    [(10, b"\x5d\x00", "missing_dependency"), (24, b"\xfe\xff\xff\xff", "record_too_large")],
    ids=["zstd", "a bomb"],
)
def test_an_archive_of_another_kind_is_refused_before_it_is_unpacked(
    offset: int, forged: bytes, reason: str
) -> None:
    content = bytearray(pack({"header.json": LOG}))
    entry = content.index(b"PK\x01\x02") + offset
    content[entry : entry + len(forged)] = forged
    rejection = decode_file("run.eval", bytes(content))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason
