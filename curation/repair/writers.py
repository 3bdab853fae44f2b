"""Who writes a text that a repair needs and that nobody sampled; what is written has the origin `synthetic`.

Add a writer of ours: a class here, and a line in `WRITERS`. An endpoint's writer is bound to a repair from outside, under
a name of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from schemas.identity import digest


class Kind(StrEnum):
    """What is to be written."""

    REVISION = "revision"
    """The agent sees that its last step was wrong, and goes back to where it was right."""
    OBJECTION = "objection"
    """The user says that what the agent said last does not settle the request."""
    GO_ON = "go_on"
    """The user lets the agent go on."""


class Writer(Protocol):
    """Writes one text; equal questions get equal texts."""

    def write(self, kind: str, facts: Mapping[str, str]) -> str:
        """Write a text.

        Args:
            kind: what is to be written, of `Kind`.
            facts: what it may be about, none of them from a task's secrets. A revision has `step` (what the agent
                did: its calls, or `respond`) and `observation` (what came back, cut to a line; "" for nothing).
        """


TEMPLATES: dict[str, tuple[str, ...]] = {
    Kind.REVISION: (
        "That last step was a mistake. I will go back and do it differently.",
        "This is not getting me closer to what was asked. Let me take another way from where it still went well.",
        "I should not have done that. I return to the point before it and choose another step.",
        "Looking at it again, my last step was wrong. I will correct my course now.",
        "My last step leads nowhere. I drop it and continue with a better one.",
    ),
    Kind.OBJECTION: ("That does not settle it yet.",),
    Kind.GO_ON: ("Go on.",),
}
"""Our own texts, with nothing to fill in: they are true of any wrong step."""


@dataclass(frozen=True, kw_only=True)
class TemplateWriter:
    """Writes one of our texts, chosen by the facts."""

    def write(self, kind: str, facts: Mapping[str, str]) -> str:
        """Choose a text."""
        texts = TEMPLATES[kind]
        key = digest("written", kind, *(part for name in sorted(facts) for part in (name, facts[name])))
        return texts[int(key, 16) % len(texts)]


WRITERS: dict[str, Writer] = {"template": TemplateWriter()}
"""Writers that need nothing from outside, by name."""
