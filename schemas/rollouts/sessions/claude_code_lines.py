"""Lines of a Claude Code session log, told apart: what was said, and the bookkeeping around it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

import msgspec

from schemas.rollouts.raw.log_lines import Log

CLEAR_COMMAND = "<command-name>/clear</command-name>"
"""What a user types to empty the context; the lines behind it are another conversation."""


class Cut(Enum):
    """What parts the messages behind a line from those before it."""

    CLEARED = auto()
    """The user emptied the context: an unrelated conversation follows."""
    COMPACTED = auto()
    """A summary takes the place of all before it."""


class _Said(msgspec.Struct, gc=False):
    role: Literal["user", "assistant"]
    id: str | None = None
    model: str | None = None
    content: str | list[msgspec.Raw] | None = None


class _Head(msgspec.Struct, rename="camel", gc=False):
    """What the place of a line in the log rests on."""

    type: str | None = None
    subtype: str | None = None
    uuid: str | None = None
    parent_uuid: str | None = None
    logical_parent_uuid: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    forked_from: object = None
    message: _Said | None = None


class _Block(msgspec.Struct, gc=False):
    type: object = None
    tool_use_id: object = None


HEAD = msgspec.json.Decoder(_Head)
BLOCK = msgspec.json.Decoder(_Block)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line that can be read."""

    number: int
    raw: bytes
    head: _Head

    @property
    def said(self) -> _Said | None:
        """The message that it holds; null for bookkeeping, which no model was shown as a message."""
        is_spoken = self.head.type in {"user", "assistant"} and self.head.uuid and self.cut is not Cut.CLEARED
        return self.head.message if is_spoken else None

    @property
    def cut(self) -> Cut | None:
        """What it parts."""
        if self.head.subtype == "compact_boundary" or self.head.is_compact_summary:
            return Cut.COMPACTED
        content = self.head.message.content if self.head.message else None
        is_clear = isinstance(content, str) and content.lstrip().startswith(CLEAR_COMMAND)
        return Cut.CLEARED if is_clear else None

    @property
    def parent(self) -> str | None:
        """The line before it in the conversation."""
        return self.head.parent_uuid or self.head.logical_parent_uuid

    @property
    def answer_id(self) -> str | None:
        """The id that all lines of one API response share; null when it is no such line."""
        said = self.said
        is_answer = said is not None and said.role == "assistant" and isinstance(said.content, list)
        return said.id if said is not None and is_answer else None

    @property
    def answered(self) -> frozenset[str]:
        """The calls whose results it holds."""
        content = self.said.content if self.said else None
        found = (_answered_call(raw) for raw in content) if isinstance(content, list) else ()
        return frozenset(call_id for call_id in found if call_id)


def read_entries(log: Log) -> tuple[list[Entry], list[tuple[int, bytes]]]:
    """Tell lines that stand in the conversation's tree from all others.

    A line that a resumed or forked session repeats byte for byte is one line.

    Returns:
        The lines with a uuid, each uuid once; and number and text of the others.
    """
    entries: dict[str, Entry] = {}
    others: list[tuple[int, bytes]] = []
    for line in log.lines:
        entry = _entry(line.number, line.raw)
        name = entry.head.uuid if entry else None
        if entry is None or not name:
            others.append((line.number, line.raw))
        elif name not in entries:
            entries[name] = entry
        elif entries[name].raw != line.raw:
            others.append((line.number, line.raw))
    return list(entries.values()), others


def _entry(number: int, raw: bytes) -> Entry | None:
    try:
        return Entry(number=number, raw=raw, head=HEAD.decode(raw))
    except msgspec.ValidationError:
        return None


def _answered_call(raw: msgspec.Raw) -> str | None:
    """Give the call that a block answers; whoever reads the message refuses a block that is no object."""
    try:
        block = BLOCK.decode(raw)
    except msgspec.ValidationError:
        return None
    is_result = block.type == "tool_result" and isinstance(block.tool_use_id, str)
    return str(block.tool_use_id) if is_result else None
