"""Which failed calls go, which stay and why, and what is left of the conversation."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.repair.drop_failed_calls import DropFailedCalls
from schemas.errors import RecipeError
from schemas.reasons import FailedCallReason as Reason
from schemas.trajectory import Message, Origin, Role, ToolCall, Trajectory
from tests.curation.repair.validity import bare, check_links, is_subsequence, repair_all
from tests.curation.rollouts import BAD, BUSY, Turn, call, do, frames, rollout, say
from tests.curation.strategies import few, groups

REPAIR = DropFailedCalls()
fewer = settings(few, max_examples=8)
FAILED = do("look", {"id": "A-1"}, BAD)


def told(trajectory: Trajectory | None) -> list[str | None]:
    assert trajectory is not None
    check_links(trajectory)
    return [message.text for message in trajectory.messages]


def reasons(*turns: Turn, repair: DropFailedCalls = REPAIR) -> list[str | None]:
    return repair.judged(frames(rollout(*turns)))["reason"].to_list()


def test_a_failed_call_goes_with_its_turn_and_its_result() -> None:
    assert told(REPAIR.apply(rollout(FAILED, do("list")))) == ["help", None, "ok"]


def test_words_beside_it_are_notes_when_no_user_reads_on() -> None:
    noted = replace(FAILED, text="I look it up.")
    assert told(REPAIR.apply(rollout(noted, do("list")))) == ["help", None, "ok"]


def test_words_to_a_user_move_to_the_next_turn() -> None:
    spoken = replace(FAILED, text="One moment.")
    child = REPAIR.apply(rollout(spoken, spoken, do("list", text="Here."), say("done")))
    assert told(child) == ["help", "One moment.\n\nHere.", "ok", "done", "go on"]
    assert child is not None
    assert [message.origin for message in child.messages[1:4:2]] == [Origin.REPAIRED, Origin.SAMPLED]


def test_words_to_a_user_stay_alone_at_the_end() -> None:
    assert told(REPAIR.apply(rollout(say("hi"), replace(FAILED, text="One moment.")))) == [
        *("help", "hi", "go on", "One moment.")
    ]


def test_words_that_speak_of_an_earlier_failure_go_with_the_call() -> None:
    again = replace(FAILED, text="Sorry, I try again.")
    assert told(REPAIR.apply(rollout(FAILED, again, do("list"), say("done"))))[1:] == [
        None,
        "ok",
        "done",
        "go on",
    ]


def test_what_succeeded_beside_it_stays() -> None:
    both = Turn(
        calls=(call("look", 1, BAD), call("look", 2, "found"), call("look", 3, BUSY)), text="Let me look."
    )
    child = REPAIR.apply(rollout(both, say("done")))
    assert told(child) == ["help", "Let me look.", "found", "done", "go on"]
    assert child is not None
    assert [one.arguments for one in child.messages[1].tool_calls] == ["2"]
    assert child.messages[1].origin is Origin.REPAIRED


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ((FAILED, do("list", text="That didn't work.")), Reason.FAILURE_SPOKEN_OF),
        ((FAILED, do("list"), say("Unfortunately, no.")), Reason.FAILURE_SPOKEN_OF),
        (
            (FAILED, do("think", {"thought": "The error says that the id is wrong."})),
            Reason.FAILURE_SPOKEN_OF,
        ),
        (
            (FAILED, Turn(calls=(call("list"),), reasoning="I need to look elsewhere.")),
            Reason.FAILURE_SPOKEN_OF,
        ),
        ((do("pay", 9, "Error: the price is 1002"), do("pay", 1002)), Reason.FAILURE_TAUGHT),
        ((do("open", 9, "Error: closed, ask jenkins"), do("ask", "jenkins")), Reason.FAILURE_TAUGHT),
        (
            (do("pay", 9, "Error: voucher expired yesterday"), say("The voucher expired.")),
            Reason.FAILURE_TAUGHT,
        ),
        ((do("bash", "make", BAD), do("list")), Reason.FAILURE_MAY_HAVE_CHANGED),
        ((do("python", "x", BAD), do("list")), Reason.FAILURE_MAY_HAVE_CHANGED),
        ((Turn(calls=FAILED.calls, origin=Origin.DEMO), do("list")), Reason.FAILED_CALL_NOT_OWN),
        ((Turn(calls=(*FAILED.calls, call("list", 1, None))),), Reason.FAILED_RESULT_APART),
        ((FAILED, Turn(calls=(call("list"),), origin=Origin.COPIED)), Reason.FAILURE_BEFORE_USER),
        ((FAILED,), Reason.FAILED_TURN_WAS_ALL),
    ],
    ids=str,
)
def test_a_failed_call_stays_for_a_reason(turns: tuple[Turn, ...], reason: Reason) -> None:
    assert REPAIR.apply(rollout(*turns)) is None
    assert reasons(*turns) == [reason.value]


def test_in_a_log_without_a_user_only_the_next_turn_can_answer_a_failure() -> None:
    assert reasons(FAILED, do("list"), do("open", text="That didn't work.")) == [None]


def test_what_a_failure_told_matters_only_where_it_is_used_by_what_stays() -> None:
    learns = do("pay", 9, "Error: the price is 1002")
    assert reasons(learns, do("pay", 1002, BAD), do("list")) == [None, None]
    assert reasons(learns, do("pay", 1002, BAD), do("pay", 1002)) == [Reason.FAILURE_TAUGHT.value, None]
    assert reasons(do("price", 9, "1002"), learns, do("pay", 1002)) == [None]


def test_a_failed_turn_that_goes_no_longer_speaks_of_the_one_before() -> None:
    sorry = do("look", 2, BAD, text="Sorry, wrong id.")
    assert reasons(FAILED, sorry, do("list")) == [None, None]
    assert reasons(FAILED, do("list"), sorry, do("open"), say("done")) == [None, None]
    assert reasons(FAILED, sorry, do("list", text="Hmm, again.")) == [Reason.FAILURE_SPOKEN_OF.value] * 2


def test_tools_that_change_nothing_can_be_named() -> None:
    turns = (do("bash", "ls", BAD), do("write", 1, BAD), do("list"))
    assert reasons(*turns, repair=DropFailedCalls(tools=("bash",))) == [None, Reason.FAILURE_MAY_HAVE_CHANGED]


def test_the_words_that_speak_of_a_failure_are_a_parameter() -> None:
    turns = (FAILED, say("Perdón, no pude."))
    assert reasons(*turns, repair=DropFailedCalls(failure_words=())) == [None]
    assert reasons(*turns, repair=DropFailedCalls(failure_words=("perdón",))) == [Reason.FAILURE_SPOKEN_OF]
    with pytest.raises(RecipeError, match=r"`failure_words` holds '\(', which is no regex"):
        DropFailedCalls(failure_words=("(",))


def in_parts(turn: Turn) -> Trajectory:
    """Store the first turn's content in parts."""
    trajectory = rollout(turn, do("list"), say("done"))
    first = next(m for m in trajectory.messages if m.role is Role.ASSISTANT)
    stored = msgspec.structs.replace(first, content_json="[]")
    return msgspec.structs.replace(
        trajectory, messages=tuple(stored if m is first else m for m in trajectory.messages)
    )


