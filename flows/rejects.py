"""What was refused, for people: grouped with what to do about it, or one by one with the start of their bytes."""

import codecs
from collections.abc import Collection

import polars as pl
import pyarrow as pa

from schemas.errors import UnknownNameError
from schemas.reasons import SUGGESTIONS, RejectReason
from warehouse import Answers, Warehouse

EXCERPT_BYTES = 160
LIST_FIELD = "'(data|rows|results|records|items|samples|examples|rollouts|trajectories)'"
"""A field, as details quote it, under which whole files often hold their rollouts."""


def grouped_rejects(house: Answers) -> pa.Table:
    """Group the refusals that stand by reason and format, most first, each with an example and a suggestion."""
    rows = house.sql(
        """
        SELECT reason, coalesce(format, 'unknown') AS format, count(*) AS count,
            min(source_uri || ' ' || locator) AS example, min(nullif(regexp_extract(detail, $list_field, 1), '')) AS field
        FROM standing_rejects GROUP BY reason, coalesce(format, 'unknown') ORDER BY count DESC, reason, format
        """,
        {"list_field": LIST_FIELD},
    ).to_arrow()
    suggestions = [_suggestion(row["reason"], row["field"]) for row in rows.to_pylist()]
    return rows.drop_columns(["field"]).append_column("suggestion", pa.array(suggestions, pa.string()))


def listed_rejects(house: Warehouse, *, reason: str | None, limit: int | None) -> pa.Table:
    """List the refusals that stand, in the order of files and places.

    Args:
        house: the warehouse.
        reason: only these; all when null.
        limit: at most so many; all when null.

    Raises:
        UnknownNameError: no such reason.
    """
    if reason is not None and reason not in set(RejectReason):
        raise UnknownNameError.from_name("reason", reason, [known.value for known in RejectReason])
    rows = house.sql(
        """
        SELECT reason, source_uri, locator, detail, record_id FROM standing_rejects
        WHERE $reason IS NULL OR reason = $reason
        ORDER BY source_uri, record_index LIMIT $limit
        """,
        {"reason": reason, "limit": limit},
    ).to_arrow()
    record_ids: list[str] = pl.Series(rows["record_id"]).to_list()
    starts = _starts(house, record_ids)
    excerpts = [printable(starts.get(record_id, b"")) for record_id in record_ids]
    return rows.append_column("excerpt", pa.array(excerpts, pa.string()))


def _suggestion(reason: str, field: str | None) -> str:
    """Say what to do about a group, one of whose records holds `field`, the name of many lists; null if none does."""
    advice = SUGGESTIONS[RejectReason(reason)]
    if reason != RejectReason.UNKNOWN_FORMAT or field is None:
        return advice
    return f"{advice} If the rollouts are a list under `{field}`: `jq -c '.{field}[]' FILE > rollouts.jsonl`."


def printable(start: bytes) -> str:
    r"""Show the start of a record as text: what a terminal would obey is spelled out, what is no text is replaced.

    Examples:
        >>> print(printable("né 🙂\n\x1b[2J".encode() + b"\xff"))
        né 🙂\n\x1b[2J�
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(start)  # cut characters are left out
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def _starts(house: Warehouse, record_ids: Collection[str]) -> dict[str, bytes]:
    """Give the first bytes of the records that lie in the table; too large ones and unread files have none there."""
    rows = house.store.scan("records", columns=["record_id", "raw"]).filter(
        pl.col("record_id").is_in(list(record_ids)) & pl.col("raw").is_not_null()
    )
    found = rows.select("record_id", pl.col("raw").bin.head(EXCERPT_BYTES)).collect()
    return dict(found.iter_rows())
