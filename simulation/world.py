"""The world: records, the tools that read and change them, and what each tool refuses.

Everything here is abstract: a record is named by its position and a tool by one word. How that
looks to a reader (real order numbers, JSON results) belongs to the renderings, and what an agent
does with it to `agents`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

READS: Final = ("find", "list", "look")
"""Tools that change nothing: identify the user, list records, look at one record."""

WRITES: Final = ("cancel", "refund", "move", "pass", "undo")
"""Tools that change a record; `pass` hands it to a human, `undo` takes the last change back."""

TOOLS: Final = READS + WRITES
TARGETED: Final = frozenset(("look", *WRITES))
"""Tools that name a record."""

MALFORMED: Final = 0
"""The target that no record can have: renderings write it as an ill-formed id."""

UNKNOWN: Final = 9
"""A target that no record has, in form a good one."""

RESULT_OF: Final = {"cancel": "cancelled", "refund": "refunded", "move": "moved", "pass": "passed"}
"""The status that a successful write leaves."""

ALLOWED_FROM: Final = {
    "cancel": ("open",),
    "refund": ("sent",),
    "move": ("open",),
    "pass": ("open", "sent"),
    "undo": tuple(RESULT_OF.values()),
}
"""The statuses from which the system accepts a write; that a record is final it does not check."""

BUSY: Final = "busy"
ERRORS: Final = (BUSY, "missing", "bad", "denied")
"""Families of tool errors: temporary, no such record, invalid argument, not in this state."""

FAULT_RATE: Final = 0.06
"""Chance that a call meets a temporary error, in [0, 1]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One order or booking, as the database holds it at the start."""

    position: int
    """1-based place in the user's list; the record's name in the terse rendering."""
    item: str
    variant: str
    """What tells look-alikes apart; only a look shows it."""
    status: str
    """`open` or `sent`."""
    final: bool
    """True when the house rules forbid every change but handing it to a human."""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; two calls are identical exactly when they compare equal."""

    tool: str
    target: int = MALFORMED
    """Position of the record; positions that no record has are wrong guesses at an id."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one observation tells of one record."""

    position: int
    item: str
    status: str
    variant: str | None = None
    """None in a list: only a look shows it."""
    final: bool | None = None
    """None in a list: only a look shows it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one call returned."""

    call: Call
    error: str | None = None
    """One of `ERRORS`; None when the call succeeded."""
    rows: tuple[Row, ...] = ()


class World:
    """One mutable copy of the database, for one rollout.

    Args:
        records: the rows at the start, by position from 1 without a gap
        faults: source of temporary errors; None for a world without them
        introduced: whether the user has already said who they are
    """

    def __init__(self, records: tuple[Record, ...], faults: Random | None, *, introduced: bool) -> None:
        self._records = records
        self._faults = faults
        self._introduced = introduced
        self._found = False
        self._last_busy: Call | None = None
        self.statuses = [record.status for record in records]

    def introduce(self) -> None:
        """Note that the user has said who they are, so that `find` can succeed."""
        self._introduced = True

    def call(self, call: Call) -> Result:
        """Run one call; errors are results, never exceptions."""
        if self._is_busy(call):
            return Result(call, BUSY)
        error = self._refusal(call)
        if error is not None:
            return Result(call, error)
        if call.tool == "find":
            self._found = True
            return Result(call)
        if call.tool == "list":
            rows = zip(self._records, self.statuses, strict=True)
            return Result(call, None, tuple(Row(r.position, r.item, status) for r, status in rows))
        return self._touch(call)

    def _is_busy(self, call: Call) -> bool:
        # A fault never hits the same call twice in a row: an honest retry must not look like a loop.
        if self._faults is None or self._faults.random() >= FAULT_RATE or call == self._last_busy:
            self._last_busy = None
            return False
        self._last_busy = call
        return True

    def _refusal(self, call: Call) -> str | None:
        if call.tool == "find":
            return None if self._introduced else "bad"
        if not self._found:
            return "denied"
        return None if call.tool == "list" else self._target_refusal(call)

    def _target_refusal(self, call: Call) -> str | None:
        if call.target == MALFORMED:
            return "bad"
        if call.target > len(self._records):
            return "missing"
        if call.tool == "look" or self.statuses[call.target - 1] in ALLOWED_FROM[call.tool]:
            return None
        return "denied"

    def _touch(self, call: Call) -> Result:
        index = call.target - 1
        record = self._records[index]
        if call.tool == "undo":
            self.statuses[index] = record.status
        elif call.tool != "look":
            self.statuses[index] = RESULT_OF[call.tool]
        status = self.statuses[index]
        if call.tool == "look":
            row = Row(record.position, record.item, status, record.variant, record.final)
        else:
            row = Row(record.position, record.item, status)
        return Result(call, None, (row,))
