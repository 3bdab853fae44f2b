"""What a pair rule and a label rule are: from what is kept to pairs, or to labelled pieces."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.described import Described
from curation.frames import polars_schema
from curation.keys import digests
from curation.needed_columns import check_needed
from curation.scene import Scene
from schemas.tables import TABLES


def _schema(table: str, *left_out: str) -> pl.Schema:
    return pl.Schema(
        {
            name: kind
            for name, kind in polars_schema(TABLES[table]).items()
            if name not in {"dataset_id", *left_out}
        }
    )


PAIR_SCHEMA = _schema("pairs")
"""Columns of `pairs` but `dataset_id`."""
SAMPLE_SCHEMA = _schema("samples")
"""Columns of `samples` but `dataset_id`."""


def _filled(found: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Let the columns that only critiques have be null where the rule does not give them."""
    critical = {"subject_id", "question", "result_chars", "chosen_text", "rejected_text", "text"}
    absent = (name for name in schema if name in critical and name not in found.columns)
    return found.with_columns(pl.lit(None, schema[name]).alias(name) for name in absent)


@dataclass(frozen=True, kw_only=True)
class _ExampleRule(Described, ABC):
    name: ClassVar[str]

    @property
    def reads_corrupted(self) -> bool:
        """Tell whether it learns from corrupted children, `Scene.corrupted`."""
        return False

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the columns of `Scene.kept` that it reads, `trajectory_id` and `task_id` apart."""
        return ()

    def check_columns(self, kept: pl.DataFrame) -> None:
        """Refuse a scene without a column that the rule reads.

        Raises:
            RecipeError: names what is missing and what is there.
        """
        check_needed(f"Rule {self.name!r}", self.columns_needed, kept)

    def _identity(self, nth: int) -> str:
        """Spell what tells the rows of this rule from those of others in the recipe."""
        return self.name if nth == 1 else f"{self.name} {nth}"


@dataclass(frozen=True, kw_only=True)
class PairRule(_ExampleRule):
    """Base of all pair rules; a member's fields are the parameters that a recipe may give."""

    def build(self, scene: Scene, *, nth: int = 1) -> pl.DataFrame:
        """Pair kept trajectories, or steps of them.

        Args:
            scene: what is kept, and its tasks.
            nth: which of the recipe's pair rules of this name it is, from 1: ids tell their pairs apart. Parameters are
                no part of the ids, so that datasets made with others can be compared.

        Returns:
            Under `PAIR_SCHEMA`, sorted by `pair_id`. Both sides go on from the same words, and each begins with a
            message of the assistant; critiques are no part of a trajectory and bring words of their own.

        Raises:
            RecipeError: the rule reads a column that is not there.
        """
        self.check_columns(scene.kept)
        found = self.pair(scene).with_columns(rule=pl.lit(self.name))
        owners = scene.kept.select(pl.col("trajectory_id").alias("chosen_id"), "task_id", "bucket")
        placed = found.join(owners, on="chosen_id", validate="m:1")
        placed = _filled(placed, PAIR_SCHEMA)
        sides = ("context_count", "chosen_id", "chosen_until", "rejected_id", "rejected_until")
        own = ("subject_id", "question", "chosen_text", "rejected_text")
        parts = [pl.lit(self._identity(nth)), *sides, *own]
        spelled = placed.select(pl.concat_str(parts, separator=" ", ignore_nulls=True)).to_series()
        context = placed.select(pl.concat_str(["task_id", "context"], separator=" ")).to_series()
        return (
            placed.with_columns(pair_id=digests("pair", spelled), set_id=digests("context", context))
            .select(pl.col(name).cast(kind) for name, kind in PAIR_SCHEMA.items())
            .sort("pair_id")
        )

    @abstractmethod
    def pair(self, scene: Scene) -> pl.DataFrame:
        """Find the pairs, in any order.

        Returns:
            `context` (text that names the shared context), `context_count`, `chosen_id`, `chosen_until`,
            `rejected_id`, `rejected_until`, `margin`, `detail`, as in the table; of critiques also its last columns.
        """


@dataclass(frozen=True, kw_only=True)
class LabelRule(_ExampleRule):
    """Base of all label rules; a member's fields are the parameters that a recipe may give."""

    def build(self, scene: Scene, *, nth: int = 1) -> pl.DataFrame:
        """Label pieces of kept trajectories.

        Args:
            scene: what is kept, and its tasks.
            nth: which of the recipe's label rules of this name it is, from 1; see `PairRule.build`.

        Returns:
            Under `SAMPLE_SCHEMA`, sorted by `sample_id`. Each piece begins with a message of the assistant.

        Raises:
            RecipeError: the rule reads a column that is not there.
        """
        self.check_columns(scene.kept)
        found = self.label(scene).with_columns(rule=pl.lit(self.name))
        placed = found.join(
            scene.kept.select("trajectory_id", "task_id", "bucket"), on="trajectory_id", validate="m:1"
        )
        placed = _filled(placed, SAMPLE_SCHEMA)
        place = ("trajectory_id", "context_count", "until", "subject_id", "question", "text")
        parts = [pl.lit(self._identity(nth)), *place]
        spelled = placed.select(pl.concat_str(parts, separator=" ", ignore_nulls=True))
        return (
            placed.with_columns(sample_id=digests("sample", spelled.to_series()))
            .select(pl.col(name).cast(kind) for name, kind in SAMPLE_SCHEMA.items())
            .sort("sample_id")
        )

    @abstractmethod
    def label(self, scene: Scene) -> pl.DataFrame:
        """Find the pieces, in any order.

        Returns:
            `trajectory_id`, `context_count`, `until`, `is_good`, `value`, `detail`, as in the table; of critiques also
            its last columns.
        """
