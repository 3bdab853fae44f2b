"""What a sample of records holds: which paths, with which values. Objects are looked into, lists are not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from schemas.rollouts.mapping.json_paths import child_path
from schemas.rollouts.mapping.words import plain

MAX_DEPTH = 6


@dataclass(kw_only=True)
class Found:
    """One path of the sample."""

    path: str
    names: tuple[str, ...]
    """The field's plain name, alone and joined to its holder's."""
    depth: int
    by_index: dict[int, object] = field(default_factory=dict)
    """Its values that are not null, by the index of the object that has it."""

    @property
    def values(self) -> list[object]:
        """Its values, in the order of the sample."""
        return list(self.by_index.values())

    @property
    def objects(self) -> list[dict[str, object]]:
        """The objects in its values, which are lists of objects or single ones; none when anything else is there."""
        items = [item for value in self.values for item in (value if isinstance(value, list) else [value])]
        objects = [item for item in items if isinstance(item, dict)]
        return objects if len(objects) == len(items) else []


Fits = Callable[[Found], bool]


@dataclass(kw_only=True)
class Survey:
    """All paths to fields of some objects."""

    object_count: int
    found: dict[str, Found] = field(default_factory=dict)

    def best(self, names: Sequence[str], fits: Fits, taken: Iterable[str] = ()) -> Found | None:
        """Give the path with the best name whose values fit; ties go to the shallower, then by spelling.

        Args:
            names: plain names, the best first.
            fits: what its values must be.
            taken: paths that are used: neither they, nor what they hold, nor what holds them.
        """
        ranked = sorted(
            (names.index(name), found.depth, found.path)
            for found in self.found.values()
            for name in found.names
            if name in names and not any(overlaps(found.path, other) for other in taken)
        )
        candidates = (self.found[path] for *_, path in ranked)
        return next((found for found in candidates if found.by_index and fits(found)), None)


def survey(objects: Sequence[object]) -> Survey:
    """Gather the fields of objects, and of objects in them; what is no object has none."""
    result = Survey(object_count=len(objects))
    for index, item in enumerate(objects):
        for path, names, depth, value in _fields(item, "$", "", 0):
            found = result.found.setdefault(path, Found(path=path, names=names, depth=depth))
            if value is not None:
                found.by_index[index] = value
    return result


def _fields(
    item: object, path: str, holder: str, depth: int
) -> Iterator[tuple[str, tuple[str, ...], int, object]]:
    if not isinstance(item, dict) or depth > MAX_DEPTH:
        return
    for name, value in item.items():
        inner = child_path(path, name)
        yield inner, (plain(name), plain(holder + name)), depth, value
        yield from _fields(value, inner, name, depth + 1)


def overlaps(one: str, other: str) -> bool:
    """Tell whether two paths are the same, or one leads into the other."""
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))
