import json
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.rollouts import Decoded, Source, decode_record
from schemas.rollouts.sessions.claude_code import CLAUDE_CODE
from schemas.trajectory import Origin, Relation, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import Sample, bundle_sample, file_samples
from tests.schemas.rollouts.samples.claude_code import (
    PARALLEL,
    REWOUND,
    SESSION,
    answers,
    asks,
    calls,
    line,
    log,
    real_logs,
    result,
    subagent,
    words,
)


def decode(sample: Sample) -> tuple[Trajectory, ...]:
    assert sample.record.claimed_by == "claude_code"
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded), decoded
    return decoded.trajectories


def read(content: bytes, name: str = f"project/{SESSION}.jsonl") -> tuple[Trajectory, ...]:
    (sample,) = file_samples(name, content)
    return decode(sample)


def texts(trajectory: Trajectory) -> list[str | None]:
    return [message.text for message in trajectory.messages]


@pytest.fixture(scope="module")
def real(real_data: Path) -> dict[str, tuple[Trajectory, ...]]:
    return {name: read(content, f"p/{name}") for name, content in real_logs(real_data).items()}


def test_all_real_sessions_are_read(real: dict[str, tuple[Trajectory, ...]]) -> None:
    every = [trajectory for parts in real.values() for trajectory in parts]
    messages = [message for trajectory in every for message in trajectory.messages]
    found = [call for message in messages for call in message.tool_calls]

    assert (len(real), len(every), len(messages)) == (12, 17, 43)
    assert (len(found), sum(call.result_seq is not None for call in found)) == (3, 3)
    assert sum(message.origin is Origin.SAMPLED for message in messages) == 21
    assert sum(trajectory.completion_tokens or 0 for trajectory in every) == 877
    assert {trajectory.status for trajectory in every} == {Status.COMPLETED}


def test_cached_tokens_are_part_of_the_prompt(real: dict[str, tuple[Trajectory, ...]]) -> None:
    (trajectory,) = real["tool_call_conversation.jsonl"]
    answer = trajectory.messages[1]
    assert (answer.prompt_tokens, answer.completion_tokens) == (200 + 100 + 50, 50)
    assert answer.reasoning is not None
    assert "sig_abc123" in (answer.extra or "")


def test_a_compaction_is_continued_from_its_summary(real: dict[str, tuple[Trajectory, ...]]) -> None:
    first, second = real["compaction_session.jsonl"]
    assert (second.relation, second.parent_id) == (Relation.CONTINUATION, first.trajectory_id)
    assert (second.messages[0].role, second.messages[0].origin) == (Role.USER, Origin.INJECTED)
    assert second.task == first.task
    assert "compact_boundary" in (first.extra or "")


def test_a_cleared_context_begins_an_attempt_of_its_own(real: dict[str, tuple[Trajectory, ...]]) -> None:
    first, second = real["clear_split_session.jsonl"]
    assert (second.relation, second.parent_id) == (Relation.ATTEMPT, None)
    assert first.task.task_id != second.task.task_id
    assert "/clear" in (first.extra or "")


def test_a_real_subagent_finds_the_session_that_called_it(real_data: Path) -> None:
    logs = real_logs(real_data)
    siblings = {"p/test-session-004.jsonl": logs["agent_session.jsonl"]}
    (session,) = read(siblings["p/test-session-004.jsonl"], "p/test-session-004.jsonl")
    (sample,) = file_samples("p/agent-atest01.jsonl", logs["agent-atest01.jsonl"], siblings=siblings)
    (agent,) = decode(sample)
    assert (agent.relation, agent.parent_id) == (Relation.SUBAGENT, session.trajectory_id)


def test_lines_of_one_response_are_one_message_counted_once() -> None:
    (trajectory,) = read(log(PARALLEL))
    user, answer, first, second, last = trajectory.messages

    assert [call.call_id for call in answer.tool_calls] == ["c1", "c2"]
    assert [call.result_seq for call in answer.tool_calls] == [first.seq, second.seq]
    assert (answer.text, answer.reasoning, answer.completion_tokens) == ("Both.", "", 5)
    assert trajectory.completion_tokens == 5 + 2
    assert (user.text, last.text) == ("Run both.", "Done.")
    assert "Never answered" in (trajectory.extra or "")


def test_a_line_that_was_cut_off_is_kept() -> None:
    (trajectory,) = read(log(PARALLEL, tail='{"uuid":"cut'))
    assert json.loads(trajectory.extra or "")["broken_lines"] == ['{"uuid":"cut']


def test_a_rewind_is_a_branch_that_shares_the_start() -> None:
    main, _, branch, _ = read(log(REWOUND))
    assert texts(main)[-3:] == ["Second try", "Yes.", "API Error"]
    assert texts(branch) == ["First try", "No."]
    assert (branch.relation, branch.parent_id) == (Relation.BRANCH, main.trajectory_id)
    assert (branch.shared_count, branch.task) == (3, main.task)


