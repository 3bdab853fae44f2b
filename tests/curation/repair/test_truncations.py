import msgspec
import pytest
from hypothesis import given

from curation.repair import Repair
from curation.repair.truncate_after_candidate import TruncateAfterCandidate
from curation.repair.truncate_after_goal import TruncateAfterGoal
from curation.repair.truncate_dangling_end import TruncateDanglingEnd
from schemas.errors import RecipeError
from schemas.trajectory import Score, ScoreSource, Status, Trajectory
from tests.curation.repair.validity import check_links, is_subsequence, repair_all
from tests.curation.rollouts import BAD, Turn, call, do, frames, rollout, say
from tests.curation.strategies import few, groups

GOAL = TruncateAfterGoal()
END = TruncateDanglingEnd()
LOOK, ACT, OPEN = do("get_order", 1), do("cancel_order", 1), do("wait", result=None)


def shown(trajectory: Trajectory | None) -> list[str]:
    assert trajectory is not None
    check_links(trajectory)
    return [
        message.tool_calls[0].name if message.tool_calls else message.text or ""
        for message in trajectory.messages
        if message.role == "assistant"
    ]


def test_ends_after_the_last_change_and_the_turn_that_tells_of_it() -> None:
    child = GOAL.apply(rollout(LOOK, ACT, say("done"), LOOK, say("anything else?"), say("bye")))
    assert shown(child) == ["get_order", "cancel_order", "done"]
    assert child is not None
    assert child.messages[-1].text == "done"
    assert child.outcome_reward == 1
    assert child.repair_rule == f"{GOAL.rule} at 6"


@pytest.mark.parametrize(
    ("turns", "stays"),
    [
        ((ACT, say(), do("cancel_order", 2, BAD), say(), say()), ["cancel_order", "ok"]),
        ((ACT, say(), do("bash", "ls"), say(), say()), ["cancel_order", "ok", "bash", "ok"]),
        ((ACT, say(), do("think", "hm"), say()), ["cancel_order", "ok"]),
    ],
    ids=["a failed change is none", "a shell may change anything", "thinking changes nothing"],
)
def test_what_may_have_changed_something_stays(turns: tuple[Turn, ...], stays: list[str]) -> None:
    assert shown(GOAL.apply(rollout(*turns))) == stays


@pytest.mark.parametrize(
    "trial",
    [
        rollout(LOOK, say(), say()),
        rollout(ACT, say()),
        rollout(ACT, say(), say(), reward=0.0),
        rollout(ACT, say(), say(), reward=None),
        rollout(ACT, say(), say(), reward=float("nan")),
        rollout(ACT, say(), say(), status=Status.INFRA_ERROR),
    ],
    ids=["no change", "nothing to cut", "failure", "unknown outcome", "no number", "crash"],
)
def test_leaves_alone_what_met_no_goal_or_ends_there(trial: Trajectory) -> None:
    assert GOAL.apply(trial) is None


def test_goal_rule_has_parameters() -> None:
    trial = rollout(ACT, say("done"), do("bash", "ls"), say(), reward=0.0)
    assert shown(TruncateAfterGoal(min_reward=None, reading_tools=("bash",)).apply(trial)) == [
        "cancel_order",
        "done",
    ]
    assert shown(TruncateAfterGoal(min_reward=0, reading_tools=("bash",), keep_turns=0).apply(trial)) == [
        "cancel_order"
    ]
    with pytest.raises(RecipeError, match="`keep_turns` must be 0 or more, got -1"):
        TruncateAfterGoal(keep_turns=-1)


def test_verdict_on_a_step_tells_when_the_goal_was_met() -> None:
    verdicts = tuple(
        Score(name="done", value=value, source=ScoreSource.JUDGE, scope="step", step=step)
        for step, value in enumerate((None, 0.0, 1.0, 1.0, 1.0))
    )
    trial = msgspec.structs.replace(rollout(LOOK, ACT, ACT, LOOK, say()), scores=verdicts)
    judged = TruncateAfterGoal(verdict="done", keep_turns=0)
    assert judged.cases(frames(trial))["seq"].to_list() == [7]
    assert shown(judged.apply(trial)) == ["get_order", "cancel_order", "cancel_order"]
    bare = msgspec.structs.replace(trial, scores=())
    assert judged.apply(bare) is None
    assert shown(judged.apply(bare, seq=7)) == ["get_order", "cancel_order", "cancel_order"]


