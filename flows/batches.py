"""Gathering work into batches of bounded size: the unit of a Prefect task, of memory and of retry."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def gather(items: Iterable[Item], size: Callable[[Item], int], *, limit: int) -> Iterator[list[Item]]:
    """Gather items, in order, while a batch stays within `limit`; a larger item is a batch of its own.

    Examples:
        >>> list(gather(["a", "bb", "cccccc", "d"], len, limit=3))
        [['a', 'bb'], ['cccccc'], ['d']]
    """
    batch: list[Item] = []
    held = 0
    for item in items:
        if batch and held + size(item) > limit:
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += size(item)
    if batch:
        yield batch
