"""Scan: where secrets and personal data lie in the stored messages, for the buckets that changed since the last time.

What an export redacts does not come from here: it scans what it writes itself (`flows.redaction`).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import progress
from flows.buckets import Bucket, batches_of, find_stale
from flows.funnel import publish_funnel
from flows.runs import recorded
from flows.workers import THREADS
from schemas.identity import digest
from schemas.rows import arrow_table
from warehouse import Warehouse, named_query
from warehouse.secrecy import privacy_key

STAGE = "privacy"
TABLE = "privacy_spans"
TEXTS = ("text", "reasoning", "content_json", "extra")
CALL_TEXTS = ("arguments", "extra")
"""The strings of a message, and of its tool calls, that are scanned."""


@dataclass(frozen=True, kw_only=True)
class ScanCounts:
    """What scanning read, and what stands in the warehouse now."""

    scanned_message_count: int
    """Messages of the buckets that had changed; repairs have theirs."""
    scanned_bytes_count: int
    """UTF-8 bytes of their texts."""
    span_count: int
    """Spans in all stored messages, also in those that were scanned before."""
    kinds: dict[str, int]
    """The same by kind."""


@flow(name="scan", task_runner=THREADS)
@recorded
def scan(*, warehouse: Path) -> ScanCounts:
    """Bring `privacy_spans` up to date.

    Args:
        warehouse: folder of the store.

    Raises:
        WarehouseNotFoundError: nothing was ingested there.
    """
    house = Warehouse(warehouse)
    buckets = read_stored_buckets(house)
    version = stage_version(privacy_key(house))
    stale = find_stale(house, buckets, {STAGE: version}).get((STAGE,), [])
    progress.start(STAGE, len(buckets), "buckets")
    progress.advance(STAGE, len(buckets) - len(stale))
    batches = [
        scan_batch.submit(warehouse=warehouse, buckets=batch, version=version) for batch in batches_of(stale)
    ]
    bytes_count = sum(batch.result() for batch in batches)
    kinds = _kinds(house)
    counts = ScanCounts(
        scanned_message_count=sum(bucket.message_count for bucket in stale),
        scanned_bytes_count=bytes_count,
        span_count=sum(kinds.values()),
        kinds=kinds,
    )
    publish_funnel("scan", [{"kind": kind, "spans": count} for kind, count in kinds.items()], "Scan")
    return counts


@task(name="scan batch", cache_policy=NO_CACHE)
def scan_batch(*, warehouse: Path, buckets: list[Bucket], version: str) -> int:
    """Scan the messages of one batch of buckets.

    Returns:
        UTF-8 bytes of what was scanned.
    """
    from curation.privacy import scan_messages

    house = Warehouse(warehouse)
    numbers = [bucket.bucket for bucket in buckets]
    columns = ("trajectory_id", "bucket", "seq", *TEXTS, "tool_calls")
    messages = house.store.read("messages", columns=columns, buckets=numbers)
    spans = scan_messages(messages, digest_key=privacy_key(house))
    house.store.replace_buckets(TABLE, spans, numbers)
    states = [
        {
            "stage": STAGE,
            "bucket": bucket.bucket,
            "stage_version": version,
            "input_fingerprint": bucket.fingerprint,
        }
        for bucket in buckets
    ]
    house.store.upsert("bucket_states", arrow_table("bucket_states", states), update=True)
    progress.advance(STAGE, len(buckets))
    return text_bytes(messages)


def privacy_report(warehouse: Path) -> pa.Table:
    """Give the spans by kind: how many, how many distinct values, in how many trajectories and sources."""
    return Warehouse(warehouse).sql(named_query("privacy_report")).to_arrow()


def read_stored_buckets(house: Warehouse) -> list[Bucket]:
    """Fingerprint the messages of each bucket, those of repairs too.

    Unlike in `flows.score`, the messages themselves are counted, not the trajectories: those of a running ingest land
    table by table, and whatever lands after the fingerprint was taken makes the bucket stale again.
    """
    rows = house.sql(
        """
        WITH held AS (
            SELECT bucket, trajectory_id, count(*) AS message_count FROM messages GROUP BY ALL
        )
        SELECT bucket,
               sha256(string_agg(trajectory_id || ':' || message_count, ',' ORDER BY trajectory_id)) AS fingerprint,
               count(*) AS trajectory_count, sum(message_count)::BIGINT AS message_count
        FROM held GROUP BY bucket ORDER BY bucket
        """
    ).to_arrow()
    sizes = house.store.unpacked_bytes("messages")
    return [Bucket(**row, text_bytes=sizes.get(row["bucket"], 0)) for row in rows.to_pylist()]


def stage_version(key: bytes) -> str:
    """Version what a scan finds: the libraries, our use of them, and the key, without which digests differ."""
    from curation.privacy import DETECTORS

    detectors = (f"{kind} {detector.version}" for kind, detector in DETECTORS.items())
    return digest(STAGE, hashlib.blake2b(STAGE.encode(), key=key).hexdigest(), *detectors)


def text_bytes(messages: pl.DataFrame) -> int:
    """Measure what a scan of messages reads, in bytes of UTF-8."""
    call = pl.sum_horizontal(pl.element().struct.field(name).str.len_bytes() for name in CALL_TEXTS)
    calls = pl.col("tool_calls").list.eval(call).list.sum().sum()
    texts = (pl.col(name).str.len_bytes().sum() for name in TEXTS)
    return int(messages.select(pl.sum_horizontal(*texts, calls)).item())


def _kinds(house: Warehouse) -> dict[str, int]:
    rows = house.sql(f"SELECT kind, count(*) FROM {TABLE} GROUP BY kind ORDER BY kind").rows()
    return dict(rows)
