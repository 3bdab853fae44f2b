"""Score: steps, the quotient graphs and every signal, for the buckets that changed since the last time.

A bucket holds whole tasks, so buckets are independent, and within a bucket tasks are. One Prefect task computes a batch
of buckets that fits in memory and replaces what they held table by table; of a bucket in which little changed, it
computes the changed tasks alone (see `task_states`). `bucket_states` is emptied first and written last, so that a killed
run is repeated for the buckets that it had not finished, as wholes, and for no others. A few signals compare tasks: they
are computed last, over the whole corpus, from small columns that the buckets' own signals left (see `corpus_signals`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import progress, settings
from flows.batches import gather
from flows.buckets import Bucket, corpus_fingerprint, find_stale, gather_buckets, read_settled
from flows.corpus_signals import store_corpus_signal
from flows.frames import read_few, read_frames
from flows.funnel import ScoreCounts, publish_funnel
from flows.runs import recorded
from flows.stages import (
    CORPUS_STAGES,
    RAW_STAGE,
    SIGNAL_STAGE,
    STEPS_STAGE,
    Versions,
    compute_stages,
    stage_versions,
)
from flows.task_states import (
    READ_TABLES,
    Share,
    bucket_fingerprint,
    find_share,
    oldest_versions,
    read_trials,
    tasks_of,
)
from flows.workers import THREADS
from schemas.rows import arrow_table
from warehouse import Warehouse
from warehouse.locking import exclusive_lock
from warehouse.recent import newest_versions

STAGE = "score"
LOCK = "score.lock"
"""Two runs at once would add the rows of a new task twice."""
ROWS_PER_MESSAGE = 10
"""So many computed rows take the memory of one message; ours, generous."""
UNFINISHED = ""
"""The fingerprint of nothing: what a stage is computed for while its tables change."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What is to be computed of one bucket."""

    bucket: Bucket
    tasks: pl.DataFrame
    """What its tasks hold, see `tasks_of`."""
    stages: tuple[str, ...]
    share: Share | None
    """Its changed tasks; null when all of it is to be computed."""

    @property
    def trajectory_count(self) -> int:
        """How many trajectories are computed."""
        return (self.share or self.bucket).trajectory_count

    @property
    def weight(self) -> int:
        """How much memory it takes, see `Bucket`; to replace computed rows, those of the whole bucket pass through it."""
        if self.share is None:
            return self.bucket.weight
        computed = self.share.message_count / max(1, self.bucket.message_count)
        replaced = 0 if self.share.old_task_ids.is_empty() else 1 / ROWS_PER_MESSAGE
        return int(self.bucket.weight * (computed + replaced))


@flow(name="score", task_runner=THREADS)
@recorded
def score(*, warehouse: Path, signals: list[str] | None = None) -> ScoreCounts:
    """Bring steps, topology and signals up to date.

    Args:
        warehouse: folder of the store.
        signals: names of the signals to compute; all when null.

    Raises:
        UnknownNameError: no such signal.
        WarehouseNotFoundError: nothing was ingested there.
    """
    house = Warehouse(warehouse)
    with exclusive_lock(house.root / LOCK):
        counts = _score(house, stage_versions(signals))
    publish_funnel(
        "score", [{"stage": name, "count": count} for name, count in vars(counts).items()], "Score"
    )
    return counts


def _score(house: Warehouse, versions: Versions) -> ScoreCounts:
    with house.lock():
        raw = newest_versions(house, READ_TABLES)
    trials = read_trials(house)
    tasks = tasks_of(house, trials)
    buckets = gather_buckets(house, tasks)
    within = {name: versions[name] for name in versions if name not in CORPUS_STAGES}
    parts = [
        part
        for stages, group in find_stale(house, buckets, within).items()
        for part in plan_parts(house, tasks, group, stages)
    ]
    progress.start(STAGE, len(buckets), "buckets")
    progress.advance(STAGE, len(buckets) - len(parts))
    batches = [
        score_batch.submit(warehouse=house.root, parts=batch, raw=raw) for batch in _batches_of_parts(parts)
    ]
    recomputed = sum(batch.result() for batch in batches)
    across = {name: versions[name] for name in versions if name in CORPUS_STAGES}
    for stages in find_stale(house, buckets, across):
        recomputed += score_corpus(warehouse=house.root, buckets=buckets, stages=list(stages), trials=trials)
    return ScoreCounts(
        trajectory_count=sum(bucket.trajectory_count for bucket in buckets),
        bucket_count=len(buckets),
        recomputed_stage_count=recomputed,
        recomputed_trajectory_count=sum(part.trajectory_count for part in parts),
    )


