"""Session logs: files of JSON Lines that are one record, and may still be written to while they are read."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.rollouts.format import Head
from schemas.rollouts.parts.chat import prompt_key
from schemas.rollouts.parts.fields import ELEMENTS, json_text
from schemas.rollouts.raw.strict_json import Line, parse_json, read_lines
from schemas.trajectory import Message, Origin


class Log(NamedTuple):
    """The lines of a session log."""

    lines: list[Line]
    """Those that can be read, in file order."""
    broken: list[str]
    """The text of those that cannot: the last line of a log that was cut off."""

    @property
    def broken_json(self) -> str | None:
        """The broken lines as a JSON array, for `extra`; null when there are none."""
        return json_text(self.broken) if self.broken else None


def read_log(raw: bytes) -> Log:
    """Cut a log into lines; bytes of a broken line that are no UTF-8 are escaped."""
    lines = read_lines(raw)
    broken = [line.raw.decode(errors="backslashreplace") for line in lines if line.fault is not None]
    return Log([line for line in lines if line.fault is None], broken)


def read_documents(raw: bytes) -> tuple[list[bytes], str | None]:
    """Cut a document, an array of them, or one per line.

    Returns:
        The documents, and the lines that cannot be read as a JSON array; null when there are none.
    """
    try:
        whole = bytes(msgspec.json.decode(raw, type=msgspec.Raw))
    except msgspec.DecodeError:
        log = read_log(raw)
        return [line.raw for line in log.lines], log.broken_json
    return [bytes(one) for one in ELEMENTS.decode(whole)] if whole.startswith(b"[") else [whole], None


def first_objects(head: Head) -> Iterator[dict[str, object]]:
    """Give the first records that are objects; those of a file of one line too."""
    records = head.records
    if not records:
        with suppress(RecordFault):
            records = (parse_json(head.start.strip()),)
    for record in records:
        if isinstance(record, dict):
            yield record


def asked_key(messages: Iterable[Message], fallback: str) -> str:
    """Name a session's task by what the user asks first; what the scaffold puts in before says nothing of it."""
    return prompt_key((message for message in messages if message.origin is not Origin.INJECTED), fallback)
