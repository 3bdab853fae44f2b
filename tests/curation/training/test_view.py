from dataclasses import dataclass
from typing import ClassVar

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.frames import polars_schema
from curation.scene import Scene
from curation.training import LossRule
from curation.training.view import LABEL_SCHEMA
from schemas.errors import RecipeError
from schemas.reasons import TrainReason
from schemas.tables import TABLES
from schemas.trajectory import Origin
from tests.curation.rollouts import Turn, do, frames, rollout
from tests.curation.strategies import few
from tests.curation.training.scenes import labels, scene, turns, with_columns

NOT_ASSISTANT = TrainReason.NOT_ASSISTANT.value
SPAN = {
    "part": "text",
    "call": None,
    "begin": 0,
    "end": 1,
    "is_trained": True,
    "weight": 5.0,
    "reason": "call_failed",
}


@dataclass(frozen=True, kw_only=True)
class TrainEverything(LossRule):
    """Says of every message and its first character what no view may let through."""

    name: ClassVar[str] = "train_everything"

    column: str | None = None

    @property
    def columns_needed(self) -> tuple[str, ...]:
        return () if self.column is None else (self.column,)

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        del scene
        return labels.with_columns(
            is_trained=pl.lit(value=True),
            weight=pl.lit(7.0),
            advantage=pl.lit(1.0),
            reason=pl.lit("call_failed"),
            spans=pl.lit([SPAN], dtype=labels.schema["spans"]),
        )


def label(origin: Origin, *rules: LossRule) -> dict[str, object]:
    trajectory = rollout(Turn(text="hi", origin=origin))
    return turns(scene(trajectory), trajectory, *rules).row(0, named=True)


@pytest.mark.parametrize(
    ("origin", "reason"),
    [(Origin.SAMPLED, TrainReason.SAMPLED_BY_POLICY), (Origin.REPAIRED, TrainReason.REPAIRED_BY_RECIPE)],
)
def test_trains_words_of_the_policy(origin: Origin, reason: TrainReason) -> None:
    assert label(origin).items() >= {"is_trained": True, "weight": 1.0, "reason": reason.value}.items()


@pytest.mark.parametrize("origin", [o for o in Origin if o not in {Origin.SAMPLED, Origin.REPAIRED}])
def test_keeps_other_assistant_words_as_context(origin: Origin) -> None:
    expected = {"is_trained": False, "weight": 0.0, "reason": TrainReason.NOT_SAMPLED.value}
    assert label(origin).items() >= expected.items()


def test_never_trains_other_roles_whatever_their_origin() -> None:
    trajectory = rollout(do("look"))
    sampled = [msgspec.structs.replace(message, origin=Origin.SAMPLED) for message in trajectory.messages]
    given = scene(msgspec.structs.replace(trajectory, messages=tuple(sampled)))
    sampled_by_policy = TrainReason.SAMPLED_BY_POLICY.value
    assert labels(given)["reason"].to_list() == [NOT_ASSISTANT, sampled_by_policy, NOT_ASSISTANT]


@few
@given(origins=st.lists(st.sampled_from(Origin), min_size=3, max_size=3))
def test_undoes_what_a_rule_says_of_words_that_may_not_be_trained(origins: list[Origin]) -> None:
    trajectory = rollout(do("look"))
    messages = [
        msgspec.structs.replace(message, origin=origin)
        for message, origin in zip(trajectory.messages, origins, strict=True)
    ]
    given = scene(msgspec.structs.replace(trajectory, messages=tuple(messages)))
    before, after = labels(given), labels(given, TrainEverything())
    may_train = [False, origins[1] in {Origin.SAMPLED, Origin.REPAIRED, Origin.SYNTHETIC}, False]
    assert after["is_trained"].to_list() == may_train
    kept_apart = [not may for may in may_train]
    assert after.filter(kept_apart).equals(before.filter(kept_apart))


def test_gives_spans_that_are_context_no_weight() -> None:
    @dataclass(frozen=True, kw_only=True)
    class MaskOddly(TrainEverything):
        def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
            spans = [{**SPAN, "is_trained": False}]
            return super().apply(labels, scene).with_columns(spans=pl.lit([spans[0]], labels.schema["spans"]))

    assert label(Origin.SAMPLED, MaskOddly())["spans"] == [{**SPAN, "is_trained": False, "weight": 0.0}]


def test_carries_the_advantage_on_trained_messages_only() -> None:
    known, unknown = rollout(do("look")), rollout(do("look"), trial=1, reward=None)
    given = with_columns(
        scene(known, unknown),
        grpo_advantage=pl.when(pl.col("trajectory_id") == known.trajectory_id).then(-0.5),
    )
    told = labels(given)
    assert told.filter(pl.col("trajectory_id") == known.trajectory_id)["advantage"].to_list() == [
        None,
        -0.5,
        None,
    ]
    of_unknown = told.filter(pl.col("trajectory_id") == unknown.trajectory_id)
    assert of_unknown["advantage"].to_list() == [None, None, None]


def test_knows_no_advantage_without_its_signal() -> None:
    whole = frames(rollout(do("look")))
    told = labels(Scene(frames=whole, kept=whole.trajectories))
    assert told["advantage"].to_list() == [None, None, None]


def test_has_the_columns_of_the_table_without_the_dataset() -> None:
    declared = dict(polars_schema(TABLES["train_labels"]))
    del declared["dataset_id"]
    told = labels(scene(rollout(do("look"))))
    assert dict(told.schema) == {
        "view": pl.String,
        **{name: declared[name] for name in LABEL_SCHEMA if name in declared},
    }
    assert set(told.columns) == set(declared)


def test_refuses_a_rule_that_reads_a_column_which_is_not_there() -> None:
    with pytest.raises(
        RecipeError, match=r"'train_everything' reads unknown columns: luck\. Known columns: .*bucket"
    ):
        labels(scene(rollout(do("look"))), TrainEverything(column="luck"))
