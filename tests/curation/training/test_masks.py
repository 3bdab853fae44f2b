"""Rules that mask: which turns stay trained, and what is said of the others."""

import msgspec
import polars as pl
import pytest

from curation.training import LossRule
from curation.training.mask_beside import MaskAfter, MaskBefore
from curation.training.mask_failed_calls import MaskFailedCalls
from curation.training.mask_reasoning import MaskReasoning
from curation.training.mask_repeats import MaskRepeats
from curation.training.mask_steps import MaskSteps
from curation.training.mask_text_matching import MaskTextMatching
from curation.training.train_only_last import TrainOnlyLast
from curation.training.train_synthetic import TrainSynthetic
from schemas.errors import RecipeError
from schemas.trajectory import Origin, Relation, Trajectory
from tests.curation.rollouts import BAD, BUSY, Turn, call, do, rollout, say
from tests.curation.training.scenes import labels, reasons, scene, trained, turns, with_verdicts

LOOK, FAIL, END = do("look", 1), do("change", 2, BAD), say("done")


def edited(trajectory: Trajectory, seq: int, **changes: object) -> Trajectory:
    """Change one message."""
    messages = list(trajectory.messages)
    messages[seq] = msgspec.structs.replace(messages[seq], **changes)
    return msgspec.structs.replace(trajectory, messages=tuple(messages))


def spans(given: Trajectory, *rules: LossRule) -> list[list[tuple[object, ...]]]:
    told = turns(scene(given), given, *rules)["spans"].to_list()
    return [[(span["part"], span["call"], span["begin"], span["end"]) for span in one] for one in told]


def test_masks_a_turn_whose_call_failed_with_its_words() -> None:
    trial = rollout(LOOK, FAIL, END)
    assert trained(scene(trial), trial, MaskFailedCalls()) == [True, False, True]
    assert reasons(scene(trial), trial, MaskFailedCalls())[1] == "call_failed"
    assert spans(trial, MaskFailedCalls()) == [[], [], []]


def test_masks_of_several_calls_those_that_failed() -> None:
    both = Turn(calls=(call("look", 1), call("change", 2, BAD), call("change", 3, BAD)), text="both")
    trial = rollout(both)
    assert trained(scene(trial), trial, MaskFailedCalls()) == [True]
    assert spans(trial, MaskFailedCalls()) == [[("call", 1, 0, None), ("call", 2, 0, None)]]


def test_masks_a_turn_all_of_whose_calls_failed() -> None:
    trial = rollout(Turn(calls=(call("look", 1, BAD), call("change", 2, BAD))))
    assert trained(scene(trial), trial, MaskFailedCalls()) == [False]


def test_masks_a_turn_one_of_whose_calls_in_words_failed() -> None:
    trial = rollout(Turn(calls=(call("look", 1), call("change", 2, BAD)), text="look; change"))
    spoken = trial.messages[1]
    trial = edited(trial, 1, tool_calls=(), text_calls=spoken.tool_calls)
    assert trained(scene(trial), trial, MaskFailedCalls()) == [False]


def test_masks_only_the_kinds_of_failure_that_are_named() -> None:
    trial = rollout(do("look", 1, BUSY), FAIL)
    assert trained(scene(trial), trial, MaskFailedCalls(kinds=("invalid_args",))) == [True, False]


def test_an_unanswered_call_did_not_fail() -> None:
    trial = rollout(do("look", 1, None))
    assert trained(scene(trial), trial, MaskFailedCalls()) == [True]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("is_error", [True, False, True, True, True]),
        ("is_error or is_repeat", [True, False, False, True, True]),
        ("steps_left >= 3", [False, False, True, True, True]),
        ("error_kind == 'invalid_args' and outcome_reward < 1", [True, True, True, True, True]),
        ("error_kind == 'invalid_args' and is_success", [True, False, True, True, True]),
        ("failed_call_count > 0", [True, False, True, True, True]),
        ("verdict_good < 0", [True, True, True, False, True]),
        ("verdict_unheard_of < 0", [True, True, True, True, True]),
        ("not (verdict_good >= 0)", [True, True, True, False, True]),
        ("origin == 'repaired'", [True, True, True, True, True]),
    ],
)
def test_masks_the_steps_that_a_condition_holds_for(where: str, expected: list[bool]) -> None:
    trial = with_verdicts(rollout(LOOK, FAIL, LOOK, do("look", 3), END), "good", {0: 1, 3: -1, 4: None})
    assert trained(scene(trial), trial, MaskSteps(where=where)) == expected
    assert set(reasons(scene(trial), trial, MaskSteps(where=where))) <= {
        "sampled_by_policy",
        "step_matched_mask",
    }


