from dataclasses import replace
from difflib import SequenceMatcher
from math import nextafter
from typing import Any

import msgspec
import pytest
from hypothesis import given

from curation.repair.rollback import Rollback
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Relation, Role, Score, ScoreSource, ToolCall, Trajectory
from tests.curation.repair.validity import check_links, is_subsequence, repair_all
from tests.curation.rollouts import BAD, BUSY, Turn, call, do, frames, rollout, say
from tests.curation.strategies import few, groups

FIRST = do("look", {"id": "A-1"}, BAD, text="I look the order up.")
RETRY = do("look", {"id": "A-2"}, "found", text="Sorry, wrong id.")
FAR = do("look", "x" * 200, "found", text="I search.")
REPAIR = Rollback()


def repaired(*turns: Turn, repair: Rollback = REPAIR) -> Trajectory:
    found = repair.apply(rollout(*turns))
    assert found is not None
    return found


def called(trajectory: Trajectory) -> list[str]:
    return [call.arguments for message in trajectory.messages for call in message.tool_calls]


def test_keeps_the_first_words_with_the_call_that_succeeded() -> None:
    child = repaired(FIRST, RETRY, say("done"))
    words = [message.text for message in child.messages if message.role is Role.ASSISTANT]
    assert words == ["I look the order up.", "done"]
    assert called(child) == ['{"id": "A-2"}']
    assert child.messages[2].text == "found"


def test_takes_the_whole_successful_turn_when_the_calls_are_far_apart() -> None:
    child = repaired(FIRST, FAR)
    assert child.messages[1].text == "I search."
    assert child.messages[1].origin is Origin.REPAIRED


def test_the_similarity_that_parts_the_two_is_a_parameter() -> None:
    assert repaired(FIRST, RETRY, repair=Rollback(min_similarity=1.0)).messages[1].text == "Sorry, wrong id."
    assert repaired(FIRST, FAR, repair=Rollback(min_similarity=0.0)).messages[1].text == FIRST.text


def test_an_identical_retry_is_one_call() -> None:
    busy = do("look", {"id": 1}, BUSY, text="first")
    assert called(repaired(busy, do("look", {"id": 1}, "found"))) == ['{"id": 1}']


def test_a_ratio_of_exactly_the_least_similarity_is_similar() -> None:
    """CLEANER's code says `< 0.5` is deep, whatever its comments say."""
    bare = Rollback(spelling="bare")
    failed, retried = (
        do("f", "abcdefgh" * 5, BAD, text="before"),
        do("f", "abcdefgh" + "z" * 32, text="after"),
    )
    first, second = (f'{{"name": "f", "arguments": {turn.calls[0][1]}}}' for turn in (failed, retried))
    ratio = SequenceMatcher(None, first, second).ratio()
    for least, words in ((ratio, "before"), (nextafter(ratio, 1), "after"), (nextafter(ratio, 0), "before")):
        child = repaired(failed, retried, repair=replace(bare, min_similarity=least))
        assert child.messages[1].text == words


def test_the_tags_that_calls_are_sampled_in_count_as_their_text() -> None:
    failed, retried = do("f", "abc", BAD, text="before"), do("f", "xyz", text="after")
    assert repaired(failed, retried).messages[1].text == "before"
    longer = do("f", "x" * 90, BAD, text="before"), do("f", "y" * 90, text="after")
    assert repaired(*longer).messages[1].text == "after"
    assert repaired(*longer, repair=Rollback(min_similarity=0.3)).messages[1].text == "before"
    assert repaired(*longer, repair=Rollback(min_similarity=0.3, spelling="bare")).messages[1].text == "after"


def test_chained_calls_are_compared_with_the_one_before_and_not_with_the_first() -> None:
    steps = ["a" * 60, "a" * 30 + "b" * 30, "b" * 60]
    turns = [do("f", step, BAD, text=str(number)) for number, step in enumerate(steps)]
    turns[-1] = do("f", steps[-1], text="2")
    bare = Rollback(spelling="bare", min_similarity=0.6)
    assert repaired(*turns, repair=bare).messages[1].text == "0"
    assert repaired(*turns, repair=replace(bare, compare="first")).messages[1].text == "2"


def test_chained_words_are_those_of_the_last_deep_change() -> None:
    turns = (do("f", "a" * 80, BAD, text="0"), do("f", "z" * 80, BAD, text="1"), do("f", "z" * 79, text="2"))
    child = repaired(*turns, repair=Rollback(spelling="bare", min_similarity=0.6))
    assert (child.messages[1].text, called(child)) == ("1", ["z" * 79])


