"""Replay requests leave as JSON lines, and what was asked is kept, so that each continuation can be matched."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from prefect import flow

from curation.replay import REPLAY_STRATEGIES, ReplayStrategy, request_of, request_row
from flows import progress
from flows.buckets import batches_of, read_buckets
from flows.datasets.rows import read_trajectories
from flows.frames import read_frames
from flows.runs import recorded
from flows.writers import build_written
from schemas.recipe import Rule
from schemas.rows import Row, arrow_table
from schemas.training.json_lines import encode_jsonl
from warehouse import Warehouse
from warehouse.atomic import UNFINISHED_SUFFIX

STAGE = "replay"

WANTED = "SELECT trajectory_id FROM trajectory_overview WHERE relation = 'attempt' AND ({where})"

# A continuation keeps what it echoes of its request in `extra`.
ANSWERS = """
    SELECT
        asked.strategy,
        count(DISTINCT asked.request_id) AS request_count,
        count(DISTINCT asked.request_id) FILTER (told.trajectory_id IS NOT NULL) AS answered_count,
        count(told.trajectory_id) AS continuation_count,
        count(told.trajectory_id) FILTER (told.is_success) AS success_count
    FROM replay_requests AS asked
    LEFT JOIN (
        SELECT trajectory_id, json_extract_string(extra, '$.request.request_id') AS request_id,
            outcome_reward >= 1 - 1e-6 AND status <> 'infra_error' AS is_success
        FROM judged_trajectories WHERE source_format = 'winnow_continuation'
    ) AS told USING (request_id)
    GROUP BY asked.strategy
    ORDER BY asked.strategy
"""


@dataclass(frozen=True, kw_only=True)
class ReplayCounts:
    """What was asked."""

    strategy: str
    trajectory_count: int
    """Trials with a request."""
    request_count: int
    """Lines of the file."""
    new_request_count: int
    """Requests that were never made before."""
    out: str

    def figures(self) -> dict[str, Any]:
        """Give the figures by name."""
        return asdict(self)


@flow(name="replay")
@recorded
def export_requests(
    *,
    warehouse: Path,
    strategy: str,
    out: Path,
    where: str = "true",
    parameters: Mapping[str, Any] | None = None,
) -> ReplayCounts:
    """Write replay requests; asking again writes the same lines and stores nothing anew.

    Args:
        warehouse: folder of the store.
        strategy: a name of `REPLAY_STRATEGIES`.
        out: the file; one that is there is replaced.
        where: SQL predicate over `trajectory_overview`: which trials to ask about. Successes that others are compared
            with need not be among them.
        parameters: of the strategy.

    Raises:
        UnknownNameError: no such strategy.
        RecipeError: a wrong parameter, or a writer that cannot be asked.
    """
    house = Warehouse(warehouse)
    rule = Rule(name=strategy, parameters=dict(parameters or {}))
    asking = build_written("replay strategy", REPLAY_STRATEGIES, rule, house=house, where="the command line")
    rows, new_count = _write(house, asking, _wanted(house, where), out)
    return ReplayCounts(
        strategy=strategy,
        trajectory_count=len({row["trajectory_id"] for row in rows}),
        request_count=len(rows),
        new_request_count=new_count,
        out=str(out),
    )


def answers(house: Warehouse) -> pl.DataFrame:
    """Count, by strategy, what was asked and what came back: requests, those answered, continuations, successes."""
    return house.sql(ANSWERS).to_polars()


def _write(
    house: Warehouse, asking: ReplayStrategy, wanted: pl.DataFrame, out: Path
) -> tuple[list[Row], int]:
    """Write the file, whole or not at all, after its requests are kept; give their rows, and how many are new."""
    rows: list[Row] = []
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.{os.getpid()}{UNFINISHED_SUFFIX}")
    try:
        with unfinished.open("wb") as handle:
            for request, row in _requests(house, asking, wanted):
                handle.write(encode_jsonl(request))
                rows.append(row)
        new_count = house.store.upsert("replay_requests", arrow_table("replay_requests", rows))
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows, new_count


def _wanted(house: Warehouse, where: str) -> pl.DataFrame:
    with house.console() as console:
        return console.sql(WANTED.format(where=where)).to_polars()


def _requests(house: Warehouse, asking: ReplayStrategy, wanted: pl.DataFrame) -> Iterator[tuple[Row, Row]]:
    """Make the requests of all buckets, each with its row."""
    buckets = read_buckets(house)
    progress.start(STAGE, len(buckets), "buckets")
    for batch in batches_of(buckets):
        frames = read_frames(house, [bucket.bucket for bucket in batch], steps_are_stale=True)
        places = asking.places(frames).join(wanted, on="trajectory_id", how="semi", maintain_order="left")
        homes = frames.trajectories.select("trajectory_id", "bucket")
        for (bucket,), placed in places.join(homes, on="trajectory_id", maintain_order="left").group_by(
            "bucket", maintain_order=True
        ):
            yield from _of_bucket(house, asking, int(str(bucket)), placed)
        progress.advance(STAGE, len(batch))


def _of_bucket(
    house: Warehouse, asking: ReplayStrategy, bucket: int, placed: pl.DataFrame
) -> Iterator[tuple[Row, Row]]:
    by_trajectory = {
        str(name): rows for (name,), rows in placed.group_by("trajectory_id", maintain_order=True)
    }
    trials = pl.DataFrame({"trajectory_id": list(by_trajectory)})
    for trajectory in read_trajectories(house, bucket, trials):
        for place in by_trajectory[trajectory.trajectory_id].iter_rows(named=True):
            request = request_of(trajectory, place, asking)
            row = request_row(request, trajectory, place, rule=asking.rule, bucket_count=house.bucket_count)
            yield request, row
