"""The conversations of a session log: a tree of lines, cut where the model's context was.

Each line names the line before it. A rewind gives a line a second successor, so every leaf ends a conversation.
Three things look like rewinds and are none: the lines of one API response, the results of its parallel calls, and
bookkeeping lines. What was typed again before anything was answered is no conversation of its own either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.rollouts.sessions.claude_code_lines import Cut, Entry


@dataclass(eq=False, kw_only=True)
class Turn:
    """The lines that are one message of the model, all results of its calls, or one message of the user."""

    entries: list[Entry] = field(default_factory=list)
    parent: "Turn | None" = None
    cut: Cut | None = None
    """What parts it from its parent."""
    answered: set[str] = field(default_factory=set)
    first: "Turn | None" = None
    """The first turn of its chain; null for that turn itself."""

    @property
    def root(self) -> "Turn":
        """The first turn of its chain."""
        return self.first or self

    @property
    def is_answer(self) -> bool:
        """Tell whether the model speaks."""
        said = self.entries[0].said
        return said is not None and said.role == "assistant"

    @property
    def last_number(self) -> int:
        """The number of its last line."""
        return self.entries[-1].number


class Segment(NamedTuple):
    """What one context held, from its start to its end."""

    shared: tuple[Turn, ...]
    """The turns at its start that an earlier segment has too."""
    own: tuple[Turn, ...]
    """The turns behind them; at least one."""
    branch_of: int | None
    """Index of the segment that it shares its start with; null when it shares nothing."""
    before: int | None
    """Index of the segment that its context was made from; null when the log has none."""

    @property
    def cut(self) -> Cut | None:
        """What parts it from what was before; null at the start of a log."""
        return (*self.shared, *self.own)[0].cut


def segments(turns: Sequence[Turn]) -> list[Segment]:
    """Give the conversations of a tree: those of the last leaf first, as they follow each other."""
    found: list[Segment] = []
    holders: dict[Turn, int] = {}
    for path in _paths(turns):
        before: int | None = None
        for piece in _pieces(path):
            if piece[-1] not in holders:
                count = _shared_count(piece, holders)
                branch_of = holders[piece[count - 1]] if count else None
                holders |= {turn: len(found) for turn in piece[count:] if turn not in holders}
                found.append(Segment(piece[:count], piece[count:], branch_of, before))
            before = holders[piece[-1]]
    return found


def _shared_count(piece: Sequence[Turn], holders: dict[Turn, int]) -> int:
    """Count the turns that are held already; a call is never parted from results that differ."""
    count = next(index for index, turn in enumerate(piece) if turn not in holders)
    return count - 1 if count and piece[count].answered else count


def grow_turns(entries: Sequence[Entry]) -> list[Turn]:
    """Join lines to turns and hang each under the one before it, in file order.

    The lines of a sidechain never hang under the main chain: a subagent has a context of its own.
    """
    by_uuid = {entry.head.uuid: entry for entry in entries}
    owners: dict[str | None, Turn] = {}
    answers: dict[str, Turn] = {}
    results: dict[Turn, Turn] = {}
    turns: list[Turn] = []
    for entry in entries:
        if entry.said is None:
            continue
        parent, cut = _above(entry, by_uuid, owners)
        turn = answers.get(entry.answer_id or "") or _open_results(entry, parent, results)
        if turn is None:
            turn = Turn(parent=parent, cut=cut, first=None if parent is None else parent.root)
            turns.append(turn)
        turn.entries.append(entry)
        turn.answered |= entry.answered
        owners[entry.head.uuid] = turn
        if entry.answer_id:
            answers[entry.answer_id] = turn
        elif entry.answered and parent is not None and parent.is_answer:
            results.setdefault(parent, turn)
    return turns


def _open_results(entry: Entry, parent: Turn | None, results: dict[Turn, Turn]) -> Turn | None:
    """Find the results that a line's results belong to; one call answered twice is a rewind."""
    if not entry.answered or parent is None:
        return None
    turn = results.get(parent) if parent.is_answer else parent
    is_open = turn is not None and turn.answered and not turn.answered & entry.answered
    return turn if is_open else None


def _above(
    entry: Entry, by_uuid: dict[str | None, Entry], owners: dict[str | None, Turn]
) -> tuple[Turn | None, Cut | None]:
    """Walk up over bookkeeping to the turn before, and tell what lies between."""
    cut = entry.cut
    above = by_uuid.get(entry.parent)
    passed = {entry.head.uuid}
    while above is not None and above.head.uuid not in passed:
        if bool(above.head.is_sidechain) != bool(entry.head.is_sidechain):
            return None, cut
        if above.head.uuid in owners:
            return owners[above.head.uuid], cut
        cut = above.cut if cut is not Cut.CLEARED and above.cut else cut
        passed.add(above.head.uuid)
        above = by_uuid.get(above.parent)
    return None, cut


def _paths(turns: Sequence[Turn]) -> Iterator[tuple[Turn, ...]]:
    """Give the paths to the leaves: the last first, then the others that answer what no path before them does."""
    inner = {id(turn.parent) for turn in turns}
    leaves = sorted((turn for turn in turns if id(turn) not in inner), key=lambda turn: turn.last_number)
    paths = [_path(leaf) for leaf in leaves]
    answered = [path for path in paths if any(turn.is_answer for turn in path)] or paths[-1:]
    seen: set[int] = set()
    for path in [*answered[-1:], *answered[:-1]]:
        said = {id(turn) for turn in path if turn.is_answer}
        if not seen or said - seen:
            yield path
        seen |= said


def _path(leaf: Turn) -> tuple[Turn, ...]:
    path: list[Turn] = []
    turn: Turn | None = leaf
    while turn is not None:
        path.append(turn)
        turn = turn.parent
    return tuple(reversed(path))


def _pieces(path: Sequence[Turn]) -> Iterator[tuple[Turn, ...]]:
    """Cut a path where the context was cleared or compacted."""
    starts = [index for index, turn in enumerate(path) if index == 0 or turn.cut is not None]
    for start, end in zip(starts, [*starts[1:], len(path)], strict=True):
        yield tuple(path[start:end])