def test_gives_up_after_as_many_retries_as_allowed() -> None:
    assert called(repaired(FIRST, FIRST, FIRST, RETRY)) == ['{"id": "A-2"}']
    assert REPAIR.apply(rollout(FIRST, FIRST, FIRST, FIRST, RETRY)) is None
    endless = Rollback(max_retries=None)
    assert called(repaired(*[FIRST] * 9, RETRY, repair=endless)) == ['{"id": "A-2"}']


def test_giving_up_leaves_the_rest_alone_when_asked_as_published() -> None:
    turns = (FIRST, RETRY, FIRST, say(), FIRST, RETRY)
    published = Rollback(gives_up_for="rest")
    assert len(called(repaired(*turns))) == len(called(repaired(*turns, repair=published))) - 1
    assert published.apply(rollout(FIRST, say(), FIRST, RETRY)) is None


def test_published_failure_is_any_text_without_the_literal_and_no_empty_one() -> None:
    published = Rollback(success_text="Tool call success")
    good = do("look", 1, "Tool call success: 7")
    assert called(repaired(do("look", 2, "fine"), good, repair=published)) == ["1"]
    assert published.apply(rollout(do("look", 2, ""), good)) is None
    assert published.apply(rollout(FIRST, RETRY)) is None


def test_a_turn_of_several_calls_is_rolled_back_when_all_fail() -> None:
    both = Turn(calls=(call("look", 1, BAD), call("list", 2, BAD)))
    fine = Turn(calls=(call("look", 3), call("list", 4)))
    assert called(repaired(both, fine)) == ["3", "4"]
    assert REPAIR.apply(rollout(both, do("look", 3))) is None


def test_what_succeeded_beside_a_failure_is_dropped_only_when_asked_as_published() -> None:
    mixed = Turn(calls=(call("look", 1), call("look", 2, BAD)))
    fine = Turn(calls=(call("look", 3), call("look", 4)))
    assert REPAIR.apply(rollout(mixed, fine)) is None
    assert called(repaired(mixed, fine, repair=Rollback(partial_failures=True))) == ["3", "4"]


def test_another_tool_can_be_a_retry_when_asked() -> None:
    other = do("find", 1)
    assert REPAIR.apply(rollout(FIRST, other)) is None
    assert called(repaired(FIRST, other, repair=Rollback(same_tools=False))) == ["1"]


def in_text(text: str, result: str, seq: int) -> list[Message]:
    """Write a turn whose call is part of its text, as SWE-agent does."""
    call = ToolCall(name="bash", arguments=text.partition("<tool_call>")[2], result_seq=seq + 1)
    asked = Message(seq=seq, role=Role.ASSISTANT, origin=Origin.SAMPLED, text=text, text_calls=(call,))
    told = Message(seq=seq + 1, role=Role.USER, origin=Origin.INJECTED, text=result, call_seq=seq)
    return [asked, told]


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ("I look. <tool_call>cat a.txt", "Oh. <tool_call>cat b.txt", "I look. <tool_call>cat b.txt"),
        ("I look. <tool_call>cat a.txt", "Oh. <tool_call>zzzzzzzzzzzzzzzzzzzzzzzz", None),
        ("I look. cat a.txt", "Oh. <tool_call>cat b.txt", None),
        ("I look. <tool_call>cat a.txt", "Oh. cat b.txt", None),
    ],
)
def test_calls_in_text_are_split_at_the_marker_or_replaced_whole(
    first: str, second: str, left: str | None
) -> None:
    messages = (*in_text(first, BAD, 0), *in_text(second, "fine", 2))
    child = REPAIR.apply(msgspec.structs.replace(rollout(), messages=messages))
    assert child is not None
    check_links(child)
    assert [message.text for message in child.messages] == [left or second, "fine"]


def test_folds_a_whole_run_of_failures() -> None:
    child = repaired(do("list"), FIRST, FIRST, FIRST, RETRY, do("write"))
    assert called(child) == ["{}", '{"id": "A-2"}', "{}"]


def test_repairs_each_run_of_a_trajectory() -> None:
    assert called(repaired(FIRST, RETRY, say(), FIRST, RETRY)) == ['{"id": "A-2"}'] * 2


