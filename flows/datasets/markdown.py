"""Pieces of Markdown: tables, and strings of its YAML header."""

import msgspec
import polars as pl


def table(rows: pl.DataFrame) -> list[str]:
    """Draw a Markdown table."""
    head = [f"| {' | '.join(rows.columns)} |", f"|{'---|' * rows.width}"]
    return head + [f"| {' | '.join(map(_cell, row))} |" for row in rows.iter_rows()]


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")


def quoted(text: str) -> str:
    """Spell a YAML string; JSON's are a subset of them."""
    return msgspec.json.encode(text).decode()
