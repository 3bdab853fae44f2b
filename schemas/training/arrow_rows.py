"""Rows as an Arrow table, where columns may hold JSON text as such."""

from collections.abc import Sequence

import pyarrow as pa

from schemas.training.format import Row


def arrow_rows(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Build a table under a schema; a JSON column takes strings, which Arrow builds no extension array from by itself.

    Examples:
        >>> arrow_rows([{"calls": ['{"a": 1.50}']}], pa.schema({"calls": pa.list_(pa.json_())}))["calls"].to_pylist()
        [['{"a": 1.50}']]
    """
    stored = pa.schema([pa.field(field.name, _stored(field.type)) for field in schema])
    table = pa.Table.from_pylist(list(rows), schema=stored)
    return table if stored.types == schema.types else table.cast(schema)


def _stored(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.ListType):
        return pa.list_(_stored(kind.value_type))
    storage: pa.DataType = getattr(kind, "storage_type", kind)
    return storage
