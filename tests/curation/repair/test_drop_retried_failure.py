import msgspec
import pytest
from hypothesis import given

from curation.repair.drop_retried_failure import DropRetriedFailure
from schemas.errors import RecipeError
from schemas.trajectory import Origin, Relation, Role, Score, ScoreSource, Trajectory
from tests.curation.rollouts import BAD, BUSY, Turn, call, do, frames, rollout, say
from tests.curation.strategies import few, groups

FIRST = do("look", {"id": "A-1"}, BAD, text="I look the order up.")
RETRY = do("look", {"id": "A-2"}, "found", text="Sorry, wrong id.")
FAR = do("look", "x" * 200, "found", text="I search.")
REPAIR = DropRetriedFailure()


def repaired(*turns: Turn, repair: DropRetriedFailure = REPAIR) -> Trajectory:
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
    assert (
        repaired(FIRST, RETRY, repair=DropRetriedFailure(min_similarity=1.0)).messages[1].text
        == "Sorry, wrong id."
    )
    assert repaired(FIRST, FAR, repair=DropRetriedFailure(min_similarity=0.0)).messages[1].text == FIRST.text


def test_an_identical_retry_is_one_call() -> None:
    busy = do("look", {"id": 1}, BUSY, text="first")
    assert called(repaired(busy, do("look", {"id": 1}, "found"))) == ['{"id": 1}']


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
    other = repaired(FIRST, RETRY, repair=DropRetriedFailure(min_similarity=0.4))
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
    only = DropRetriedFailure(tools=("look",))
    assert only.apply(rollout(do("write", 1, BAD), do("write", 1))) is None
    assert only.apply(rollout(FIRST, RETRY)) is not None
    assert only.candidates(frames(rollout(do("write", 1, BAD), do("write", 1)))) == []


def test_refuses_a_similarity_that_no_ratio_can_have() -> None:
    with pytest.raises(RecipeError, match=r"`min_similarity` must be in \[0, 1\], got 2"):
        DropRetriedFailure(min_similarity=2)


@few
@given(groups())
def test_candidates_are_exactly_what_apply_changes(trials: list[Trajectory]) -> None:
    changed = sorted(trial.trajectory_id for trial in trials if REPAIR.apply(trial) is not None)
    assert REPAIR.candidates(frames(*trials)) == changed


@few
@given(groups())
def test_failures_that_were_retried_at_once_are_gone(trials: list[Trajectory]) -> None:
    for trial in trials:
        child = REPAIR.apply(trial)
        if child is not None:
            assert len(child.messages) < len(trial.messages)
            assert REPAIR.apply(child) is None
            words = {message.text for message in trial.messages}
            assert {message.text for message in child.messages} <= words
