"""How long the rows of a token export are, what a maximum length would cut off, and how well they pack: before a GPU is paid for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from flows.datasets.manifest import read_manifest
from schemas.errors import WinnowError
from schemas.training.tokens import IGNORED, pack_lengths

QUANTILES = (0.5, 0.9, 0.99, 1.0)


def read_lengths(folder: Path) -> pl.DataFrame:
    """Read the rows of an export in the format `tokens`, or of any other that writes `input_ids` and `labels`.

    Returns:
        Per row `token_count`, `trained_count` and `labels`.

    Raises:
        WinnowError: it is no export, or one without tokens.
    """
    files = [file["name"] for file in read_manifest(folder)["files"] if file["name"].endswith(".parquet")]
    scans = [pl.scan_parquet(folder / name) for name in files]
    if not scans or not {"input_ids", "labels"} <= set(scans[0].collect_schema().names()):
        raise WinnowError(
            f"The export {str(folder)!r} holds no tokens.\n\n"
            "Hint: winnow export DATASET --to tokens --set tokenizer=FOLDER --out OUT"
        )
    labels = pl.col("labels")
    return pl.concat(
        scan.select(
            "labels",
            token_count=pl.col("input_ids").list.len().cast(pl.Int64),
            trained_count=labels.list.eval(pl.element() != IGNORED).list.sum().cast(pl.Int64),
        )
        for scan in scans
    ).collect()


def lengths_table(folder: Path, limits: Sequence[int]) -> pa.Table:
    """Describe an export: one row for all of it, and one per maximum length that is thought of.

    Args:
        folder: the export.
        limits: maximum lengths, in tokens.

    Returns:
        `max_tokens` (null: no limit), `rows`, `tokens`, `trained_tokens`, the median, 90 %, 99 % and longest row; what
        lies behind the limit as shares of rows, tokens and trained tokens; bins of that length that the rows which fit
        pack into, and the share of these that is filled (null without a limit).

    Raises:
        WinnowError: it is no export, or one without tokens.
    """
    rows = read_lengths(folder)
    return pa.Table.from_pylist([_described(rows), *_limited(rows, limits)], schema=_SCHEMA)


_SHARES = ("rows_cut_frac", "tokens_cut_frac", "trained_cut_frac", "fill_frac")
_SCHEMA = pa.schema(
    [
        pa.field(name, pa.int64())
        for name in ("max_tokens", "rows", "tokens", "trained_tokens", "p50", "p90", "p99", "longest")
    ]
    + [pa.field(name, pa.float64()) for name in _SHARES]
    + [pa.field("bins", pa.int64())]
)


def _described(rows: pl.DataFrame) -> dict[str, object]:
    lengths = rows["token_count"]
    quantiles = [lengths.quantile(share, interpolation="nearest") for share in QUANTILES]
    return {
        "rows": rows.height,
        "tokens": lengths.sum(),
        "trained_tokens": rows["trained_count"].sum(),
        **{
            name: None if value is None else int(value)
            for name, value in zip(("p50", "p90", "p99", "longest"), quantiles, strict=True)
        },
    }


def _limited(rows: pl.DataFrame, limits: Sequence[int]) -> Iterator[dict[str, object]]:
    whole = _described(rows)
    for limit in limits:
        cut = rows.select(
            is_cut=pl.col("token_count") > limit,
            tokens=(pl.col("token_count") - limit).clip(lower_bound=0),
            trained=pl.col("labels").list.slice(limit).list.eval(pl.element() != IGNORED).list.sum(),
        )
        fitting = rows["token_count"].filter(rows["token_count"] <= limit)
        packing = pack_lengths(fitting.to_list(), max_tokens=limit)
        yield whole | {
            "max_tokens": limit,
            "rows_cut_frac": cut["is_cut"].mean(),
            "tokens_cut_frac": _share(cut["tokens"], rows["token_count"]),
            "trained_cut_frac": _share(cut["trained"], rows["trained_count"]),
            "bins": len(packing.bins),
            "fill_frac": packing.fill_frac,
        }


def _share(part: pl.Series, whole: pl.Series) -> float | None:
    total = whole.sum()
    return float(part.sum()) / float(total) if total else None
