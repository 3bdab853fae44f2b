"""Train the end of a trajectory only."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.scene import Scene
from curation.training.labels import is_among, mask_messages
from curation.training.loss_rule import LossRule
from curation.training.view import trains_anything
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class TrainOnlyLast(LossRule):
    """Masks all but the last turns that are still trained, or all but the final answer.

    Ours. A trajectory without such a turn trains nothing, and is dropped with `no_trainable_message`.
    """

    name: ClassVar[str] = "train_only_last"

    count: int = 1
    """Turns that stay trained, 1 or more."""
    of: Literal["turns", "answers"] = "turns"
    """`answers`: turns without a call."""

    def __post_init__(self) -> None:
        """Refuse to train nothing.

        Raises:
            RecipeError: names the count.
        """
        if self.count < 1:
            raise RecipeError(f"`count` must be 1 or more, got {self.count}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the others."""
        can_stay = pl.Series([True]).new_from_index(0, labels.height)
        if self.of == "answers":
            can_stay = is_among(labels, scene.frames.steps.filter(pl.col("call_count") == 0))
        judged = labels.with_columns(is_rival=trains_anything() & can_stay)
        place = pl.col("is_rival").cast(pl.Int64).cum_sum(reverse=True).over("trajectory_id")
        stays = judged.select(pl.col("is_rival") & (place <= self.count)).to_series()
        return mask_messages(labels, ~stays, TrainReason.NOT_AMONG_LAST)
