"""Attributes whose names spell out a structure (`llm.input_messages.0.message.role`), put together again."""

import msgspec

from schemas.rollouts.parts.fields import Fields, json_text
from schemas.rollouts.traces.otlp import Attributes

Tree = dict[str, "Tree | msgspec.Raw"]


def take_elements(attributes: Attributes, prefix: str) -> list[Fields]:
    """Take a flattened list of objects (`PREFIX.0.name`), in the order of its numbers.

    A name that has both a value and names beneath it keeps its value where it was.
    """
    tree: Tree = {}
    for key in sorted(attributes):
        path = key.removeprefix(f"{prefix}.").split(".")
        if key.startswith(f"{prefix}.") and len(path) > 1 and path[0].isdigit():
            holder = _holder(tree, path[:-1])
            if holder is not None and path[-1] not in holder:
                holder[path[-1]] = msgspec.Raw(attributes.take_plain(key))
    elements = sorted(tree.items(), key=lambda entry: int(entry[0]))
    return [Fields(json_text(_listed(value)).encode(), f"{prefix}.{index}") for index, value in elements]


def _holder(tree: Tree, path: list[str]) -> Tree | None:
    """Go down to the object that holds a name, making what is missing."""
    for name in path:
        inner = tree.setdefault(name, {})
        if isinstance(inner, msgspec.Raw):
            return None
        tree = inner
    return tree


def _listed(value: "Tree | msgspec.Raw") -> object:
    """Make lists of objects whose names are numbers."""
    if isinstance(value, msgspec.Raw):
        return value
    if value and all(name.isdigit() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(inner) for name, inner in value.items()}
