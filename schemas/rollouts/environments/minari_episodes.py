"""Episodes as Minari stores them: a folder of Arrow or Parquet parts each, or all of them in one HDF5 file.

Minari writes T actions and T + 1 observations; in the Arrow layout everything else is padded to T + 1 rows. Vectors and
matrices are read flat, as they are stored: their shape is in the data set's spaces.
"""

import io
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.raw.strict_json import parse_json

FACTS_FILE = "metadata.json"
COLUMNS = ("observations", "actions", "rewards", "terminations", "truncations")
INSTALL_H5PY = "pip install 'h5py>=3.16'"
JPEG_START = b"\xff\xd8\xff"


class Episode(NamedTuple):
    """One episode as plain Python values: observations and infos have one element more than the rest."""

    observations: list[Any]
    actions: list[Any]
    rewards: list[float]
    terminations: list[bool]
    truncations: list[bool]
    infos: list[Any] | None
    facts: dict[str, Any]
    """The episode's own metadata: `id`, `total_steps`, `seed`, `options`."""


def read_parts(members: Mapping[str, bytes]) -> Episode:
    """Read the files of one episode's folder.

    Raises:
        RecordFault: a part is broken, or a column is missing.
    """
    facts = parse_json(members.get(FACTS_FILE, b"{}"))
    parts = [_read_part(name, content) for name, content in members.items() if name != FACTS_FILE]
    if not parts:
        raise RecordFault(RejectReason.MISSING_FIELD, f"No part of the episode among {', '.join(members)}.")
    table = pa.concat_tables(parts)
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise RecordFault(RejectReason.MISSING_FIELD, f"The episode has no {', '.join(missing)}.")
    columns: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in table.column_names}
    return Episode(
        observations=columns["observations"],
        actions=columns["actions"][:-1],
        rewards=columns["rewards"][:-1],
        terminations=columns["terminations"][:-1],
        truncations=columns["truncations"][:-1],
        infos=columns.get("infos"),
        facts=facts if isinstance(facts, dict) else {},
    )


def _read_part(name: str, content: bytes) -> pa.Table:
    try:
        if name.endswith(".parquet"):
            return pq.read_table(io.BytesIO(content))
        return pa.ipc.open_file(io.BytesIO(content)).read_all()
    except (pa.ArrowException, OSError) as exc:
        raise RecordFault(RejectReason.UNREADABLE_CONTAINER, f"{name}: {exc}.") from exc


def read_hdf5(raw: bytes) -> Iterator[Episode]:
    """Read all episodes of a `main_data.hdf5`, in their order.

    Raises:
        RecordFault: h5py is not installed, or the file is not Minari's.
    """
    try:
        h5py = import_module("h5py")
    except ImportError as exc:
        raise RecordFault(
            RejectReason.MISSING_DEPENDENCY,
            f"HDF5 is read with h5py, which is not installed.\n\nHint: {INSTALL_H5PY}, or store as Arrow or Parquet.",
        ) from exc
    try:
        with h5py.File(io.BytesIO(raw), "r") as file:
            names = sorted(file, key=lambda name: int(name.removeprefix("episode_")))
            for name in names:
                yield _hdf5_episode(_plain(file[name]), dict(file[name].attrs.items()))
    except (OSError, ValueError, KeyError) as exc:
        raise RecordFault(RejectReason.UNREADABLE_CONTAINER, f"Not Minari's HDF5: {exc}.") from exc


def _hdf5_episode(groups: dict[str, Any], facts: dict[str, Any]) -> Episode:
    observations, actions = _steps(groups["observations"]), _steps(groups["actions"])
    infos = _steps(groups["infos"]) if groups.get("infos") else None
    rewards, terminations, truncations = (groups[name] for name in COLUMNS[2:])
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in facts.items()}
    return Episode(observations, actions, rewards, terminations, truncations, infos, plain)


def _plain(node: Any) -> Any:
    """Turn groups into objects and data sets into lists."""
    if hasattr(node, "items"):
        return {name: _plain(inner) for name, inner in node.items()}
    return [_value(row) for row in node[()]]


def _value(row: Any) -> Any:
    if isinstance(row, bytes):
        return row.decode()
    if getattr(row, "ndim", 0) == 1 and row.dtype == "uint8" and bytes(row[:3]) == JPEG_START:
        return bytes(row)
    return row.tolist()


def _steps(columns: Any) -> list[Any]:
    """Turn an object of columns into a list of objects."""
    if not isinstance(columns, dict):
        return list(columns)
    rows = {name: _steps(inner) for name, inner in columns.items()}
    return [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]


def json_value(value: object) -> str:
    """Write a value as JSON; bytes are pictures, which Minari stores as JPEG.

    Raises:
        RecordFault: a number is not finite.
    """
    try:
        return json.dumps(
            value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=picture_uri
        )
    except ValueError as exc:
        raise RecordFault(RejectReason.NOT_FINITE_NUMBER, f"{exc}: no message can hold it.") from exc


def picture_uri(value: object) -> str:
    """Give a picture as a data URI; any other value that JSON does not know as its text."""
    if isinstance(value, bytes):
        return f"data:image/jpeg;base64,{b64encode(value).decode()}"
    return str(value)
