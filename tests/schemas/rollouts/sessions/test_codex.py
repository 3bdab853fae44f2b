import json
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.trajectory import Origin, Relation, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import file_samples
from tests.schemas.rollouts.samples.codex import (
    BARE,
    CLOSING,
    COMPACTED,
    META,
    OLD_COMPACTED,
    OPENING,
    SNAPSHOT,
    event,
    log,
    said,
)


def decode(content: bytes) -> Decoded | Rejection:
    (sample,) = file_samples("2025/10/29/rollout-x.jsonl", content)
    assert sample.record.claimed_by == "codex"
    return decode_record(sample.record, sample.source)


def read(*lines: dict[str, Any], tail: str = "") -> tuple[Trajectory, ...]:
    decoded = decode(log(list(lines), tail=tail))
    assert isinstance(decoded, Decoded), decoded
    return decoded.trajectories


def texts(trajectory: Trajectory) -> list[str | None]:
    return [message.text for message in trajectory.messages]


def test_items_are_the_conversation_and_events_are_not() -> None:
    (trajectory,) = read(*OPENING, *CLOSING)
    assert [(message.role, message.origin) for message in trajectory.messages] == [
        (Role.SYSTEM, Origin.SCRIPTED),
        (Role.SYSTEM, Origin.INJECTED),
        (Role.USER, Origin.INJECTED),
        (Role.USER, Origin.INJECTED),
        (Role.USER, Origin.SCRIPTED),
        (Role.ASSISTANT, Origin.SAMPLED),
        (Role.TOOL, Origin.INJECTED),
        (Role.ASSISTANT, Origin.SAMPLED),
    ]
    call, answer = trajectory.messages[5], trajectory.messages[6]
    assert (call.reasoning, call.tool_calls[0].name, call.tool_calls[0].result_seq) == (
        "**Listing**",
        "shell",
        6,
    )
    assert json.loads(answer.text or "")["metadata"]["exit_code"] == 0
    assert (trajectory.model, trajectory.agent) == ("gpt-5-codex", "codex")
    assert (trajectory.task.policy, trajectory.status) == ("You are Codex.", Status.COMPLETED)


def test_facts_and_events_stay_in_extra_without_repeated_words() -> None:
    (trajectory,) = read(*OPENING, *CLOSING, tail='{"timestamp":"2025')
    extra = json.loads(trajectory.extra or "")
    payloads = [line["payload"] for line in extra["lines"]]
    assert extra["session_meta"]["git"] == {"commit_hash": "abc", "branch": "main"}
    assert {"type": "user_message", "kind": "plain"} in payloads
    assert {"type": "agent_reasoning"} in payloads
    assert extra["broken_lines"] == ['{"timestamp":"2025']


def test_an_event_that_says_other_words_keeps_them() -> None:
    (trajectory,) = read(*OPENING, event("agent_message", message="Other words"))
    assert "Other words" in (trajectory.extra or "")


def test_tokens_are_counted_once_though_the_event_comes_again() -> None:
    (trajectory,) = read(*OPENING, *CLOSING)
    sampled = [message for message in trajectory.messages if message.origin is Origin.SAMPLED]
    assert [(one.prompt_tokens, one.completion_tokens) for one in sampled] == [(100, 10), (150, 20)]
    assert (trajectory.prompt_tokens, trajectory.completion_tokens) == (250, 30)


def test_counts_that_do_not_match_the_answers_stay_with_the_whole() -> None:
    (trajectory,) = read(*OPENING, said("assistant", "a"), said("user", "b"), said("assistant", "c"))
    assert {message.prompt_tokens for message in trajectory.messages} == {None}
    assert trajectory.prompt_tokens == 100


def test_a_compaction_is_continued_from_the_history_that_it_left() -> None:
    first, second = read(*OPENING, SNAPSHOT, COMPACTED, said("user", "Again."), said("assistant", "Done."))
    assert (second.relation, second.parent_id) == (Relation.CONTINUATION, first.trajectory_id)
    assert texts(second) == ["Summary: a.txt exists.", "Kept.", "Again.", "Done."]
    assert [message.origin for message in second.messages][:2] == [Origin.COPIED, Origin.COPIED]
    assert (second.shared_count, second.task) == (1, first.task)
    assert "ghost_snapshot" in (first.extra or "")


def test_an_old_compaction_leaves_its_summary() -> None:
    _, second = read(*OPENING, OLD_COMPACTED, said("assistant", "Done."))
    assert texts(second) == ["Summary: all is listed.", "Done."]
    assert second.messages[0].origin is Origin.INJECTED


def test_a_rollback_is_a_branch_of_what_it_took_back() -> None:
    undone = [said("user", "Break it."), said("assistant", "Broken.")]
    redone = [said("user", "Mend it."), said("assistant", "Mended.")]
    first, second = read(*OPENING, *undone, event("thread_rolled_back", num_turns=1), *redone)
    assert texts(first)[-2:] == ["Break it.", "Broken."]
    assert texts(second) == ["Mend it.", "Mended."]
    assert (second.relation, second.parent_id) == (Relation.BRANCH, first.trajectory_id)
    assert second.shared_count == 7


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        (event("turn_aborted", reason="interrupted"), Status.UNKNOWN, "interrupted"),
        (event("error", message="stream failed"), Status.INFRA_ERROR, "error"),
        (event("task_started"), Status.UNKNOWN, "task_started"),
    ],
)
def test_the_last_event_tells_the_ending(ending: dict[str, Any], status: Status, reason: str) -> None:
    (trajectory,) = read(*OPENING, *CLOSING, ending)
    assert (trajectory.status, trajectory.termination_reason) == (status, reason)


def test_an_old_file_without_wrapping_is_read() -> None:
    (trajectory,) = read(*BARE)
    assert texts(trajectory) == ["Hi", None, None, "Hello"]
    assert trajectory.messages[1].tool_calls[0].result_seq == 2
    assert json.loads(trajectory.extra or "")["session_meta"]["instructions"] == "Be brief."


def test_the_output_of_exec_is_refused() -> None:
    rejection = decode(log([{"type": "thread.started", "thread_id": "t"}, {"type": "turn.started"}]))
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("unsupported_version", "codex")
    assert "codex exec --json" in rejection.detail


def test_a_session_that_never_began_is_refused() -> None:
    rejection = decode(log([META]))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"


def test_a_rollback_that_nothing_follows_adds_nothing() -> None:
    undone = [said("user", "Break it."), said("assistant", "Broken.")]
    (first,) = read(*OPENING, *undone, event("thread_rolled_back", num_turns=1))
    assert texts(first)[-1] == "Broken."


def test_instructions_and_events_of_another_shape_are_kept() -> None:
    payload = META["payload"] | {"base_instructions": "Plain."}
    odd = [event("task_complete", reason=["x"]), event("token_count", info="none"), {"type": "noise"}]
    (trajectory,) = read(META | {"payload": payload}, said("user", "Hi"), *odd, tail="[1]")
    extra = json.loads(trajectory.extra or "")
    assert extra["session_meta"]["base_instructions"] == "Plain."
    assert len(extra["lines"]) == 4
    assert trajectory.status is Status.UNKNOWN
