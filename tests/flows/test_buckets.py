"""How much of a warehouse is held at once."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import settings
from flows.buckets import Bucket, batches_of
from flows.score import Part
from flows.task_states import Share


def bucket(number: int, *, messages: int, text_bytes: int) -> Bucket:
    return Bucket(
        bucket=number, fingerprint="", trajectory_count=1, message_count=messages, text_bytes=text_bytes
    )


@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 400_000_000)), max_size=30))
def test_no_batch_of_several_buckets_outweighs_the_limit_and_no_bucket_is_left_out(
    sizes: list[tuple[int, int]],
) -> None:
    buckets = [
        bucket(number, messages=messages, text_bytes=size) for number, (messages, size) in enumerate(sizes)
    ]
    batches = list(batches_of(buckets))
    assert [one for batch in batches for one in batch] == buckets
    for batch in batches:
        assert len(batch) == 1 or sum(one.message_count for one in batch) <= settings.BATCH_MESSAGES
        bytes_limit = (settings.BATCH_MESSAGES + len(batch)) * settings.MESSAGE_BYTES
        assert len(batch) == 1 or sum(one.text_bytes for one in batch) <= bytes_limit


@pytest.mark.parametrize(("text_bytes", "batch_count"), [(1_000, 1), (200_000_000, 4)])
def test_buckets_of_long_messages_are_read_in_more_batches(text_bytes: int, batch_count: int) -> None:
    buckets = [bucket(number, messages=100, text_bytes=text_bytes) for number in range(4)]
    assert len(list(batches_of(buckets))) == batch_count


@pytest.mark.parametrize(("old_task_ids", "weight"), [([], 1_000), (["old"], 11_000)])
def test_new_tasks_weigh_what_they_hold_and_changed_ones_what_passes_through_memory_too(
    old_task_ids: list[str], weight: int
) -> None:
    share = Share(
        bucket=0,
        new_task_ids=pl.Series(["new"], dtype=pl.String),
        old_task_ids=pl.Series(old_task_ids, dtype=pl.String),
        trajectory_count=1,
        message_count=1_000,
    )
    whole = bucket(0, messages=100_000, text_bytes=0)
    assert Part(bucket=whole, tasks=pl.DataFrame(), stages=(), share=share).weight == weight
