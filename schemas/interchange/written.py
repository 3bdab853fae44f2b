"""What writing a rollout gives: one document of a rollout format, and what it could not carry.

The document is read by `decode_record` like any other. What its format has no field for lies under the key `winnow`
(`schemas.rollouts.parts.own_facts`), so that it comes back too. Gold answers and private instructions cannot leak from here:
no writer opens `Task.secrets`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.errors import WinnowError

LOSSES = {
    "task_secrets": "gold answers and private instructions of the task, which never leave quarantine",
    "lineage": "which trajectory it branches from, continues, serves or repairs: that one is not in the document",
    "extra_spacing": "line breaks and spaces between the tokens of an `extra`; its names and values are kept",
    "non_finite_number": "NaN and infinity, which JSON does not know; they read as unknown",
}
"""All that reading a written document may not give back; counted per trajectory, extra and number."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """One document."""

    raw: bytes
    """One line of JSON, without a line end."""
    losses: Mapping[str, int] = field(default_factory=dict)
    """How often each of `LOSSES` happened; a kind without a case is left out."""


class UnwritableError(WinnowError, ValueError):
    """A trajectory that no document of a format reads as."""