def test_a_broken_off_end_is_cut_back_to_the_last_whole_turn() -> None:
    trial = rollout(
        LOOK,
        say("wait"),
        OPEN,
        Turn(calls=(call("get_order"), call("wait", 1, None))),
        status=Status.TRUNCATED,
    )
    child = END.apply(trial)
    assert shown(child) == ["get_order", "wait"]
    assert child is not None
    assert (child.status, child.messages[-1].text) == (Status.TRUNCATED, "wait")


@pytest.mark.parametrize(
    "trial",
    [
        rollout(LOOK, OPEN),
        rollout(LOOK, do("submit", result=None), status=Status.TRUNCATED),
        rollout(OPEN, LOOK, status=Status.TRUNCATED),
        rollout(OPEN, status=Status.TRUNCATED),
        rollout(LOOK, say(), status=Status.TRUNCATED),
    ],
    ids=["completed", "ends itself", "goes on", "nothing before", "whole"],
)
def test_leaves_ends_alone_that_were_not_broken_off(trial: Trajectory) -> None:
    assert END.apply(trial) is None


THREE = (say(r"I get \boxed{7}. Check."), say("So the answer is 7. Or not."), say("Final answer: 8. Bye."))


@pytest.mark.parametrize(
    ("k", "end", "reward"),
    [(1, r"I get \boxed{7}", None), (2, "So the answer is 7", None), (3, "Final answer: 8", 1.0)],
)
def test_ends_right_after_the_kth_candidate(k: int, end: str, reward: float | None) -> None:
    child = TruncateAfterCandidate(k=k).apply(rollout(*THREE))
    assert child is not None
    assert child.messages[-1].text == end
    assert (child.messages[-1].origin, child.messages[-1].completion_tokens) == ("repaired", None)
    assert child.outcome_reward == reward


def test_one_with_fewer_candidates_stays_whole() -> None:
    assert TruncateAfterCandidate(k=4).apply(rollout(*THREE)) is None
    ended = rollout(say("The answer is 7"))
    whole = msgspec.structs.replace(ended, messages=ended.messages[:2])
    assert TruncateAfterCandidate().apply(whole) is None
    assert TruncateAfterCandidate().apply(ended) is not None


def test_the_same_value_later_keeps_the_reward() -> None:
    child = TruncateAfterCandidate().apply(
        rollout(say("Answer: Forty  Two. Hm"), say("answer: forty two. Yes"))
    )
    assert child is not None
    assert child.outcome_reward == 1


def test_calls_beside_the_candidate_go() -> None:
    child = TruncateAfterCandidate().apply(rollout(do("look", text="The answer is 7")))
    assert child is not None
    assert child.messages[-1].tool_calls == ()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"k": 0}, "`k` must be 1 or more, got 0"),
        ({"patterns": ("no group",)}, "with one group each, around the answer, got .*no group"),
        ({"patterns": ()}, "with one group each"),
        ({"patterns": ("(",)}, "no regex"),
    ],
)
def test_candidates_need_a_number_and_patterns(parameters: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        TruncateAfterCandidate(**parameters)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("repair", [TruncateAfterGoal(min_reward=None), END], ids=["goal", "end"])
@few
@given(trials=groups())
def test_what_stays_is_the_start_as_it_was(repair: Repair, trials: list[Trajectory]) -> None:
    for trial, child in repair_all(repair, trials):
        check_links(child)
        assert len(child.messages) < len(trial.messages)
        assert is_subsequence(child.messages, trial.messages[: len(child.messages)])
        assert repair.apply(child) is None
