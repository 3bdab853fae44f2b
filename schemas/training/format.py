"""What a training format is: from one curated example to rows that a trainer's own loader reads.

A member is one frozen dataclass in a module of its own, and one line in `TRAINING_FORMATS`; its fields are the
parameters that an export may give. Files are written by `flows`; nothing here opens one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

import pyarrow as pa

from schemas.errors import ExportRefusedError
from schemas.training.examples import Example, PairExample, SampleExample, TaskExample, TrainingExample

ExampleT = TypeVar("ExampleT", TrainingExample, TaskExample, PairExample, SampleExample)

Row = dict[str, Any]
Unit = Literal["trajectory", "task", "pair", "sample"]


class Unsupported(StrEnum):
    """What to do with an example that the format would train otherwise than its labels say."""

    REFUSE = "refuse"
    """Stop, and say what and where."""
    DROP = "drop"
    """Leave the example out, and count it."""
    SPLIT = "split"
    """Write several rows that together train what was meant, where the format can."""
    LOSE = "lose"
    """Write it all the same, and count the loss in the manifest."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of one example."""

    rows: list[Row]
    losses: dict[str, int]
    """What the rows cannot carry, by kind; a kind without a case is left out."""


@dataclass(frozen=True, kw_only=True)
class TrainingFormat(ABC, Generic[ExampleT]):
    """Base of all training formats."""

    name: ClassVar[str]
    """The name that a recipe's `exports` takes."""
    version: ClassVar[str]
    """A change of what is written changes this."""
    unit: ClassVar[Unit]
    """What one example is: a trajectory, a task, a pair, or a labelled sample."""
    suffix: ClassVar[Literal["parquet", "jsonl"]]
    """The kind of file, which is also the suffix of its name."""
    is_tokenised: ClassVar[bool] = False
    """True when rows hold no text any more: what is redacted must be redacted before."""
    can_split: ClassVar[bool] = False
    """True when `split_rows` is there."""

    unsupported: Unsupported = Unsupported.REFUSE
    """What to do with an example that would be trained otherwise than its labels say."""

    def __post_init__(self) -> None:
        """Refuse to split where the format has no way to.

        Raises:
            ValueError: `unsupported` is `split`, and the format cannot.
        """
        if self.unsupported is Unsupported.SPLIT and not self.can_split:
            raise ValueError(f"`unsupported: split` is not known to {self.name!r}; use refuse, drop or lose")

    @property
    def arrow_schema(self) -> pa.Schema | None:
        """The columns of a Parquet file; null for JSON Lines."""
        return None

    def write(self, example: ExampleT) -> Written:
        """Write one example, or do with it what `unsupported` says.

        Raises:
            ExportRefusedError: the rows would train something else than the labels say.
        """
        changed = self.changes(example)
        losses = {kind: count for kind, count in self.losses(example).items() if count}
        if not changed or self.unsupported is Unsupported.LOSE:
            return Written(rows=self.rows(example), losses=losses | changed)
        if self.unsupported is Unsupported.DROP:
            return Written(rows=[], losses={"dropped_examples": 1} | changed)
        if self.unsupported is Unsupported.SPLIT and not (changed := self.split_changes(example)):
            return Written(rows=self.split_rows(example), losses=losses | {"split_examples": 1})
        raise ExportRefusedError.from_changes(self.name, _name(example), changed, can_split=self.can_split)

    @abstractmethod
    def rows(self, example: ExampleT) -> list[Row]:
        """Write the rows of one example; the same example always gives the same rows, keys in the same order."""

    def split_rows(self, example: ExampleT) -> list[Row]:
        """Write several rows that together train exactly what the labels say, each step once."""
        raise NotImplementedError(example)

    def split_changes(self, example: ExampleT) -> dict[str, int]:
        """Count what even the rows of `split_rows` would train otherwise, by kind, without zeros."""
        del example
        return {}

    def changes(self, example: ExampleT) -> dict[str, int]:
        """Count what the trainer would train otherwise than the labels say, by kind, without zeros; see `changes`."""
        del example
        return {}

    def losses(self, example: ExampleT) -> dict[str, int]:
        """Count what the rows cannot carry although the right tokens are trained, by kind."""
        del example
        return {}

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write what the trainer needs beside the data, by file name.

        Args:
            name: of the dataset.
            files: names of the data files by split.
        """
        del name, files
        return {}

    def bound(self, **resources: Any) -> Self:
        """Give the format with what it needs from outside, such as a tokenizer that was loaded."""
        return replace(self, **resources)


def _name(example: Example) -> str:
    match example:
        case TrainingExample():
            return f"trajectory {example.trajectory.trajectory_id}"
        case TaskExample():
            return f"task {example.task.task_id}"
        case PairExample():
            return f"pair {example.pair_id}"
        case SampleExample():
            return f"sample {example.sample_id}"
