from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given

from curation.repair import Case
from curation.repair.splice import Splice
from curation.repair.writers import TEMPLATES, Kind
from schemas.errors import RecipeError
from schemas.trajectory import Origin, Relation, Role, Score, ScoreSource, Status, Trajectory
from tests.curation.repair.validity import bare, check_links, repair_all
from tests.curation.rollouts import BAD, Turn, call, do, frames, rollout, say
from tests.curation.strategies import few, groups

SHARED = do("find", {"user": 1}, "user 1")
WRONG = do("cancel", {"order": 1}, "cancelled")
RIGHT = do("cancel", {"order": 2}, "cancelled 2", text="It is order 2.")
GOOD = rollout(SHARED, RIGHT, say("done"))
LOST = rollout(SHARED, WRONG, say("bye"), trial=1, reward=0.0)
SPLICE = Splice()


def spliced(*trials: Trajectory, repair: Splice = SPLICE) -> Trajectory:
    ((_, child),) = repair_all(repair, trials)
    return child


def shown(trajectory: Trajectory) -> list[tuple[str, str, str]]:
    return [
        (
            message.role,
            message.origin,
            message.tool_calls[0].arguments if message.tool_calls else message.text or "",
        )
        for message in trajectory.messages
    ]


def test_holds_the_bad_step_a_revision_and_the_good_way_from_where_they_part() -> None:
    child = spliced(GOOD, LOST)
    revision = child.messages[5].text or ""
    assert revision in TEMPLATES[Kind.REVISION]
    assert shown(child) == [
        ("user", "scripted", "help"),
        ("assistant", "copied", '{"user": 1}'),
        ("tool", "injected", "user 1"),
        ("assistant", "copied", '{"order": 1}'),
        ("tool", "injected", "cancelled"),
        ("assistant", "synthetic", revision),
        ("user", "synthetic", TEMPLATES[Kind.GO_ON][0]),
        ("assistant", "repaired", '{"order": 2}'),
        ("tool", "injected", "cancelled 2"),
        ("assistant", "repaired", "done"),
        ("user", "scripted", "go on"),
    ]
    check_links(child)


def test_stands_beside_its_parent_with_the_outcome_of_the_success() -> None:
    good = msgspec.structs.replace(GOOD, termination_reason="user_stop")
    lost = msgspec.structs.replace(LOST, status=Status.TRUNCATED, cost_usd=1.0)
    child = spliced(good, lost)
    assert not Splice.replaces_parent
    assert (child.parent_id, child.relation) == (lost.trajectory_id, Relation.REPAIR)
    assert (child.outcome_reward, child.status, child.termination_reason) == (
        1.0,
        Status.COMPLETED,
        "user_stop",
    )
    assert child.cost_usd is None
    assert child.repair_rule == f"{SPLICE.rule} at 5 and 3 with {good.trajectory_id}"


def test_calls_of_the_good_way_get_other_ids_where_the_bad_way_has_them() -> None:
    child = spliced(GOOD, LOST)
    ids = [call.call_id for message in child.messages for call in message.tool_calls]
    assert ids == ["call-1-0", "call-3-0", "call-3-0-2"]


def test_objects_for_the_user_when_the_bad_step_was_words() -> None:
    child = spliced(GOOD, rollout(SHARED, say("done"), trial=1, reward=0.0))
    assert [message.role for message in child.messages[3:7]] == ["assistant", "user", "assistant", "user"]
    assert child.messages[4].text == TEMPLATES[Kind.OBJECTION][0]
    check_links(child)


def test_takes_what_a_success_says_when_a_failure_does_too_much() -> None:
    child = spliced(rollout(SHARED, say("done")), rollout(SHARED, WRONG, trial=1, reward=0.0))
    assert [message.text for message in child.messages[7:]] == ["done", "go on"]


@pytest.mark.parametrize(
    "trials",
    [
        (LOST,),
        (GOOD, rollout(SHARED, RIGHT, say("bye"), trial=1, reward=0.0)),
        (GOOD, msgspec.structs.replace(LOST, outcome_reward=None)),
        (GOOD, msgspec.structs.replace(LOST, model="other")),
        (GOOD, rollout(SHARED, do("cancel", {"order": 1}, None), trial=1, reward=0.0)),
        (rollout(SHARED, Turn(calls=(call("cancel", 2, None),)), say()), LOST),
    ],
    ids=[
        "no success",
        "same actions",
        "unknown outcome",
        "other policy",
        "bad step unanswered",
        "good way torn",
    ],
)
def test_leaves_alone_what_cannot_be_spliced(trials: tuple[Trajectory, ...]) -> None:
    assert SPLICE.cases(frames(*trials)).is_empty()


