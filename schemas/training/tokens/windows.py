"""Cut long rows into windows: each trained token keeps its loss in exactly one of them.

A row is cut before or behind an assistant turn wherever the piece between two such borders fits; a longer piece is cut
between tokens, and counted. Each window begins with the row's prompt (system, tools, first user message) as context
without loss, and may repeat the end of what came before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from schemas.errors import RecipeError
from schemas.training.tokens.rows import TokenRow


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The windows of one row."""

    rows: tuple[TokenRow, ...]
    """In order; a window without a trained token is left out."""
    cut_count: int
    """How many pieces between two borders were longer than a window and cut between tokens."""
    left_out_count: int
    """Windows without a trained token."""


def cut_windows(row: TokenRow, *, max_tokens: int, overlap: int = 0, prompt_frac: float = 0.5) -> Windows:
    """Cut a row into windows of at most `max_tokens`.

    Args:
        row: the whole row; one that fits is given back as it is.
        max_tokens: longest window, at least 2.
        overlap: how many tokens before a window's own part are repeated as context, as far as they fit.
        prompt_frac: the prompt is repeated when it takes at most this part of a window.

    Raises:
        RecipeError: `max_tokens`, `overlap` or `prompt_frac` cannot mean anything.
    """
    _check(max_tokens, overlap, prompt_frac)
    if len(row) <= max_tokens:
        return Windows(rows=(row,), cut_count=0, left_out_count=0)
    prompt = row.prompt_count if row.prompt_count <= max_tokens * prompt_frac else 0
    # one token of context at least: a trained token that nothing precedes has no loss in a causal model
    room = max_tokens - max(prompt, 1)
    pieces, cut_count = _pieces(row, prompt, room)
    windows: list[TokenRow] = []
    left_out = 0
    for begin, end in _groups(pieces, room - min(overlap, room // 2), room):
        window = _window(row, prompt, begin, end, max_tokens=max_tokens, overlap=overlap)
        if window.trained_count:
            windows.append(window)
        else:
            left_out += 1
    return Windows(rows=tuple(windows), cut_count=cut_count, left_out_count=left_out)


def _check(max_tokens: int, overlap: int, prompt_frac: float) -> None:
    if max_tokens < 2 or not 0 <= overlap < max_tokens or not 0 <= prompt_frac < 1:  # noqa: PLR2004 - context, token
        raise RecipeError(
            f"Windows of `max_tokens` {max_tokens} with `overlap` {overlap} and `prompt_frac` {prompt_frac} cannot be "
            "cut. Allowed are max_tokens >= 2, 0 <= overlap < max_tokens, 0 <= prompt_frac < 1.\n\n"
            "Hint: take the model's context length for max_tokens and a tenth of it for overlap"
        )


def _pieces(row: TokenRow, prompt: int, room: int) -> tuple[list[tuple[int, int]], int]:
    """Divide what is behind the prompt at the borders, and what is too long anywhere."""
    inner = row.borders[(row.borders > prompt) & (row.borders < len(row))].tolist()
    borders = [prompt, *inner, len(row)]
    pieces: list[tuple[int, int]] = []
    cut_count = 0
    for begin, end in pairwise(borders):
        cut_count += end - begin > room
        pieces += [(at, min(at + room, end)) for at in range(begin, end, room)]
    return pieces, cut_count


def _groups(pieces: list[tuple[int, int]], aim: int, room: int) -> Iterator[tuple[int, int]]:
    """Join pieces to stretches of at most `aim` tokens; one piece alone may take all the `room`."""
    if not pieces:
        return
    begin, end = pieces[0]
    for low, high in pieces[1:]:
        if high - begin > (aim if begin else room):
            yield begin, end
            begin = low
        end = high
    yield begin, end


def _window(row: TokenRow, prompt: int, begin: int, end: int, *, max_tokens: int, overlap: int) -> TokenRow:
    spare = max_tokens - prompt - (end - begin)
    wanted = max(overlap, 0 if prompt else 1)
    first = max(prompt, begin - min(spare, wanted))
    at = np.concatenate((np.arange(prompt), np.arange(first, end)))
    is_own = (at >= begin) | ((at < prompt) & (begin == prompt))
    return row.take(at, context=~is_own)
