"""Corrupt: labelled faults in what a dataset keeps, as new trajectories beside their parents.

The children are no rollouts: no signal, graph, group figure or recipe reads them. They are found by their labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from prefect import flow

from curation.synthesis import CORRUPTIONS, Corrupted, Corruption, build_stock
from curation.synthesis.labels import label_row
from curation.synthesis.plans import MADE, Plan
from flows import progress
from flows.export import find_dataset, read_trajectories
from flows.frames import read_frames
from flows.runs import recorded
from schemas.errors import RecipeError, UnknownNameError
from schemas.rows import Row, arrow_table, rollout_tables
from warehouse import Warehouse

STAGE = "corrupt"

# Which kept trajectories are corrupted: the predicate sees what people see in the console.
PARENTS = """
    SELECT decisions.trajectory_id, decisions.task_id, decisions.bucket
    FROM decisions
    WHERE decisions.dataset_id = $dataset_id AND decisions.verdict = 'kept' AND decisions.trajectory_id IN
        (SELECT trajectory_id FROM trajectory_overview WHERE {where})
    ORDER BY decisions.bucket, decisions.task_id, decisions.trajectory_id
"""


@dataclass(frozen=True, kw_only=True)
class CorruptionCounts:
    """What was made; for each mode, the outcomes add up to `parent_count`."""

    dataset_id: str
    parent_count: int = 0
    """Trajectories that were to be corrupted."""
    child_count: int = 0
    """Children that the modes give, those that were there before too."""
    new_child_count: int = 0
    """Those that were not there before."""
    outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
    """By mode, how often it was `made`, and how often not, by reason."""

    def to_arrow(self) -> pa.Table:
        """Give the outcomes as rows of mode, outcome and count."""
        rows = [
            {"mode": mode, "outcome": outcome, "trajectory_count": count}
            for mode, counts in self.outcomes.items()
            for outcome, count in counts.items()
        ]
        columns: dict[str, pa.DataType] = {
            "mode": pa.string(),
            "outcome": pa.string(),
            "trajectory_count": pa.int64(),
        }
        return pa.Table.from_pylist(rows, schema=pa.schema(columns))


@flow(name="corrupt")
@recorded
def corrupt(
    *,
    warehouse: Path,
    dataset: str,
    modes: Sequence[str] = (),
    per_trajectory: int | None = None,
    seed: int = 0,
    where: str = "true",
) -> CorruptionCounts:
    """Make corrupted children of what a dataset keeps; what was made before is not made again.

    Args:
        warehouse: folder of the store.
        dataset: a recipe's name (its newest dataset), or a dataset id.
        modes: names of corruptions; all when empty.
        per_trajectory: most children of one parent; null: one of each mode.
        seed: of all choices; another one makes other children.
        where: SQL predicate over `trajectory_overview`: which of the kept trajectories to corrupt.

    Raises:
        DatasetNotFoundError: nothing was curated under that name.
        UnknownNameError: no such mode.
        RecipeError: the limit is below 1.
    """
    plan = _plan(modes, per_trajectory=per_trajectory, seed=seed)
    house = Warehouse(warehouse)
    dataset_id = find_dataset(house, dataset)["dataset_id"]
    parents = _parents(house, dataset_id, where)
    progress.start(STAGE, parents.height, "trajectories")
    outcomes: Counter[tuple[str, str]] = Counter()
    new_child_count = 0
    for (bucket,), wanted in parents.group_by("bucket", maintain_order=True):
        stock = build_stock(read_frames(house, [int(str(bucket))]))
        batch = plan.make(list(read_trajectories(house, int(str(bucket)), wanted)), stock)
        new_child_count += _write(house, batch.corrupted)
        outcomes.update(batch.outcomes)
        progress.advance(STAGE, wanted.height)
    by_mode = {corruption.name: _of_mode(outcomes, corruption) for corruption in plan.corruptions}
    return CorruptionCounts(
        dataset_id=dataset_id,
        parent_count=parents.height,
        child_count=sum(counts.get(MADE, 0) for counts in by_mode.values()),
        new_child_count=new_child_count,
        outcomes=by_mode,
    )


def _plan(modes: Sequence[str], *, per_trajectory: int | None, seed: int) -> Plan:
    unknown = next((mode for mode in modes if mode not in CORRUPTIONS), None)
    if unknown is not None:
        raise UnknownNameError.from_name("corruption", unknown, CORRUPTIONS)
    if per_trajectory is not None and per_trajectory < 1:
        raise RecipeError(f"`per_trajectory` must be 1 or more, got {per_trajectory!r}.")
    names = dict.fromkeys(modes) or CORRUPTIONS
    corruptions = tuple(CORRUPTIONS[name](seed=seed) for name in names)
    return Plan(corruptions=corruptions, per_trajectory=per_trajectory, seed=seed)


def _parents(house: Warehouse, dataset_id: str, where: str) -> pl.DataFrame:
    with house.console() as console:
        return console.sql(PARENTS.format(where=where), {"dataset_id": dataset_id}).to_polars()


def _write(house: Warehouse, corrupted: list[Corrupted]) -> int:
    """Store children that have no label yet, their label last; give how many."""
    ids = pl.Series([it.trajectory.trajectory_id for it in corrupted], dtype=pl.String)
    labels = house.store.scan("corruptions", columns=["child_id"])
    known = set(labels.filter(pl.col("child_id").is_in(ids.implode())).collect()["child_id"])
    fresh = [it for it in corrupted if it.trajectory.trajectory_id not in known]
    if not fresh:
        return 0
    tables = rollout_tables([it.trajectory for it in fresh], bucket_count=house.bucket_count)
    house.insert_repairs({name: tables[name] for name in ("trajectories", "messages", "scores")})
    house.store.upsert("lineage", arrow_table("lineage", [_lineage_row(it) for it in fresh]))
    rows = [label_row(it, bucket_count=house.bucket_count) for it in fresh]
    return house.store.upsert("corruptions", arrow_table("corruptions", rows))


def _lineage_row(corrupted: Corrupted) -> Row:
    child = corrupted.trajectory
    return {
        "child_id": child.trajectory_id,
        "child_kind": "trajectory",
        "parent_id": child.parent_id,
        "parent_kind": "trajectory",
        "relation": "wasDerivedFrom",
        "activity": f"corruption:{child.repair_rule}",
    }


def _of_mode(outcomes: Counter[tuple[str, str]], corruption: Corruption) -> dict[str, int]:
    found = {outcome: count for (mode, outcome), count in outcomes.items() if mode == corruption.name}
    return dict(sorted(found.items(), key=lambda entry: (entry[0] != MADE, entry[0])))


def figures(counts: CorruptionCounts) -> dict[str, Any]:
    """Give what is one number or name each."""
    return {name: value for name, value in asdict(counts).items() if name != "outcomes"}
