"""The text logs of Reflexion's question answering: trials, sections, and the attempts in them.

Each attempt is the prompt as it stood at its end, without the examples, followed by `Correct answer: ...`. Headings stand
only between attempts, so a heading's words inside an observation are read as what they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from schemas.errors import RecordFault
from schemas.reasons import RejectReason

RULE = re.compile(r"#{20,}")
TRIAL = re.compile(r"BEGIN TRIAL (\d{1,9})")
SUMMARY = re.compile(r"Trial summary: (.+)")
SECTION = re.compile(r"-{5,} BEGIN (CORRECT|INCORRECT|HALTED) AGENTS -{5,}")
ANSWER = re.compile(r"Correct answer: ?(.*)")
QUESTION = re.compile(r"^Question: ?", re.MULTILINE)
PREVIOUS_TRIAL_END = "(END PREVIOUS TRIAL)"
LABEL = re.compile(r"^(Thought|Action|Observation)(?: (\d+))?: ?", re.MULTILINE)
MEMORY = re.compile(
    r"^You have attempted to answer (?:the )?following question before and failed", re.MULTILINE
)


class Piece(NamedTuple):
    """One labelled piece of an attempt."""

    label: str
    """`Thought`, `Action` or `Observation`."""
    number: str | None
    words: str


class Attempt(NamedTuple):
    """One attempt at one question."""

    trial: int | None
    summary: str | None
    """The trial's own count of its outcomes."""
    sections: tuple[str, ...]
    """Every section that lists it: an answer in the very last step is listed as `INCORRECT` and as `HALTED`."""
    instruction: str
    memory: str
    """Reflections on earlier trials, or the last trial itself; empty when nothing is carried over."""
    question: str
    """With its label."""
    pieces: tuple[Piece, ...]
    answer: str


class Log(NamedTuple):
    """A whole log."""

    attempts: list[Attempt]
    tail: str
    """What stands behind the last whole attempt: one that was being written; empty when there is none."""


@dataclass(frozen=True)
class _Heading:
    trial: int | None = None
    summary: str | None = None
    section: str | None = None

    def after(self, line: str) -> "_Heading | None":
        """Read one line of a heading; None for a line that belongs to an attempt."""
        if trial := TRIAL.fullmatch(line):
            return _Heading(trial=int(trial[1]))
        if summary := SUMMARY.fullmatch(line):
            return replace(self, summary=summary[1])
        if section := SECTION.fullmatch(line):
            return replace(self, section=section[1])
        return self if not line or RULE.fullmatch(line) else None


def read_log(text: str) -> Log:
    """Read a log; an attempt that several sections of its trial list is one attempt.

    Raises:
        RecordFault: an attempt asks no question.
    """
    found: dict[Attempt, list[str]] = {}
    heading, held = _Heading(), list[str]()
    for line in text.split("\n"):
        next_heading = None if held else heading.after(line)
        if next_heading is not None:
            heading = next_heading
            continue
        held.append(line)
        if answer := ANSWER.fullmatch(line):
            attempt = _attempt("\n".join(held[:-1]), answer[1], heading)
            sections = found.setdefault(attempt, [])
            if heading.section is not None:
                sections.append(heading.section)
            held = []
    attempts = [attempt._replace(sections=tuple(sections)) for attempt, sections in found.items()]
    return Log(attempts, "\n".join(held).strip("\n"))


def _attempt(text: str, answer: str, heading: _Heading) -> Attempt:
    question = QUESTION.search(text, max(0, text.find(PREVIOUS_TRIAL_END)))
    if question is None:
        raise RecordFault(
            RejectReason.UNEXPECTED_SHAPE,
            f"An attempt of trial {heading.trial} has no line that begins with 'Question: '.",
        )
    preamble = text[: question.start()]
    memory = MEMORY.search(preamble)
    split = len(preamble) if memory is None else memory.start()
    label = LABEL.search(text, question.start())
    end = len(text) if label is None else label.start()
    return Attempt(
        trial=heading.trial,
        summary=heading.summary,
        sections=(),
        instruction=preamble[:split].strip("\n"),
        memory=preamble[split:].strip("\n"),
        question=text[question.start() : end].rstrip("\n"),
        pieces=tuple(_pieces(text[end:])),
        answer=answer,
    )


def _pieces(text: str) -> Iterator[Piece]:
    labels = list(LABEL.finditer(text))
    ends = [*(label.start() for label in labels[1:]), len(text)][: len(labels)]
    for label, end in zip(labels, ends, strict=True):
        yield Piece(label[1], label[2], text[label.end() : end].removesuffix("\n"))