def plan_parts(
    house: Warehouse, tasks: pl.DataFrame, buckets: list[Bucket], stages: tuple[str, ...]
) -> list[Part]:
    """Decide for buckets with the same stale stages whether to compute all of each, or the tasks that changed.

    Args:
        house: the warehouse.
        tasks: what all tasks hold, see `tasks_of`.
        buckets: the buckets.
        stages: what is out of date in them.
    """
    versions, settled = stage_versions(None), read_settled(house)
    states = house.store.read("task_states").partition_by("bucket", as_dict=True)
    held = tasks.partition_by("bucket", as_dict=True)
    parts = []
    for bucket in buckets:
        share, before = None, states.get((bucket.bucket,))
        if before is not None:
            known = bucket_fingerprint(before)
            if all(settled.get((stage, bucket.bucket)) == (versions[stage], known) for stage in stages):
                versions_read, of = settled.get((RAW_STAGE, bucket.bucket), ("", ""))
                since = msgspec.json.decode(versions_read, type=dict[str, int]) if of == known else None
                share = find_share(held[bucket.bucket,], before, since)
        parts.append(Part(bucket=bucket, tasks=held[bucket.bucket,], stages=stages, share=share))
    return parts


@task(name="score batch", cache_policy=NO_CACHE)
def score_batch(*, warehouse: Path, parts: list[Part], raw: Mapping[str, int]) -> int:
    """Compute stages for one batch of buckets, all as wholes or all in part, with the same stages.

    Args:
        warehouse: folder of the store.
        parts: the batch.
        raw: version of each table of `READ_TABLES` before the tasks were looked at.

    Returns:
        How many pairs of stage and bucket were computed.
    """
    house, stages = Warehouse(warehouse), parts[0].stages
    numbers = [part.bucket.bucket for part in parts]
    _settle(house, dict.fromkeys(numbers, UNFINISHED), stages)
    shares = [part.share for part in parts if part.share]
    if shares:
        _replace_tasks(house, shares, stages)
    else:
        # What came since then is left for the next run, which takes for new whatever `task_states` does not hold.
        task_ids = pl.concat(part.tasks["task_id"] for part in parts)
        frames = read_frames(house, numbers, steps_are_stale=STEPS_STAGE in stages, task_ids=task_ids)
        for table, frame in compute_stages(frames, stages):
            house.store.replace_buckets(table, frame, numbers)
    states = pl.concat(part.tasks for part in parts).drop("message_count")
    house.store.replace_buckets("task_states", states, numbers)
    progress.advance(STAGE, len(parts))
    return _settle(house, {part.bucket.bucket: part.bucket.fingerprint for part in parts}, stages, raw)


def _replace_tasks(house: Warehouse, shares: list[Share], stages: Iterable[str]) -> None:
    """Compute the changed tasks of some buckets, and put them in place of what was computed of them before."""
    numbers = [share.bucket for share in shares]
    old_task_ids = pl.concat(share.old_task_ids for share in shares)
    task_ids = pl.concat([old_task_ids, *(share.new_task_ids for share in shares)])
    frames = read_few(house, numbers, task_ids, oldest_versions(shares))
    replaced = frames.trajectories.filter(pl.col("task_id").is_in(old_task_ids.implode()))
    for table, frame in compute_stages(frames, stages):
        of = table.key[0]
        house.store.replace_rows(table, frame, column=of, values=set(replaced[of]), buckets=numbers)


@task(name="score corpus", cache_policy=NO_CACHE)
def score_corpus(*, warehouse: Path, buckets: list[Bucket], stages: list[str], trials: pl.DataFrame) -> int:
    """Compute stages that need all buckets at once, from what is stored and from all trials, see `read_trials`.

    Returns:
        How many pairs of stage and bucket were computed.
    """
    house = Warehouse(warehouse)
    numbers = [bucket.bucket for bucket in buckets]
    for stage in stages:
        store_corpus_signal(house, stage.removeprefix(SIGNAL_STAGE), numbers, trials)
    return _settle(house, dict.fromkeys(numbers, corpus_fingerprint(buckets)), stages)


def _settle(
    house: Warehouse,
    fingerprints: Mapping[int, str],
    stages: Iterable[str],
    raw: Mapping[str, int] | None = None,
) -> int:
    """Note what of buckets stages are up to date for, and which versions of the raw tables that was."""
    versions = stage_versions(None)
    settled = {stage: versions[stage] for stage in stages}
    noted = settled if raw is None else settled | {RAW_STAGE: msgspec.json.encode(raw).decode()}
    states = [
        {"stage": stage, "bucket": bucket, "stage_version": version, "input_fingerprint": fingerprint}
        for stage, version in noted.items()
        for bucket, fingerprint in fingerprints.items()
    ]
    house.store.upsert("bucket_states", arrow_table("bucket_states", states), update=True)
    return len(settled) * len(fingerprints)


def _batches_of_parts(parts: list[Part]) -> Iterator[list[Part]]:
    """Gather parts that are computed in the same way."""
    alike: dict[tuple[tuple[str, ...], bool], list[Part]] = {}
    for part in parts:
        alike.setdefault((part.stages, part.share is None), []).append(part)
    for group in alike.values():
        yield from gather(group, lambda part: part.weight, limit=settings.BATCH_MESSAGES)
