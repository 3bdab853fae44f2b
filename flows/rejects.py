"""What was refused, for people: grouped with what to do about it, or one by one with the start of their bytes."""

import pyarrow as pa

from schemas.errors import UnknownNameError
from schemas.reasons import SUGGESTIONS, RejectReason
from warehouse import Warehouse

EXCERPT_BYTES = 160


def grouped_rejects(house: Warehouse) -> pa.Table:
    """Group the refusals that stand by reason and format, most first, each with an example and a suggestion."""
    rows = house.sql(
        """
        SELECT reason, coalesce(format, 'unknown') AS format, count(*) AS count,
            any_value(source_uri || ' ' || locator) AS example
        FROM standing_rejects GROUP BY ALL ORDER BY count DESC, reason, format
        """
    ).to_arrow()
    return pa.Table.from_pylist(
        [row | {"suggestion": SUGGESTIONS[RejectReason(row["reason"])]} for row in rows.to_pylist()]
    )


def listed_rejects(house: Warehouse, *, reason: str | None, limit: int) -> pa.Table:
    """List the refusals that stand, in the order of files and places.

    Args:
        house: the warehouse.
        reason: only these; all when null.
        limit: at most so many.

    Raises:
        UnknownNameError: no such reason.
    """
    if reason is not None and reason not in set(RejectReason):
        raise UnknownNameError.from_name("reason", reason, RejectReason)
    rows = house.sql(
        """
        SELECT reason, source_uri, locator, detail, record_id FROM standing_rejects
        WHERE $reason IS NULL OR reason = $reason
        ORDER BY source_uri, record_index LIMIT $limit
        """,
        {"reason": reason, "limit": limit},
    ).to_arrow()
    return pa.Table.from_pylist(
        [row | {"excerpt": _excerpt(house, row["record_id"])} for row in rows.to_pylist()]
    )


def _excerpt(house: Warehouse, record_id: str) -> str:
    """Give the start of a record as text; what is no text shows as replacement signs."""
    start = house.raw_record(record_id)[:EXCERPT_BYTES]
    return start.decode("utf-8", "replace").encode("unicode_escape").decode("ascii")
