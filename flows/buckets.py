"""Buckets: what each holds, and which stages are out of date in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from flows import settings
from flows.batches import gather
from flows.stages import CORPUS_STAGES, Versions
from flows.task_states import bucket_fingerprint, read_trials, tasks_of
from schemas.identity import digest
from warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bucket's state: what is in it, and how much."""

    bucket: int
    fingerprint: str
    trajectory_count: int
    message_count: int
    text_bytes: int
    """Its messages unpacked, estimated; see `Store.unpacked_bytes`."""

    @property
    def weight(self) -> int:
        """How much memory it takes, in ordinary messages."""
        return max(self.message_count, self.text_bytes // settings.MESSAGE_BYTES)


def read_buckets(house: Warehouse) -> list[Bucket]:
    """Fingerprint what each bucket holds, see `tasks_of`."""
    return gather_buckets(house, tasks_of(house, read_trials(house)))


def gather_buckets(house: Warehouse, tasks: pl.DataFrame) -> list[Bucket]:
    """Put together what each bucket holds, from what `tasks_of` says of its tasks."""
    text_bytes = house.store.unpacked_bytes("messages")
    return [
        Bucket(
            bucket=number,
            fingerprint=bucket_fingerprint(held),
            trajectory_count=int(held["trajectory_count"].sum()),
            message_count=int(held["message_count"].sum()),
            text_bytes=text_bytes.get(number, 0),
        )
        for (number,), held in tasks.partition_by("bucket", as_dict=True, maintain_order=True).items()
    ]


def batches_of(buckets: list[Bucket]) -> Iterator[list[Bucket]]:
    """Gather buckets into batches that weigh `BATCH_MESSAGES` at most."""
    return gather(buckets, lambda bucket: bucket.weight, limit=settings.BATCH_MESSAGES)


def read_settled(house: Warehouse) -> dict[tuple[str, int], tuple[str, str]]:
    """Read the version and the fingerprint that each stage of each bucket was last computed for."""
    return {
        (row["stage"], row["bucket"]): (row["stage_version"], row["input_fingerprint"])
        for row in house.store.read("bucket_states").to_dicts()
    }


def corpus_fingerprint(buckets: list[Bucket]) -> str:
    """Hash what all buckets hold together."""
    return digest(*(part for bucket in buckets for part in (bucket.bucket, bucket.fingerprint)))


def find_stale(
    house: Warehouse, buckets: list[Bucket], versions: Versions
) -> Mapping[tuple[str, ...], list[Bucket]]:
    """Group buckets by the stages that are out of date in them; buckets without any are left out.

    A stage over the whole corpus is out of date wherever any bucket changed.
    """
    corpus = corpus_fingerprint(buckets)
    settled = read_settled(house)
    stale: dict[tuple[str, ...], list[Bucket]] = {}
    for bucket in buckets:
        stages = tuple(
            stage
            for stage, version in versions.items()
            if settled.get((stage, bucket.bucket))
            != (version, corpus if stage in CORPUS_STAGES else bucket.fingerprint)
        )
        if stages:
            stale.setdefault(stages, []).append(bucket)
    return stale
