"""Choices that depend on names alone: no random source, no order of rows, and little change when the stock grows."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from schemas.identity import digest

Item = TypeVar("Item")


class Ring(Generic[Item]):
    """A stock of distinct items on a circle of hashes; a key enters at its own hash and walks on from there.

    An item that is added later changes the first choice of those keys only that lie right before it.

    Examples:
        >>> ring = Ring(["ATL", "BOS", "DEN"], name=str)
        >>> sorted(ring.walk("key")), len(list(Ring([], name=str).walk("key")))
        (['ATL', 'BOS', 'DEN'], 0)
    """

    def __init__(self, items: Iterable[Item], *, name: Callable[[Item], str]) -> None:
        """Place each item at the hash of its name; of items with one name the last one stays."""
        placed = {digest("item", name(item)): item for item in items}
        self._points = sorted(placed)
        self._items = [placed[point] for point in self._points]

    def walk(self, key: str) -> Iterator[Item]:
        """Give every item once, from the key's place on."""
        start = bisect_left(self._points, digest("item", key))
        yield from self._items[start:]
        yield from self._items[:start]

    def first(self, count: int) -> list[Item]:
        """Give the items of the smallest hashes."""
        return self._items[:count]


def ordered_by_hash(places: Sequence[Item], key: str, *, name: Callable[[Item], str | int]) -> list[Item]:
    """Bring the places of one trajectory into an order that is the key's own."""
    return sorted(places, key=lambda place: digest("place", key, name(place)))
