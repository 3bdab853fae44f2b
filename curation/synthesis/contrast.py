"""Contrastive sets: one trajectory with the corrupted ones that were made of it, as AEGIS (arXiv 2509.14295) keys them."""

import polars as pl


def contrastive_sets(labels: pl.DataFrame) -> pl.DataFrame:
    """Gather labels by parent.

    Args:
        labels: rows of the table `corruptions`, in any order.

    Returns:
        By task and parent: `task_id`, `positive_id` (the parent), `negative_ids` and, in their order, `modes`.
    """
    ordered = labels.sort("task_id", "parent_id", "mode", "child_id")
    gathered = ordered.group_by("task_id", "parent_id", maintain_order=True).agg("child_id", "mode")
    return gathered.rename({"parent_id": "positive_id", "child_id": "negative_ids", "mode": "modes"})