@pytest.mark.parametrize(
    ("turn", "left"),
    [
        (FAILED, []),
        (replace(FAILED, text="One moment."), [Reason.FAILED_TURN_IN_PARTS]),
        (Turn(calls=(*FAILED.calls, call("list"))), [Reason.FAILED_TURN_IN_PARTS]),
    ],
    ids=["whole", "words", "some calls"],
)
def test_content_in_parts_is_never_cut(turn: Turn, left: list[Reason]) -> None:
    found = REPAIR.judged(frames(in_parts(turn)))["reason"]
    assert found.drop_nulls().to_list() == left


def in_text(*results: str) -> Trajectory:
    """Write a turn whose calls are part of its text."""
    calls = tuple(ToolCall(name="edit", arguments="x", result_seq=1 + n) for n, _ in enumerate(results))
    messages = [
        Message(seq=0, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="edit x", text_calls=calls),
        *(
            Message(seq=1 + n, role=Role.USER, origin=Origin.INJECTED, text=text, call_seq=0)
            for n, text in enumerate(results)
        ),
        Message(seq=1 + len(results), role=Role.ASSISTANT, origin=Origin.SAMPLED, text="done"),
    ]
    return msgspec.structs.replace(rollout(), messages=tuple(messages))


def test_calls_that_are_part_of_a_text_go_only_with_all_of_it() -> None:
    assert told(REPAIR.apply(in_text(BAD))) == ["done"]
    assert told(REPAIR.apply(in_text(BAD, BUSY))) == ["done"]
    assert REPAIR.judged(frames(in_text(BAD, "ok")))["reason"].to_list() == [Reason.FAILED_CALL_IN_TEXT]


SPOKEN = st.sampled_from((None, "", "Here.", "Sorry, again."))
RESULTS = st.sampled_from(("ok", BAD, "Error: code 1002", "Error: 1002, ask jenkins"))
TALK = st.builds(
    Turn,
    calls=st.lists(
        st.builds(call, st.sampled_from(("look", "ask")), st.sampled_from((1, 1002, "jenkins")), RESULTS),
        max_size=2,
    ).map(tuple),
    text=SPOKEN,
    reasoning=SPOKEN,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TALK, max_size=7))
def test_repairing_twice_equals_once_whatever_is_said(turns: list[Turn]) -> None:
    child = REPAIR.apply(rollout(*turns))
    assert child is None or REPAIR.apply(child) is None


@fewer
@given(groups())
def test_each_trajectory_is_repaired_as_if_it_were_alone(trials: list[Trajectory]) -> None:
    together = REPAIR.cases(frames(*trials))["trajectory_id"]
    alone = [REPAIR.cases(frames(one))["trajectory_id"] for one in trials]
    assert sorted(together) == sorted(name for names in alone for name in names)


@fewer
@given(groups())
def test_every_failed_call_goes_or_has_a_reason(trials: list[Trajectory]) -> None:
    whole = frames(*trials)
    judged = REPAIR.judged(whole)
    failed = whole.calls.filter(whole.calls["error_kind"].is_not_null())
    assert judged.height == failed.height
    children = [child for _, child in repair_all(REPAIR, trials)]
    gone = judged["reason"].null_count()
    kept = [one for one in trials if one.trajectory_id not in {child.parent_id for child in children}]
    left = frames(*kept, *children).calls["error_kind"].drop_nulls().len()
    assert left == failed.height - gone


@fewer
@given(groups())
def test_what_stays_is_as_it_was_and_no_success_is_lost(trials: list[Trajectory]) -> None:
    for trial, child in repair_all(REPAIR, trials):
        check_links(child)
        untouched = [message for message in child.messages if message.origin is not Origin.REPAIRED]
        assert is_subsequence(untouched, trial.messages)
        assert [bare(m) for m in child.messages if m.role is Role.USER] == [
            bare(m) for m in trial.messages if m.role is Role.USER
        ]
        assert successes(child) == successes(trial)


def successes(trajectory: Trajectory) -> list[tuple[Any, ...]]:
    calls = frames(trajectory).calls
    return calls.filter(calls["error_kind"].is_null()).select("name", "raw_arguments", "result").rows()