def test_takes_the_mean_of_several_judges() -> None:
    trial = with_verdicts(rollout(LOOK, END), "good", {0: 1})
    scores = (*trial.scores, *with_verdicts(trial, "good", {0: -2}).scores)
    judged = msgspec.structs.replace(trial, scores=scores)
    assert trained(scene(judged), judged, MaskSteps(where="verdict_good < 0")) == [False, True]


@pytest.mark.parametrize("where", ["", "is_error and best", "is_error +", "read_csv('x')"])
def test_refuses_what_is_no_condition(where: str) -> None:
    with pytest.raises(RecipeError, match=r"Allowed|must compare"):
        MaskSteps(where=where)


def test_refuses_a_condition_on_what_is_not_known() -> None:
    trial = rollout(LOOK)
    with pytest.raises(RecipeError, match=r"reads unknown columns: luck.*is_repeat"):
        labels(scene(trial), MaskSteps(where="luck > 1"))


def test_refuses_a_condition_that_is_not_true_or_false() -> None:
    with pytest.raises(RecipeError, match="'steps_left' is not true or false of a step"):
        labels(scene(rollout(LOOK)), MaskSteps(where="steps_left"))


def test_masks_what_was_done_before_unless_something_else_came_of_it() -> None:
    trial = rollout(LOOK, LOOK, do("look", 1, "other"), END, END)
    assert trained(scene(trial), trial, MaskRepeats()) == [True, False, True, True, True]
    assert trained(scene(trial), trial, MaskRepeats(same="action")) == [True, False, False, True, True]


def test_masks_beside_the_place_where_a_failure_leaves_its_nearest_success() -> None:
    good = rollout(LOOK, do("change", 1), END)
    bad = rollout(LOOK, do("change", 9), END, trial=1, reward=0)
    given = scene(good, bad)
    assert trained(given, bad, MaskBefore(place="divergence")) == [False, True, True]
    assert trained(given, bad, MaskAfter(place="divergence")) == [True, True, False]
    assert trained(given, bad, MaskAfter(place="divergence", include_place=True)) == [True, False, False]
    assert trained(given, good, MaskAfter(place="divergence", include_place=True)) == [True, True, True]
    assert reasons(given, bad, MaskBefore(place="divergence"))[0] == "before_chosen_place"


def test_masks_after_the_goal_is_met() -> None:
    trial = edited(rollout(LOOK, do("change", 1), LOOK, END), 4, reward=1.0)
    assert trial.messages[4].role == "tool"
    assert trained(scene(trial), trial, MaskAfter(place="goal")) == [True, True, False, False]
    untold = rollout(LOOK, END)
    assert trained(scene(untold), untold, MaskAfter(place="goal")) == [True, True]


def test_masks_after_the_first_step_that_a_condition_holds_for() -> None:
    trial = rollout(LOOK, FAIL, LOOK, FAIL, END)
    rule = MaskAfter(first_where="is_error", include_place=True)
    assert trained(scene(trial), trial, rule) == [True, False, False, False, False]
    assert trained(scene(trial), trial, MaskBefore(first_where="is_error", include_place=True)) == [
        *[False] * 2,
        *[True] * 3,
    ]


def test_refuses_two_places_and_none() -> None:
    with pytest.raises(RecipeError, match="'mask_after' takes one of `place` and `first_where`"):
        MaskAfter()
    with pytest.raises(RecipeError, match="'mask_before' takes one of"):
        MaskBefore(place="goal", first_where="is_error")


