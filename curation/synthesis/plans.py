"""Several corruptions over the trajectories of one bucket, with a limit per parent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from curation.synthesis.corruption import Corrupted, Corruption
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory

MADE = "made"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a plan made of some trajectories."""

    corrupted: list[Corrupted] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By mode and outcome, which is `made` or a `CorruptionReason`: one count for each pair of mode and trajectory."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which corruptions to make."""

    corruptions: tuple[Corruption, ...]
    per_trajectory: int | None = None
    """Most children of one parent; null: one of each mode that has a place. Which modes stay is chosen by hash."""
    seed: int = 0
    """Of that choice."""

    def make(self, trajectories: Sequence[Trajectory], stock: Stock) -> Batch:
        """Corrupt trajectories; each pair of mode and trajectory is accounted for once."""
        batch = Batch()
        columns = [corruption.corrupt_all(trajectories, stock) for corruption in self.corruptions]
        for parent, results in zip(trajectories, zip(*columns, strict=True), strict=True):
            kept = self._within_limit(parent, results)
            for corruption, result in zip(self.corruptions, kept, strict=True):
                if isinstance(result, CorruptionReason):
                    batch.outcomes[corruption.name, result.value] += 1
                else:
                    batch.outcomes[corruption.name, MADE] += 1
                    batch.corrupted.append(result)
        return batch

    def _within_limit(
        self, parent: Trajectory, results: Sequence[Corrupted | CorruptionReason]
    ) -> list[Corrupted | CorruptionReason]:
        made = [result.mode for result in results if isinstance(result, Corrupted)]
        key = f"{self.seed} {parent.trajectory_id}"
        stay = ordered_by_hash(made, key, name=str)[: self.per_trajectory]
        return [
            CorruptionReason.OVER_CHILD_LIMIT
            if isinstance(result, Corrupted) and result.mode not in stay
            else result
            for result in results
        ]
