"""Texts of benchmark tasks, changed as they come back in training sets: copied, embedded, edited, with other numbers.

What is drawn is drawn from a seeded source. A change keeps the task the same to a reader.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
EMBEDDING_WORDS = 150
"""Words of other text on each side of an embedded task."""
KEPT_FRAC = 0.7
"""Share of a task that is left when its end is cut off."""

Change = Callable[[str, Random, Sequence[str]], str]
"""Makes a training text of a task's text, with a random source and other people's texts at hand."""


def copied(text: str, random: Random, others: Sequence[str]) -> str:  # noqa: ARG001  # every change has one shape
    """Leave it as it is."""
    return text


def reformatted(text: str, random: Random, others: Sequence[str]) -> str:  # noqa: ARG001
    """Change case, punctuation and line breaks."""
    plain = re.sub(r"[.,;:!?'\"()]", " ", text)
    spelled = plain.upper() if random.random() < 1 / 2 else plain.lower()
    return re.sub(r"(\S+\s+\S+\s+\S+\s+\S+)\s+", r"\1\n", spelled)


def embedded(text: str, random: Random, others: Sequence[str]) -> str:
    """Put it in the middle of a longer text."""
    before, after = (_passage(random.choice(others), random) for _ in range(2))
    return f"{before}\n\n{text}\n\n{after}"


def renumbered(text: str, random: Random, others: Sequence[str]) -> str:  # noqa: ARG001
    """Write small numbers as words, and other digits in place of all larger ones."""

    def other(match: re.Match[str]) -> str:
        digits = match[0]
        return (
            NUMBERS[int(digits)] if len(digits) == 1 else "".join(random.choices("123456789", k=len(digits)))
        )

    return re.sub(r"\d+", other, text)


def cut_off(text: str, random: Random, others: Sequence[str]) -> str:  # noqa: ARG001
    """Lose the end."""
    words = text.split(" ")
    return " ".join(words[: max(1, round(KEPT_FRAC * len(words)))])


def edited(frac: float) -> Change:
    """Drop, replace, double or swap a share of the words."""

    def edit(text: str, random: Random, others: Sequence[str]) -> str:
        stock = random.choice(others).split()
        words = text.split()
        for place in random.sample(range(len(words)), round(frac * len(words))):
            match random.randrange(4):
                case 0:
                    words[place] = ""
                case 1:
                    words[place] = random.choice(stock)
                case 2:
                    words[place] += f" {random.choice(stock)}"
                case _:
                    last = min(place + 1, len(words) - 1)
                    words[place], words[last] = words[last], words[place]
        return " ".join(word for word in words if word)

    return edit


def both(first: Change, second: Change) -> Change:
    """Apply one change after another."""

    def change(text: str, random: Random, others: Sequence[str]) -> str:
        return second(first(text, random, others), random, others)

    return change


CHANGES: Mapping[str, Change] = {
    "verbatim": copied,
    "reformatted": reformatted,
    "embedded": embedded,
    "other numbers": renumbered,
    "end cut off": cut_off,
    "5 % of words edited": edited(0.05),
    "10 % of words edited": edited(0.1),
    "20 % of words edited": edited(0.2),
    "10 % edited, embedded": both(edited(0.1), embedded),
}
"""What is planted, by name."""


def _passage(text: str, random: Random) -> str:
    words = text.split(" ")
    start = random.randrange(max(1, len(words) - EMBEDDING_WORDS))
    return " ".join(words[start : start + EMBEDDING_WORDS])
