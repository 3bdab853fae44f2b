"""Open an Inspect log: a JSON document, or a zip (`.eval`) with a header and one JSON file per sample.

Read without inspect_ai on purpose: 0.3.285 cannot be installed beside the versions that Winnow is tested with (it moves
fsspec back), and it would rewrite arguments and numbers. Log versions 2 and 3 are read; any other is refused.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.content_parts import OBJECT
from schemas.rollouts.parts.fields import ELEMENTS, INTEGER, Fields, json_text
from schemas.rollouts.raw.strict_json import parse_json

VERSIONS = (2, 3)
ZIP_MAGIC = b"PK\x03\x04"
HEADERS = ("header.json", "_journal/start.json")
"""A log that was never finished has only the second."""
SAMPLE = re.compile(r"samples/.+\.json")
OTHERS = re.compile(r"header\.json|summaries\.json|reductions\.json|_journal/.+|.+/")
"""The header, and files that repeat it and the samples."""
MAX_BYTES = 1 << 31
"""What the files of one archive may hold together, unpacked."""
ATTACHMENT = re.compile(rb'"(?:attachment|tc)://([0-9a-f]{32})"')
COURSE = ("events", "transcript", "attachments", "message_pool", "events_data")
"""Fields of a sample that tell its course event by event, and the texts that were moved out of it."""


class Log(NamedTuple):
    """A log in parts."""

    header: Fields
    """The log without its samples."""
    samples: list[Fields]


class Sample(NamedTuple):
    """A sample whose attachments are back in their places."""

    fields: Fields
    """All but its course."""
    events: list[msgspec.Raw]
    attachments: dict[str, msgspec.Raw]


def open_log(raw: bytes) -> Log:
    """Open a log of either kind.

    Raises:
        RecordFault: it cannot be unpacked, is not strict JSON, or is of a version that is not read.
    """
    log = _open_archive(raw) if raw.startswith(ZIP_MAGIC) else _open_document(raw)
    version = log.header.require("version", INTEGER)
    if version not in VERSIONS:
        known = ", ".join(map(str, VERSIONS))
        raise RecordFault(
            RejectReason.UNSUPPORTED_VERSION,
            f"Log version {version}. Versions read: {known}; `inspect log convert` writes one of these.",
        )
    log.header.put("version", json_text(version))
    return log


def open_sample(sample: Fields, place: str) -> Sample:
    """Part a sample from its course; logs of 2024 keep both events and attachments in `transcript`."""
    transcript = sample.take_object("transcript")
    events = sample.take("events", ELEMENTS) or transcript.take("events", ELEMENTS) or []
    texts = sample.take("attachments", OBJECT) or transcript.take("content", OBJECT) or {}
    for name in COURSE:
        sample.take_raw(name)
    fields = Fields(resolve((sample.rest() or "{}").encode(), texts), place)
    return Sample(fields, events, texts)


def resolve(raw: bytes, attachments: dict[str, msgspec.Raw]) -> bytes:
    """Put attachments back in the places that point to them; a pointer to nothing stays."""
    return ATTACHMENT.sub(lambda found: bytes(attachments.get(found[1].decode(), found[0])), raw)


def _open_document(raw: bytes) -> Log:
    header = Fields(raw, "$")
    return Log(header, header.take_objects("samples"))


def _open_archive(raw: bytes) -> Log:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_size(archive)
            names = archive.namelist()
            _check_names(names)
            header = next((name for name in HEADERS if name in names), None)
            if header is None:
                raise RecordFault(
                    RejectReason.UNREADABLE_CONTAINER, f"The archive has none of {', '.join(HEADERS)}."
                )
            samples = [_member(archive, name) for name in names if SAMPLE.fullmatch(name)]
            return Log(_member(archive, header), samples)
    except NotImplementedError as exc:
        raise RecordFault(
            RejectReason.MISSING_DEPENDENCY,
            f"{exc}. `inspect log convert --to json` writes what can be read without more.",
        ) from exc
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as exc:
        raise RecordFault(RejectReason.UNREADABLE_CONTAINER, f"Not a whole archive: {exc}.") from exc


def _check_size(archive: zipfile.ZipFile) -> None:
    size = sum(member.file_size for member in archive.infolist())
    if size > MAX_BYTES:
        raise RecordFault(
            RejectReason.RECORD_TOO_LARGE, f"Unpacks to {size} bytes. Allowed: {MAX_BYTES} bytes."
        )


def _check_names(names: Iterable[str]) -> None:
    """Refuse an archive with files that another recorder wrote: they may hold what would be missed."""
    unknown = [name for name in names if not SAMPLE.fullmatch(name) and not OTHERS.fullmatch(name)]
    if unknown:
        raise RecordFault(
            RejectReason.UNSUPPORTED_VERSION,
            f"The archive holds {unknown[0]!r}. Known: header.json, samples/*.json, _journal/*, summaries.json, "
            "reductions.json; `inspect log convert --to json` writes what can be read.",
        )


def _member(archive: zipfile.ZipFile, name: str) -> Fields:
    """Open one file of an archive, which must be strict JSON as any record must."""
    content = archive.read(name)
    try:
        parse_json(content)
    except RecordFault as fault:
        raise RecordFault(fault.reason, f"{name}: {fault.detail}") from fault
    return Fields(content, name)
