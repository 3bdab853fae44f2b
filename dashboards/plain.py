"""Words that we did not write, on the screen as they are: no Markdown, no HTML, no long walls of text.

A rollout may hold anything, an attack on its reader included. `st.text`, `st.code` and the cells of tables show
characters; everything else of Streamlit reads Markdown, and Plotly's labels read some HTML.
"""

import html
import json
import re
from collections.abc import Callable, Mapping

import polars as pl
import streamlit as st

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
INDENT = "  "
OPENING, CLOSING = ("{", "["), ("}", "]")
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+')
"""The tokens of valid JSON: strings, punctuation, and numbers or words."""


def literal(text: str) -> str:
    r"""Escape what Markdown and Streamlit's directives would read, for labels that take no plain text.

    Examples:
        >>> literal("![x](http://y) :red[z]").startswith(r"\!\[x\]\(http\:\/\/y\)")
        True
    """
    return PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def hover(text: str) -> str:
    """Escape what Plotly would read as HTML, for labels within figures.

    Examples:
        >>> hover("<b>bold</b>")
        '&lt;b&gt;bold&lt;/b&gt;'
    """
    return html.escape(text, quote=False)


def indent_json(text: str) -> str:
    """Lay JSON out over lines without changing one token of it: spellings, doubled keys and order stay.

    What is not JSON comes back as it is.

    Examples:
        >>> print(indent_json('{"a":1.0,"a":[]}'))
        {
          "a": 1.0,
          "a": []
        }
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    lines, depth, before = [""], 0, ""
    for part in TOKENS.findall(text):
        is_closing = part in CLOSING
        depth -= is_closing
        if (before in OPENING and not is_closing) or before == "," or (is_closing and before not in OPENING):
            lines.append(INDENT * depth)
        lines[-1] += f" {part}" if before == ":" else part
        depth += part in OPENING
        before = part
    return "\n".join(lines)


def show_words(
    excerpt: str, *, char_count: int, load: Callable[[], str], key: str, as_code: bool = False
) -> None:
    """Show words as plain text, folded when the excerpt is not all of them.

    Args:
        excerpt: their beginning.
        char_count: how many characters there are in all.
        load: reads all of them; called when a person asks for it.
        key: names the fold on its page.
        as_code: in fixed width, as for what programs wrote.
    """
    place = st.container()
    is_cut = char_count > len(excerpt)
    is_whole = is_cut and st.toggle(f"Show all {char_count:,} characters", key=key)
    words = load() if is_whole else f"{excerpt} …" if is_cut else excerpt
    if as_code:
        place.code(words, language=None, wrap_lines=True)
    else:
        place.text(words)


def show_facts(facts: Mapping[str, object]) -> None:
    """Show facts under their names, one below the other; null shows as a dash."""
    for label, value in facts.items():
        with st.container(gap=None):
            st.caption(label)
            st.text("—" if value is None else str(value))


def show_figures(figures: Mapping[str, int | str | None]) -> None:
    """Show figures side by side under their names, each as wide as it needs; null shows as a dash."""
    with st.container(horizontal=True, gap="large"):
        for label, value in figures.items():
            st.metric(label, f"{value:,}" if isinstance(value, int) else value, width="content")


def show_values(row: pl.DataFrame) -> None:
    """Show the signals of one wide row by name; says so when there are none."""
    values = row.row(0, named=True) if row.height else {}
    if not values:
        st.text("No signals yet; `winnow score` computes them.")
        return
    spelled = [_spelled(value) for value in values.values()]
    st.dataframe(pl.DataFrame({"signal": list(values), "value": spelled}), hide_index=True)


def _spelled(value: object) -> str:
    if value is None:
        return "—"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
