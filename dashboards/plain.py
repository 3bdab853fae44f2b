"""Words that we did not write, on the screen as they are: no Markdown, no HTML, no long walls of text.

A rollout may hold anything, an attack on its reader included. `st.text`, `st.code` and the cells of tables show
characters; everything else of Streamlit reads Markdown, and Plotly's labels read some HTML.
"""

import html
import json
import re
from collections.abc import Callable

import streamlit as st

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
INDENT = "  "
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
    lines, depth, previous = [""], 0, ""
    for token in TOKENS.findall(text):
        is_closing = token in "}]"
        depth -= is_closing
        if (is_closing and previous not in "{[") or (previous and previous in "{[," and not is_closing):
            lines.append(INDENT * depth)
        lines[-1] += f" {token}" if previous == ":" else token
        depth += token in "{["
        previous = token
    return "\n".join(lines)


def show_words(excerpt: str, *, char_count: int, load: Callable[[], str], key: str, as_code: bool = False) -> None:
    """Show words as plain text, folded when the excerpt is not all of them.

    Args:
        excerpt: their beginning.
        char_count: how many characters there are in all.
        load: reads all of them; called when a person asks for it.
        key: names the fold on its page.
        as_code: in fixed width, as for what programs wrote.
    """
    is_cut = char_count > len(excerpt)
    is_whole = is_cut and st.toggle(f"Show all {char_count:,} characters", key=key)
    words = load() if is_whole else f"{excerpt} …" if is_cut else excerpt
    if as_code:
        st.code(words, language=None, wrap_lines=True)
    else:
        st.text(words)


def show_fact(label: str, value: object) -> None:
    """Show one fact under its name; null shows as a dash."""
    st.caption(label)
    st.text("—" if value is None else str(value))