def test_can_take_the_success_of_another_policy() -> None:
    other = msgspec.structs.replace(LOST, model="other")
    child = spliced(GOOD, other, repair=Splice(across_policies=True))
    assert child.model == "other"


def test_gap_of_rewards_must_be_exceeded() -> None:
    half = msgspec.structs.replace(LOST, outcome_reward=0.5)
    assert Splice(min_gap=0.5).cases(frames(GOOD, half)).is_empty()
    assert Splice(min_gap=0.49).cases(frames(GOOD, half)).height == 1


def test_verdict_on_a_later_step_keeps_more_of_the_bad_way() -> None:
    worst = rollout(SHARED, WRONG, do("undo"), do("cancel", {"order": 3}), trial=1, reward=0.0)
    verdicts = tuple(
        Score(name="step", value=value, source=ScoreSource.JUDGE, scope="step", step=step)
        for step, value in enumerate((0.0, 1.0, None, 0.0))
    )
    judged = msgspec.structs.replace(worst, scores=verdicts)
    by_verdict = Splice(first_bad="verdict")
    assert by_verdict.cases(frames(GOOD, worst)).is_empty()
    assert by_verdict.cases(frames(GOOD, judged)).is_empty()  # step 0 is shared with the success
    late = msgspec.structs.replace(worst, scores=verdicts[1:])
    assert by_verdict.cases(frames(GOOD, late)).select("seq", "partner_seq").row(0) == (9, 3)


@dataclass(frozen=True)
class Echo:
    """Writes what it was told."""

    def write(self, kind: str, facts: Mapping[str, str]) -> str:
        return f"{kind}: {facts['step']} -> {facts['observation']}"


def test_writer_is_told_the_bad_step_and_what_came_back() -> None:
    bound = replace(SPLICE, writer="echo", bound_writer=Echo())
    child = spliced(GOOD, rollout(SHARED, do("cancel", {"order": 1}, BAD), trial=1, reward=0.0), repair=bound)
    assert child.messages[5].text == f'revision: cancel({{"order": 1}}) -> {BAD}'
    assert '"writer": "echo"' in bound.rule
    assert "Echo" not in bound.rule


def test_unknown_writer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"Unknown `writer` 'oracle'.*template"):
        Splice(writer="oracle").cases(frames())


def test_negative_gap_is_refused() -> None:
    with pytest.raises(RecipeError, match="`min_gap` must be 0 or more, got -1"):
        Splice(min_gap=-1)


def test_does_nothing_without_a_partner_and_places() -> None:
    assert SPLICE.apply_all([Case(trajectory=LOST), Case(trajectory=LOST, partner=GOOD, seq=5)]) == [
        None,
        None,
    ]


@few
@given(groups())
def test_splices_are_the_words_of_both_with_a_joint_between(trials: list[Trajectory]) -> None:
    by_id = {trial.trajectory_id: trial for trial in trials}
    cases = SPLICE.cases(frames(*trials))
    children = {parent.trajectory_id: child for parent, child in repair_all(SPLICE, trials)}
    for own, partner, seq, partner_seq in cases.iter_rows():
        child = children[own]
        check_links(child)
        roles = [message.role for message in child.messages]
        assert all(one != other or one is Role.TOOL for one, other in pairwise(roles))
        joint = [message for message in child.messages if message.origin is Origin.SYNTHETIC]
        tail = by_id[partner].messages[partner_seq:]
        assert len(child.messages) == seq + len(joint) + len(tail)
        texts = [bare(message).text for message in child.messages]
        assert texts[:seq] == [message.text for message in by_id[own].messages[:seq]]
        assert texts[seq + len(joint) :] == [message.text for message in tail]
        trained = {message.origin for message in child.messages[:seq] if message.role is Role.ASSISTANT}
        assert trained <= {Origin.COPIED}
