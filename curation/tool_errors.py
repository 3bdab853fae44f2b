"""Whether the text of a tool result reports a failure, and of which kind: pure text rules.

The published rule (Signals, arXiv 2604.00356, Execution.failure) takes any result that holds a phrase of a family for a
failure. On real logs that counts ordinary records that mention a timeout, so here a result must *begin* with an error
marker, or carry a structured error field or exit code; phrases only name the kind. `anywhere=True` adds the published
rule.
"""

import polars as pl

from curation.lexicons import END_MARKERS, JSON_BLANKS, JSON_MARKERS, KINDS, OTHER_ERROR, START_MARKERS

KIND_CHARS = 2000
"""How much of a failure's text is read for its kind; the rest is traceback or echo."""

_OPENING = rf"(?i)^[\s\[<*#(]*(?:{'|'.join(START_MARKERS)})"
_CLOSING = rf"(?i)(?:{'|'.join(END_MARKERS)})\s*$"
_HAS_JSON_FIELD = rf"\"(?:{'|'.join(path.removeprefix('$.') for path in JSON_MARKERS)})\"\s*:"


def error_kinds(results: pl.Series, *, anywhere: bool = False) -> pl.Series:
    """Name the failure that each result text reports; null when it reports none, or when there is no text.

    Args:
        results: texts of tool results.
        anywhere: also take a phrase of a family anywhere in the text for a failure, as published.

    Examples:
        >>> results = pl.Series(["Error: user not found", '{"note": "user not found"}', "429 Too Many Requests"])
        >>> error_kinds(results).to_list()
        ['bad_query', None, 'rate_limit']
    """
    texts = pl.DataFrame({"text": results.drop_nulls().unique()}, schema={"text": pl.String})
    judged = texts.with_columns(is_marked=reports_failure(pl.col("text")))
    suspects = judged if anywhere else judged.filter("is_marked")
    start = pl.col("text").str.slice(0, KIND_CHARS)
    kinds = suspects.with_columns(
        kind=pl.when("is_marked").then(_kind(start).fill_null(OTHER_ERROR)).otherwise(_kind(pl.col("text")))
    )
    return results.replace_strict(kinds["text"], kinds["kind"], default=None, return_dtype=pl.String)


def reports_failure(text: pl.Expr) -> pl.Expr:
    """Tell whether a result begins with an error marker, ends with a failed exit code, or has an error field."""
    is_object = text.str.contains(r"^\s*\{") & text.str.contains(_HAS_JSON_FIELD)
    fields = pl.when(is_object).then(text)
    return (
        text.str.contains(_OPENING)
        | text.str.contains(_CLOSING)
        | pl.any_horizontal([_field_fails(fields, path) for path in JSON_MARKERS]).fill_null(value=False)
    )


def _field_fails(text: pl.Expr, path: str) -> pl.Expr:
    value = text.str.json_path_match(path)
    values = JSON_MARKERS[path]
    return value.is_in(values) if values else value.is_in(JSON_BLANKS).not_()


def _kind(text: pl.Expr) -> pl.Expr:
    """Name the first family with a phrase in the text; null when there is none."""
    return pl.coalesce(
        pl.when(text.str.contains(f"(?is){pattern}")).then(pl.lit(kind)) for kind, pattern in KINDS.items()
    )
