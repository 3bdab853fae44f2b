"""Reading what lies at some paths, as ingest does, in a form that tests can compare."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from flows.sources import Cut, Reading, find_files, open_source
from flows.sources.find import BundleOf
from flows.sources.limits import Limits
from schemas.rollouts import RefusedRecord, Rejection, bundling_format, claiming_format, decode_record

SMALL = Limits(
    record_bytes=64 << 10,
    small_file_bytes=16 << 10,
    beside_bytes=4 << 10,
    expansion_ratio=100,
    expansion_free_bytes=256 << 10,
)
"""Limits that small inputs reach."""


class Read(NamedTuple):
    """One record, as far as tests look at it."""

    uri: str
    locator: str
    outcome: str
    """`kept`, or the reason of the refusal."""
    raw: bytes
    record_id: str


def line(number: int = 0, text: str = "Hi") -> bytes:
    """Make a record of a chat."""
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "Hello"}]
    return json.dumps({"messages": messages, "task_id": "t", "trial": number}).encode()


def lines(*numbers: int) -> bytes:
    return b"".join(line(number) + b"\n" for number in numbers)


def read_cuts(
    paths: Iterable[Path | str], reading: Reading | None = None, bundle_of: BundleOf = bundling_format
) -> list[Cut]:
    reading = reading or Reading(claims=claiming_format, bundle_of=bundle_of, limits=SMALL)
    cuts: list[Cut] = []
    for file in find_files(list(paths), bundle_of=bundle_of):
        with open_source(file, reading) as opened:
            cuts.extend(opened.cuts)
    return cuts


def outcome(cut: Cut) -> str:
    decoded = decode_record(cut.record, cut.source)
    return decoded.reason.value if isinstance(decoded, Rejection) else "kept"


def read(*paths: Path | str, reading: Reading | None = None) -> list[Read]:
    cuts = read_cuts(paths, reading)
    return [
        Read(cut.source.uri, cut.record.locator, outcome(cut), cut.record.raw, cut.record.record_id)
        for cut in cuts
    ]


def outcomes(*paths: Path | str, reading: Reading | None = None) -> list[str]:
    return [one.outcome for one in read(*paths, reading=reading)]


def refusals(cuts: Iterable[Cut]) -> list[RefusedRecord]:
    return [cut.record for cut in cuts if isinstance(cut.record, RefusedRecord)]


def source_ids(*paths: Path | str) -> list[str]:
    ids: list[str] = []
    for file in find_files(list(paths)):
        with open_source(file, Reading(limits=SMALL)) as opened:
            ids.append(opened.source_id)
    return ids