def test_numbers_messages_anew_with_their_links() -> None:
    child = repaired(do("list"), FIRST, RETRY, do("write"))
    assert [message.seq for message in child.messages] == list(range(7))
    links = [(message.seq, call.result_seq) for message in child.messages for call in message.tool_calls]
    assert links == [(1, 2), (3, 4), (5, 6)]
    assert [message.call_seq for message in child.messages if message.role is Role.TOOL] == [1, 3, 5]
    answered = child.messages[3].tool_calls[0].call_id
    assert answered == child.messages[4].tool_call_id


def test_is_a_new_trajectory_that_points_at_its_parent() -> None:
    score = Score(name="verdict", value=1.0, source=ScoreSource.JUDGE)
    parent = msgspec.structs.replace(rollout(FIRST, RETRY), scores=(score,), cost_usd=1.0, extra="{}")
    child = REPAIR.apply(parent)
    assert child is not None
    assert child.parent_id == parent.trajectory_id != child.trajectory_id
    assert (child.relation, child.repair_rule) == (Relation.REPAIR, REPAIR.rule)
    assert (child.outcome_reward, child.status, child.group_id) == (1.0, parent.status, parent.group_id)
    assert (child.scores, child.cost_usd, child.extra) == ((), None, None)


def test_another_parameter_makes_another_trajectory() -> None:
    other = repaired(FIRST, RETRY, repair=Rollback(min_similarity=0.4))
    assert other.trajectory_id != repaired(FIRST, RETRY).trajectory_id


def test_leaves_out_token_counts_that_no_longer_hold() -> None:
    child = repaired(do("list"), FIRST, RETRY, do("write"))
    counts = [(m.prompt_tokens, m.completion_tokens) for m in child.messages if m.role is Role.ASSISTANT]
    assert counts == [(101, 10), (None, None), (None, 10)]


@pytest.mark.parametrize(
    "turns",
    [
        (FIRST,),
        (RETRY, FIRST),
        (FIRST, say(), RETRY),
        (FIRST, do("write"), RETRY),
        (FIRST, do("look", result=None)),
        (do("look", result=None), RETRY),
        (FIRST, Turn(calls=(call("look"), call("look")))),
        (Turn(calls=(call("look", 1, BAD), call("look", 2, BAD))), RETRY),
        (Turn(calls=FIRST.calls, origin=Origin.DEMO), RETRY),
        (FIRST, Turn(calls=RETRY.calls, origin=Origin.COPIED)),
    ],
    ids=str,
)
def test_leaves_alone_what_is_no_immediate_retry(turns: tuple[Turn, ...]) -> None:
    assert REPAIR.apply(rollout(*turns)) is None


def test_can_be_kept_to_tools_that_change_nothing() -> None:
    only = Rollback(tools=("look",))
    assert only.apply(rollout(do("write", 1, BAD), do("write", 1))) is None
    assert only.apply(rollout(FIRST, RETRY)) is not None
    assert only.cases(frames(rollout(do("write", 1, BAD), do("write", 1)))).is_empty()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"min_similarity": 2}, r"`min_similarity` must be in \[0, 1\], got 2"),
        ({"max_retries": 0}, "`max_retries` must be 1 or more, or null, got 0"),
        ({"marker": ""}, "`marker` must not be empty"),
    ],
)
def test_refuses_what_means_nothing(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        Rollback(**parameters)


@few
@given(groups())
def test_each_trajectory_is_repaired_as_if_it_were_alone(trials: list[Trajectory]) -> None:
    talks = ((FIRST, RETRY, say(), FIRST, RETRY), (FIRST, say(), FIRST, RETRY))
    several = [*trials, *(rollout(*talks[trial % 2], task="more", trial=trial) for trial in range(6))]
    for repair in (REPAIR, Rollback(gives_up_for="rest")):
        together = repair.cases(frames(*several))["trajectory_id"]
        alone = [repair.cases(frames(one))["trajectory_id"] for one in several]
        assert sorted(together) == sorted(name for names in alone for name in names)


@few
@given(groups())
def test_the_rest_of_a_repaired_trajectory_is_as_it_was(trials: list[Trajectory]) -> None:
    for trial, child in repair_all(REPAIR, trials):
        check_links(child)
        assert len(child.messages) < len(trial.messages)
        untouched = [message for message in child.messages if message.origin is not Origin.REPAIRED]
        assert is_subsequence(untouched, trial.messages)
        calls = {call.arguments for message in trial.messages for call in message.tool_calls}
        assert set(called(child)) <= calls
        assert {message.text for message in child.messages} <= {message.text for message in trial.messages}
