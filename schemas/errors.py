"""The exceptions of Winnow, as one tree.

WinnowError
├── RecordFault            one raw record is at fault; contained, becomes a row with a reason
└── (system faults)        always propagate and fail the flow
    ├── UnknownNameError       also LookupError: no such format, signal, selector, repair, table ...
    ├── RecipeError            also ValueError: a recipe that cannot mean anything
    ├── SourceNotFoundError    also FileNotFoundError: nothing to ingest there
    ├── WarehouseNotFoundError also FileNotFoundError: a folder that holds no warehouse
    ├── DatasetNotFoundError   also LookupError: no such curated dataset
    ├── SchemaMismatchError    also TypeError: rows that do not fit their table's declaration
    ├── QualityGateError       also ValueError: rows that break a table's expectations
    ├── CommitConflictError    also RuntimeError: other writers kept winning
    ├── ExportRefusedError     also ValueError: a training format that would train something else than was meant
    ├── QueryRefusedError      also PermissionError: the console only reads warehouse views
    └── QueryError             also ValueError: DuckDB could not run the query

Each message says what is wrong with the value, what is allowed, and after a blank line a hint with the fix.
"""

import difflib
from collections.abc import Iterable, Mapping

from schemas.reasons import RejectReason


class WinnowError(Exception):
    """Base of everything that Winnow raises on purpose."""


class RecordFault(WinnowError):  # noqa: N818 - a fault of the data, not an error of the program
    """One raw record cannot be decoded; whoever applies a decoder turns this into a rejected row.

    Attributes:
        reason: stable code, see `RejectReason`.
        detail: what was found and what was expected, with the values.
    """

    def __init__(self, reason: RejectReason, detail: str) -> None:
        """Keep reason and detail for the row."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class UnknownNameError(WinnowError, LookupError):
    """A name that no registered member of a family has."""

    @classmethod
    def from_name(cls, kind: str, name: str, known: Iterable[str], *, where: str = "") -> "UnknownNameError":
        """Name the value, the allowed ones (sorted), and the nearest as a hint.

        Examples:
            >>> print(UnknownNameError.from_name("signal", "lops", ["loops", "failures"]))
            Unknown signal 'lops'. Known signals: failures, loops
            <BLANKLINE>
            Hint: did you mean 'loops'?
        """
        allowed = sorted(known)
        place = f" in {where}" if where else ""
        message = f"Unknown {kind} {name!r}{place}. Known {kind}s: {', '.join(allowed) or '(none)'}"
        close = difflib.get_close_matches(name, allowed, n=1)
        return cls(f"{message}\n\nHint: did you mean {close[0]!r}?" if close else message)


class RecipeError(WinnowError, ValueError):
    """A recipe that cannot mean anything."""


class SourceNotFoundError(WinnowError, FileNotFoundError):
    """A path, folder or glob that holds nothing to ingest."""


class WarehouseNotFoundError(WinnowError, FileNotFoundError):
    """A folder that holds no warehouse."""


class DatasetNotFoundError(WinnowError, LookupError):
    """No curated dataset has that name or id."""


class SchemaMismatchError(WinnowError, TypeError):
    """Rows that do not fit their table's declaration."""


class QualityGateError(WinnowError, ValueError):
    """Rows that break what their table promises."""


class CommitConflictError(WinnowError, RuntimeError):
    """Other writers changed the table each time that we tried."""


class ExportRefusedError(WinnowError, ValueError):
    """A training format would train something else than the labels say."""

    @classmethod
    def from_changes(
        cls, name: str, example: str, changes: Mapping[str, int], *, can_split: bool
    ) -> "ExportRefusedError":
        """Say what would be changed, where it was seen first, and what to choose instead."""
        found = ", ".join(f"{kind} {count}" for kind, count in changes.items())
        choices = ["drop (leave such examples out)", "lose (train it all the same; the manifest counts it)"]
        if can_split:
            choices.insert(0, "split (several rows, each trained once)")
        return cls(
            f"The format {name!r} cannot carry the labels of {example}: {found}.\n\n"
            f"Hint: choose `unsupported` (on the command line `--set unsupported=drop`): {'; '.join(choices)}; or a format "
            "that carries them, such as tokens"
        )


class QueryRefusedError(WinnowError, PermissionError):
    """A statement that the read-only console does not run."""


class QueryError(WinnowError, ValueError):
    """A query that DuckDB could not run; the message is DuckDB's."""
