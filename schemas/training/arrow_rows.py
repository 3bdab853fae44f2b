"""Rows as an Arrow table, where columns may hold JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from schemas.training.format import Row


def arrow_rows(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Build a table under a schema; a JSON column takes any value, and JSON text as `msgspec.Raw`.

    Values are written as JSON here and not by the formats, so that what comes between can still find their strings.

    Examples:
        >>> calls = pa.schema({"calls": pa.list_(pa.json_())})
        >>> arrow_rows([{"calls": [{"a": msgspec.Raw(b"1.50")}]}], calls)["calls"].to_pylist()
        [['{"a":1.50}']]
    """
    kinds = {field.name: field.type for field in schema if _stored(field.type) != field.type}
    written = [row | {name: _as_text(row[name], kind) for name, kind in kinds.items()} for row in rows]
    stored = pa.schema([pa.field(field.name, _stored(field.type)) for field in schema])
    table = pa.Table.from_pylist(written, schema=stored)
    return table.cast(schema) if kinds else table


def _as_text(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if isinstance(kind, pa.ListType):
        return [_as_text(inner, kind.value_type) for inner in value]
    return msgspec.json.encode(value).decode()


def _stored(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.ListType):
        return pa.list_(_stored(kind.value_type))
    storage: pa.DataType = getattr(kind, "storage_type", kind)
    return storage
