"""What a loss rule is: it changes labels of what is kept, and never a word of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.described import Described
from curation.needed_columns import check_needed
from curation.scene import Scene


@dataclass(frozen=True, kw_only=True)
class LossRule(Described, ABC):
    """Base of all loss rules; a member's fields are the parameters that a recipe may give.

    A rule changes only messages of which something is trained when its turn comes, so the reason of the first rule that
    masks a message stands.
    """

    name: ClassVar[str]

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the columns of `Scene.kept` that it reads."""
        return ()

    @property
    def columns_of_steps(self) -> tuple[str, ...]:
        """Name the columns that it also knows, for messages: those of steps, where the rule reads any."""
        return ()

    def check_columns(self, kept: pl.DataFrame) -> None:
        """Refuse a scene without a column that the rule reads.

        Raises:
            RecipeError: names what is missing and what is there.
        """
        check_needed(f"Loss rule {self.name!r}", self.columns_needed, kept, known=self.columns_of_steps)

    @abstractmethod
    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Change labels.

        Args:
            labels: one row per message of what is kept, as `view.LABEL_SCHEMA`, sorted by trajectory and message.
                `may_train` says which messages are the policy's own words, or a repair's; what a rule decides of
                others has no effect.
            scene: what it may look at.

        Returns:
            The same rows in the same order, with other flags, weights, advantages, spans and reasons.
        """
