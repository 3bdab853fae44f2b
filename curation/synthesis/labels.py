"""Labels as rows: what a corruption tells of its child, and nothing that only a checker could tell."""

import msgspec

from curation.synthesis.corruption import Corrupted
from schemas.identity import bucket_of
from schemas.rows import Row

BUILDER = "winnow"


def label_row(corrupted: Corrupted, *, bucket_count: int) -> Row:
    """Make the row of `corruptions` for one child; whether the injection succeeded stays unknown.

    Args:
        corrupted: the child and its facts.
        bucket_count: of the warehouse.
    """
    child = corrupted.trajectory
    return {
        "child_id": child.trajectory_id,
        "bucket": bucket_of(child.task.task_id, bucket_count),
        "parent_id": child.parent_id,
        "task_id": child.task.task_id,
        "mode": corrupted.mode,
        "taxonomy": corrupted.taxonomy,
        "strategy": corrupted.strategy.value,
        "seq": corrupted.seq,
        "step": corrupted.step,
        "detail": msgspec.json.encode(corrupted.detail).decode(),
        "is_injection_successful": None,
        "builder": BUILDER,
    }
