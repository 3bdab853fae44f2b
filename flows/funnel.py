"""The counts that each stage must account for, and how they are shown in Prefect."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from prefect.artifacts import create_table_artifact

RARE_COUNTS = frozenset({"replaced_source_count", "withdrawn_verdict_count", "skipped_warehouse_count"})


@dataclass(frozen=True, kw_only=True)
class IngestCounts:
    """What became of raw records; `record_count = kept + rejected + repeated` always."""

    file_count: int = 0
    record_count: int = 0
    kept_count: int = 0
    rejected_count: int = 0
    repeated_count: int = 0
    """Byte-equal repeats within one file."""
    trajectory_count: int = 0
    verdict_count: int = 0
    """Scores about rollouts of other files."""
    new_trajectory_count: int = 0
    """Those that the warehouse did not have yet."""
    replaced_source_count: int = 0
    """Files read before whose places hold other bytes now: their refusals are settled."""
    withdrawn_verdict_count: int = 0
    """Scores that only these files said, which therefore no longer stand."""
    skipped_warehouse_count: int = 0
    """Folders that were not searched because they are warehouses."""

    @classmethod
    def total(cls, counts: Iterable["IngestCounts"]) -> "IngestCounts":
        """Add up, field by field."""
        every = list(counts)
        return cls(**{name: sum(getattr(one, name) for one in every) for name in cls.__dataclass_fields__})

    def told(self) -> dict[str, int]:
        """Give the figures that people are shown: what rarely happens only when it did."""
        return {name: count for name, count in vars(self).items() if count or name not in RARE_COUNTS}

    def check(self) -> None:
        """Assert that nothing was lost.

        Raises:
            AssertionError: the counts do not add up, which is a fault of Winnow.
        """
        accounted = self.kept_count + self.rejected_count + self.repeated_count
        if self.record_count != accounted:
            raise AssertionError(
                f"{self.record_count} records came in, but {accounted} are accounted for: {self}"
            )


@dataclass(frozen=True, kw_only=True)
class ScoreCounts:
    """What scoring did."""

    trajectory_count: int = 0
    bucket_count: int = 0
    recomputed_stage_count: int = 0
    """Pairs of stage and bucket that were out of date and computed anew."""
    recomputed_trajectory_count: int = 0
    """Trajectories of the tasks that were computed anew."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One decision, for people to look at."""

    rule: str
    reason: str
    trajectory_id: str
    task: str
    """Benchmark and the suite's own name of the task."""
    detail: str | None
    """The values that decided; null if none."""


@dataclass(frozen=True, kw_only=True)
class CurationCounts:
    """What a recipe decided; read + added = kept + dropped, for a repaired parent's child has its fate instead."""

    dataset_id: str
    read_count: int
    repaired_count: int
    """Of the read ones, those that a repair replaced."""
    added_count: int
    """Repairs that stand beside their parents."""
    kept_count: int
    dropped_count: int
    reasons: dict[str, int]
    """Decisions per `rule: reason`, in the order of the rules."""
    made: dict[str, int] = field(default_factory=dict)
    """Pairs and samples per rule that makes such, `pair: sibling_steps`, in the order of the recipe."""
    examples: list[Example] = field(default_factory=list)
    """A few decisions of each reason, those with the smallest ids; of a dry run only."""

    def check(self) -> None:
        """Assert that every trajectory that was read has exactly one fate.

        Raises:
            AssertionError: the counts do not add up, which is a fault of Winnow.
        """
        decided = self.kept_count + self.dropped_count
        if self.read_count + self.added_count != decided:
            raise AssertionError(
                f"{self.read_count} trajectories were read and {self.added_count} added, but {decided} are accounted "
                f"for: {self}"
            )


def publish_funnel(key: str, rows: list[dict[str, object]], description: str) -> None:
    """Leave the funnel in Prefect, as a table artifact of the running flow."""
    create_table_artifact(key=key, table=rows, description=description)
