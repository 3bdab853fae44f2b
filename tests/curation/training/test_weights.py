"""Rules that weigh, and the count of what is trained."""

import msgspec
import polars as pl
import pytest

from curation.training.equal_weight import EqualWeight
from curation.training.mask_failed_calls import MaskFailedCalls
from curation.training.mask_reasoning import MaskReasoning
from curation.training.mask_text_matching import MaskTextMatching
from curation.training.trained_chars import trained_chars
from curation.training.weight import Weight
from schemas.errors import RecipeError
from tests.curation.rollouts import BAD, Turn, call, do, rollout, say
from tests.curation.training.scenes import labels, scene, turns

LOOK, FAIL, END = do("look", 1), do("change", 2, BAD), say("done")


def weights(*rules: object) -> list[float]:
    trial = rollout(LOOK, FAIL, END, reward=0.5)
    return turns(scene(trial), trial, *rules)["weight"].to_list()  # type: ignore[arg-type]  # rules of every kind


def test_weighs_where_a_condition_holds() -> None:
    assert weights(Weight(factor=0.5)) == [0.5, 0.5, 0.5]
    assert weights(Weight(factor=0.5, where="is_error")) == [1, 0.5, 1]
    assert weights(Weight(factor=2, where="not is_success and origin == 'sampled'")) == [2, 2, 2]
    assert weights(Weight(factor=2), Weight(factor=3)) == [6, 6, 6]


def test_weighs_by_a_column_within_a_range() -> None:
    assert weights(Weight(column="outcome_reward")) == [0.5] * 3
    assert weights(Weight(column="outcome_reward", low=0.7, factor=2)) == [1.4] * 3
    assert weights(Weight(column="steps_left", high=1.5)) == [1.5, 1, 0]
    assert weights(Weight(column="verdict_unheard_of")) == [1, 1, 1]


def test_a_weight_of_0_makes_context_and_masked_words_are_not_weighed() -> None:
    trial = rollout(LOOK, FAIL)
    told = turns(scene(trial), trial, MaskFailedCalls(), Weight(factor=0))
    assert told["is_trained"].to_list() == [False, False]
    assert told["reason"].to_list() == ["weight_changed", "call_failed"]


@pytest.mark.parametrize(
    "parameters", [{"factor": -1.0}, {"low": 2.0, "high": 1.0}, {"low": -1.0}, {"factor": float("nan")}]
)
def test_refuses_weights_that_are_none(parameters: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match=r"`factor` must be 0 or more|0 <= low <= high"):
        Weight(**parameters)  # type: ignore[arg-type]  # numbers


@pytest.mark.parametrize("unit", ["message", "character"])
@pytest.mark.parametrize("per", ["trajectory_id", "task_id"])
def test_every_task_or_trajectory_weighs_the_same(per: str, unit: str) -> None:
    trials = [
        rollout(LOOK, LOOK, FAIL, Turn(text="so", reasoning="hm")),
        rollout(END, trial=1),
        rollout(LOOK, task="other"),
    ]
    given = scene(*trials)
    rule = EqualWeight(per=per, unit=unit, total=6)  # type: ignore[arg-type]  # of the allowed ones
    told = labels(given, MaskFailedCalls(), MaskReasoning(), rule)
    counted = trained_chars(told, given.frames.messages) if unit == "character" else told
    share = "weighted_chars" if unit == "character" else "weight"
    sums = counted.join(given.frames.trajectories, on="trajectory_id").group_by(per).agg(pl.col(share).sum())
    assert sums[share].to_list() == pytest.approx([6] * sums.height)
    with pytest.raises(RecipeError, match="`total` must be above 0"):
        EqualWeight(total=0)


def test_sources_weigh_what_the_recipe_says_and_the_others_the_total() -> None:
    chat, code, other = (
        msgspec.structs.replace(trial, source_name=name)
        for name, trial in (
            ("chat", rollout(LOOK, LOOK)),
            ("code", rollout(LOOK, END, trial=1)),
            ("other", rollout(END, task="apart")),
        )
    )
    given = scene(chat, code, other)
    told = labels(given, EqualWeight(total=3, source_totals={"chat": 0.5, "code": 2}))
    sums = (
        told.join(given.frames.trajectories, on="trajectory_id").group_by("source_name").agg(pl.sum("weight"))
    )
    assert dict(sums.iter_rows()) == pytest.approx({"chat": 0.5, "code": 2, "other": 3})
    by_format = labels(given, EqualWeight(source_totals={"literal": 5}, named_by="source_format"))
    whole = (
        by_format.join(given.frames.trajectories, on="trajectory_id")
        .group_by("task_id")
        .agg(pl.sum("weight"))
    )
    assert whole["weight"].to_list() == pytest.approx([5, 5])
    with pytest.raises(RecipeError, match=r"`source_totals\['chat'\]` must be above 0"):
        EqualWeight(source_totals={"chat": 0})


def test_counts_trained_characters_less_those_of_spans() -> None:
    both = Turn(calls=(call("look", "{}"), call("change", '{"id": 2}', BAD)), text="größe", reasoning="hm")
    trial = rollout(both, END)
    given = scene(trial)
    whole = 5 + 2 + len("look{}") + len('change{"id": 2}')

    def counts(*rules: object) -> list[tuple[int, int, float]]:
        told = turns(given, trial, *rules)  # type: ignore[arg-type]  # rules of every kind
        return trained_chars(told, given.frames.messages).drop("trajectory_id", "seq").rows()

    assert counts() == [(whole, whole, whole), (4, 4, 4)]
    failed = len('change{"id": 2}')
    assert counts(MaskFailedCalls())[0] == (whole, whole - failed, whole - failed)
    assert counts(MaskFailedCalls(), MaskReasoning(), Weight(factor=0.5))[0] == (
        whole,
        whole - failed - 2,
        (whole - failed - 2) / 2,
    )
    assert counts(MaskTextMatching(pattern="ö"))[0][1] == whole - 1
    assert counts(Weight(factor=0))[1] == (4, 0, 0)