def test_words_that_the_policy_did_not_sample_here_are_told_apart() -> None:
    main, continued, _, agent = read(log(REWOUND))
    assert [message.origin for message in main.messages] == [
        Origin.COPIED,
        Origin.COPIED,
        Origin.INJECTED,
        Origin.SCRIPTED,
        Origin.SAMPLED,
        Origin.SCRIPTED,
    ]
    assert [message.origin for message in continued.messages] == [Origin.INJECTED, Origin.SAMPLED]
    assert (agent.relation, agent.parent_id) == (Relation.SUBAGENT, main.trajectory_id)


def test_a_call_answered_twice_is_a_rewind() -> None:
    start = [asks("u", None, "Go"), answers("a", "u", "m", calls("c", command="ls"))]
    first = [asks("r1", "a", result("c", "one")), answers("b1", "r1", "n1", words("First"))]
    second = [asks("r2", "a", result("c", "two")), answers("b2", "r2", "n2", words("Second"))]
    main, branch = read(log([*start, *first, *second]))
    assert texts(main) == ["Go", None, "two", "Second"]
    assert texts(branch) == [None, "one", "First"]
    assert branch.shared_count == 1


def test_subagents_of_a_folder_are_one_record_under_their_callers() -> None:
    session = log(
        [
            asks("u", None, "Go"),
            answers("a", "u", "m1", calls("c7", "Task", prompt="Other words")),
            asks("r", "a", result("c7", "ok")),
            line("b", None, type="system", subtype="compact_boundary", logicalParentUuid="r"),
            asks("s", "b", "Summary", isCompactSummary=True),
            answers("d", "s", "m2", calls("c8", "Task", prompt="Fix it.")),
        ]
    )
    folder = f"project/{SESSION}"
    sample = bundle_sample(
        "claude_code",
        {
            f"{folder}/subagents/agent-a.jsonl": subagent("a", "Find it."),
            f"{folder}/subagents/agent-a.meta.json": b'{"toolUseId": "c7"}',
            f"{folder}/subagents/agent-b.jsonl": subagent("b", "Fix it."),
        },
    )
    (alone,) = file_samples(f"{folder}.jsonl", session)
    called = {f"{SESSION}.jsonl": session}
    first, second = decode(sample._replace(source=_beside(sample, called)))
    assert [first.parent_id, second.parent_id] == [part.trajectory_id for part in decode(alone)]
    assert {first.relation, second.relation} == {Relation.SUBAGENT}
    assert [first.record_part, second.record_part] == [0, 1]


def _beside(sample: Sample, files: dict[str, bytes]) -> Source:
    return replace(sample.source, beside=files.get)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("p/s/subagents/agent-a.jsonl", "p/s"),
        ("p/s/subagents/agent-a.meta.json", "p/s"),
        ("p/s.jsonl", None),
        ("p/subagents.jsonl", None),
    ],
)
def test_only_subagents_are_bundled(path: str, key: str | None) -> None:
    assert CLAUDE_CODE.bundle_key(path) == key


def test_a_log_of_mere_bookkeeping_holds_nothing() -> None:
    assert read(log([{"type": "summary", "summary": "s", "leafUuid": "x"}])) == ()


def test_a_message_that_is_none_is_refused() -> None:
    (sample,) = file_samples("s.jsonl", log([asks("u", None, [{"no": "type"}])]))
    rejection = decode_record(sample.record, sample.source)
    assert not isinstance(rejection, Decoded)
    assert (rejection.reason, rejection.format_name) == ("missing_field", "claude_code")


@pytest.mark.parametrize(
    "usage", [{"input_tokens": "many"}, {"output_tokens": 2**70}, {"cache_read_input_tokens": 3}]
)
def test_usage_that_counts_nothing_is_kept_and_not_counted(usage: dict[str, object]) -> None:
    odd = answers("a", "u", "m", words("Ok"), message={"usage": usage})
    (trajectory,) = read(log([asks("u", None, "Go"), odd]))
    assert trajectory.prompt_tokens is None
    assert json.loads(trajectory.messages[1].extra or "")["usage"] == usage


def test_blocks_that_are_no_objects_are_refused() -> None:
    (sample,) = file_samples("s.jsonl", log([asks("u", None, [7])]))
    rejection = decode_record(sample.record, sample.source)
    assert not isinstance(rejection, Decoded)
    assert rejection.reason == "unexpected_shape"


def test_a_call_whose_input_is_no_object_calls_no_subagent() -> None:
    odd = {"type": "tool_use", "id": "c", "name": "Task", "input": ["Find it."]}
    lines = [asks("u", None, "Go"), answers("a", "u", "m", odd)]
    inside = [
        asks("k", None, "Find it.", isSidechain=True),
        answers("l", "k", "n", words("Ok"), isSidechain=True),
    ]
    main, agent = read(log([*lines, *inside]))
    assert agent.parent_id == main.trajectory_id
