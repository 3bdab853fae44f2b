import pytest
from hypothesis import given

from curation.repair.collapse_loops import CollapseLoops
from schemas.errors import RecipeError
from schemas.trajectory import Origin, Trajectory
from tests.curation.repair.validity import check_links, is_subsequence, repair_all
from tests.curation.rollouts import Turn, call, do, rollout, say
from tests.curation.strategies import few, groups

REPAIR = CollapseLoops()
POLL = do("poll", 1, "busy", text="I ask.")
AGAIN = do("poll", 1, "busy", text="I ask again.")


def test_a_repeat_with_the_same_result_goes_with_its_words() -> None:
    child = REPAIR.apply(rollout(POLL, AGAIN, AGAIN, do("act")))
    assert child is not None
    assert [message.text for message in child.messages] == ["help", "I ask.", "busy", None, "ok"]
    assert {message.origin for message in child.messages if message.tool_calls} == {Origin.SAMPLED}
    check_links(child)


@pytest.mark.parametrize(
    "turns",
    [
        (POLL, do("poll", 2, "busy")),
        (POLL, do("poll", 1, "ready")),
        (POLL, do("ask", 1, "busy")),
        (POLL, say(), POLL),
        (do("poll", 1, None), do("poll", 1, None)),
        (POLL, Turn(calls=POLL.calls, origin=Origin.COPIED)),
        (POLL, Turn(calls=(*POLL.calls, call("poll", 1, "busy")))),
    ],
    ids=["arguments", "result", "tool", "words between", "no result", "copied", "more calls"],
)
def test_leaves_alone_what_is_no_repeat(turns: tuple[Turn, ...]) -> None:
    assert REPAIR.apply(rollout(*turns)) is None


def test_fewest_repeats_and_tools_are_parameters() -> None:
    often = CollapseLoops(min_repeats=3)
    assert often.apply(rollout(POLL, AGAIN)) is None
    child = often.apply(rollout(POLL, AGAIN, AGAIN))
    assert child is not None
    assert len(child.messages) == 3
    assert CollapseLoops(tools=("look",)).apply(rollout(POLL, AGAIN)) is None
    with pytest.raises(RecipeError, match="`min_repeats` must be 2 or more, got 1"):
        CollapseLoops(min_repeats=1)


@few
@given(groups())
def test_what_stays_is_as_it_was(trials: list[Trajectory]) -> None:
    for trial, child in repair_all(REPAIR, trials):
        check_links(child)
        assert len(child.messages) < len(trial.messages)
        assert is_subsequence(child.messages, trial.messages)
