"""Candidate answers in the agent's text: where each is, and what it says.

First Try Matters (arXiv 2510.08308) has a language model find them; the patterns here are ours. The value of a candidate
is what the group of its pattern holds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.errors import RecipeError

PATTERNS = (
    r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}",
    r"(?i:\b(?:final )?answer(?: is:?|:)) *\**([^\s.,;*](?:[^\n.;*]|\.(?=\d))*)",
    r"(?i:\b(?:finish|answer))\[([^\]\n]*)\]",
)
"""A LaTeX box, a plain statement, and the last action of ReAct."""

TRANSITIONS = ("confirmed_right", "confirmed_wrong", "corrected", "changed_wrong", "spoiled")
"""From one candidate to the next: T->T, F->F with the same value, F->T, F->F with another value, T->F."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One candidate answer."""

    end: int
    """Index in the text right behind the match."""
    value: str
    """In lower case, runs of white space made one."""


def find_candidates(text: str, pattern: "re.Pattern[str]") -> Iterator[Candidate]:
    r"""Find the candidates of a text in order; matches do not overlap.

    Examples:
        >>> [c.value for c in find_candidates(r"So \boxed{7}. Hmm. The answer is 8.", candidate_pattern(PATTERNS))]
        ['7', '8']
    """
    for match in pattern.finditer(text):
        value = next((group for group in match.groups() if group is not None), "")
        yield Candidate(end=match.end(), value=" ".join(value.split()).lower())


def candidate_pattern(patterns: Sequence[str]) -> "re.Pattern[str]":
    """Join patterns into one.

    Raises:
        RecipeError: there is none, or one is no regex with exactly one group.
    """
    try:
        groups = {pattern: re.compile(pattern).groups for pattern in patterns}
    except re.error as exc:
        raise RecipeError(f"`patterns` holds {exc.pattern!r}, which is no regex: {exc}.") from exc
    wrong = [pattern for pattern, count in groups.items() if count != 1]
    if wrong or not groups:
        raise RecipeError(
            f"`patterns` must be regexes with one group each, around the answer, got {wrong or list(patterns)!r}."
        )
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def transitions(values: Sequence[str], is_right: Sequence[bool]) -> list[str]:
    """Name what happens from each candidate to the next, see `TRANSITIONS`.

    Args:
        values: of the candidates, in order.
        is_right: whether each is the right answer.

    Examples:
        >>> transitions(["7", "7", "8", "9"], [False, False, True, False])
        ['confirmed_wrong', 'corrected', 'spoiled']
    """

    def named(index: int) -> str:
        match is_right[index - 1], is_right[index]:
            case True, True:
                return "confirmed_right"
            case False, True:
                return "corrected"
            case True, False:
                return "spoiled"
            case _:
                return "confirmed_wrong" if values[index - 1] == values[index] else "changed_wrong"

    return [named(index) for index in range(1, len(values))]


def fill_budget(token_counts: pl.Series, budget: int) -> pl.Series:
    """Choose samples, in their order, until together they have the tokens of a budget (*reconstruction*).

    Sets that are cut at different candidates train on equally many tokens when each is filled to the same budget: the
    least total of them, see `equal_budget`. The sample that reaches the budget is the last one that is taken.

    Args:
        token_counts: tokens of each sample, 0 or more.
        budget: tokens wanted.

    Returns:
        Per sample, whether it is taken.

    Raises:
        RecipeError: all samples together have too few tokens.

    Examples:
        >>> fill_budget(pl.Series([5, 5, 5]), 7).to_list()
        [True, True, False]
    """
    total = int(token_counts.sum() or 0)
    if total < budget:
        raise RecipeError(f"A budget of {budget} tokens cannot be filled: the samples have {total}.")
    return token_counts.cum_sum().shift(fill_value=0) < budget


def equal_budget(sets: Sequence[pl.Series]) -> int:
    """Give the largest budget that every set of samples can fill: the least total."""
    return min((int(counts.sum() or 0) for counts in sets), default=0)