def test_masks_reasoning_but_of_the_last_turns() -> None:
    think = Turn(calls=(call("look", 1),), reasoning="hm")
    trial = rollout(think, think, Turn(text="done", reasoning="so"))
    assert spans(trial, MaskReasoning()) == [[("reasoning", None, 0, None)]] * 3
    assert spans(trial, MaskReasoning(keep_last=1)) == [[("reasoning", None, 0, None)]] * 2 + [[]]
    assert trained(scene(trial), trial, MaskReasoning()) == [True] * 3
    with pytest.raises(RecipeError, match="`keep_last` must be 0 or more"):
        MaskReasoning(keep_last=-1)


def test_masks_the_characters_that_a_pattern_matches() -> None:
    trial = rollout(do("look", {"id": "größe"}, text="<think>é</think> go <think>x</think>"), say("plain"))
    rule = MaskTextMatching(pattern="(?s)<think>.*?</think>")
    assert spans(trial, rule) == [[("text", None, 0, 16), ("text", None, 20, 36)], []]
    arguments = trial.messages[1].tool_calls[0].arguments
    begin, end = arguments.index('"gr'), len(arguments) - 1
    assert spans(trial, MaskTextMatching(pattern='"gr[^"]*"', parts=("call",)))[0] == [
        ("call", 0, begin, end)
    ]


@pytest.mark.parametrize("pattern", ["(", "x*"])
def test_refuses_patterns_that_are_none_or_match_nothing(pattern: str) -> None:
    with pytest.raises(RecipeError, match="`pattern`"):
        MaskTextMatching(pattern=pattern)


def test_trains_only_the_last_turns_that_are_still_trained() -> None:
    trial = rollout(LOOK, END, LOOK, FAIL)
    assert trained(scene(trial), trial, TrainOnlyLast(count=2)) == [False, False, True, True]
    assert trained(scene(trial), trial, MaskFailedCalls(), TrainOnlyLast()) == [False, False, True, False]
    assert trained(scene(trial), trial, TrainOnlyLast(of="answers")) == [False, True, False, False]
    assert reasons(scene(trial), trial, MaskFailedCalls(), TrainOnlyLast())[2:] == [
        "sampled_by_policy",
        "call_failed",
    ]
    with pytest.raises(RecipeError, match="`count` must be 1 or more"):
        TrainOnlyLast(count=0)


def test_trains_what_a_writer_wrote_when_asked() -> None:
    trial = rollout(LOOK, Turn(text="reflection", origin=Origin.SYNTHETIC))
    told = turns(scene(trial), trial, TrainSynthetic(weight=0.5))
    assert told["is_trained"].to_list() == [True, True]
    assert told["weight"].to_list() == [1.0, 0.5]
    assert told["reason"].to_list()[1] == "synthetic_chosen"
    with pytest.raises(RecipeError, match="`weight` must be above 0"):
        TrainSynthetic(weight=0)


def test_never_trains_what_a_corruption_wrote() -> None:
    trial = rollout(LOOK, Turn(text="wrong", origin=Origin.SYNTHETIC))
    wrong = msgspec.structs.replace(
        trial, relation=Relation.CORRUPTION, parent_id="0" * 32, repair_rule="corruption"
    )
    assert trained(scene(wrong), wrong, TrainSynthetic()) == [True, False]


def test_the_first_mask_gives_the_reason() -> None:
    trial = rollout(LOOK, FAIL, FAIL)
    told = reasons(scene(trial), trial, MaskFailedCalls(), MaskRepeats(), MaskSteps(where="steps_left == 2"))
    assert told == ["step_matched_mask", "call_failed", "call_failed"]


def test_a_span_said_twice_stands_where_it_was_said_last() -> None:
    trial = rollout(do("look", 1, text="a b"))
    first, second = MaskTextMatching(pattern="a"), MaskTextMatching(pattern=".*b")
    assert spans(trial, first, second, first) == [[("text", None, 0, 3), ("text", None, 0, 1)]]


def test_a_span_of_a_masked_message_is_not_kept() -> None:
    trial = rollout(do("look", 1, BAD, text="a b"))
    told = labels(
        scene(trial), MaskTextMatching(pattern="a"), MaskFailedCalls(), MaskTextMatching(pattern="b")
    )
    assert told.filter(pl.col("spans").list.len() > 0).is_empty()
