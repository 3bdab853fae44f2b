"""Formats by name, and tables for people of what this installation can read, write and answer."""

from pathlib import Path

import pyarrow as pa

from schemas.errors import UnknownNameError, WinnowError
from schemas.rollouts import ROLLOUT_FORMATS, RolloutFormat
from schemas.training import TRAINING_FORMATS
from warehouse.queries import query_names, question

AUTO = "auto"


def rollout_format(name: str) -> RolloutFormat | None:
    """Find a rollout format; null for `auto`, which is told from each record's content.

    Raises:
        UnknownNameError: no such format.
    """
    if name == AUTO:
        return None
    if name not in ROLLOUT_FORMATS:
        raise UnknownNameError.from_name("rollout format", name, (AUTO, *ROLLOUT_FORMATS))
    return ROLLOUT_FORMATS[name]


def chosen_format(name: str, mapping: Path | None) -> RolloutFormat | None:
    """Find the format that a mapping file or a name chooses; null for `auto`.

    Raises:
        UnknownNameError: no such format.
        WinnowError: both are given, or the mapping cannot be read.
    """
    if mapping is None:
        return rollout_format(name)
    if name != AUTO:
        raise WinnowError(
            f"Both --format {name} and --mapping {mapping} are given.\n\nHint: a mapping is the format"
        )
    from schemas.rollouts.mapping.mapped import load_mapping

    try:
        return load_mapping(mapping.read_text(), where=str(mapping))
    except (OSError, UnicodeDecodeError) as exc:
        raise WinnowError(f"The mapping {str(mapping)!r} cannot be read: {exc}") from exc


def formats_table() -> pa.Table:
    """List the rollout formats that come in and the training formats that go out."""
    rows = [
        {
            "direction": "in",
            "format": name,
            "version": member.version,
            "one record": member.reads,
            "cannot tell": member.lacks,
        }
        for name, member in ROLLOUT_FORMATS.items()
    ]
    rows += [
        {
            "direction": "out",
            "format": name,
            "version": member.version,
            "one record": f"one row per {member.unit}",
            "cannot tell": "",
        }
        for name, member in TRAINING_FORMATS.items()
    ]
    return pa.Table.from_pylist(rows)


def questions_table() -> pa.Table:
    """List the named queries of `winnow sql --ask`, with the question that each answers."""
    return pa.Table.from_pylist([{"name": name, "question": question(name)} for name in query_names()])
