"""Convert: raw rollouts of any format to documents of another, without a warehouse.

Each source becomes one file of JSON lines, or a folder with one file per trajectory. Every record is converted or
refused with a reason, and what the documents cannot carry is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from flows import progress
from flows.catalogue import AUTO, rollout_format
from flows.sources import Cut, Reading, SourceFile, find_files, open_source
from flows.sources.find import SUFFIXES
from schemas.errors import UnknownNameError
from schemas.interchange import ROLLOUT_WRITERS, RolloutWriter, UnwritableError, whole_trajectories
from schemas.rollouts import (
    Rejection,
    RolloutFormat,
    bundling_format,
    claiming_format,
    decode_record,
)

STAGE = "convert"
UNWRITABLE = "unwritable"
"""Reason of a record that was read, but holds a trajectory that no document of the target reads as."""
VERDICTS = "verdicts"
"""What the report calls scores about rollouts of other files."""
UNFINISHED_SUFFIX = ".unfinished"


class Refusal(NamedTuple):
    """One record of which nothing was written."""

    source_uri: str
    locator: str
    reason: str
    """A `RejectReason`, or `unwritable`."""
    detail: str


@dataclass(kw_only=True)
class ConvertReport:
    """What became of the records; `record_count = kept_count + len(refused)` always."""

    file_count: int = 0
    """Files and bundles that were read."""
    record_count: int = 0
    kept_count: int = 0
    trajectory_count: int = 0
    """Documents that were written."""
    verdict_count: int = 0
    """Scores about rollouts of other files, which no document holds: only ingest can attach them."""
    losses: Counter[str] = field(default_factory=Counter)
    """By the names of `schemas.interchange.LOSSES`."""
    refused: list[Refusal] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    """The files, or with one file per trajectory the folders, in the order of their sources."""

    def figures(self) -> dict[str, int]:
        """Count what was read, written and refused."""
        return {
            "file_count": self.file_count,
            "record_count": self.record_count,
            "kept_count": self.kept_count,
            "trajectory_count": self.trajectory_count,
            "refused_count": len(self.refused),
        }

    def not_carried(self) -> dict[str, int]:
        """Count what was read and is in no document, by what it is."""
        return dict(self.losses) | ({VERDICTS: self.verdict_count} if self.verdict_count else {})


Write = Callable[[bytes], None]


def convert(
    paths: Sequence[str],
    writer_name: str,
    out: Path,
    *,
    format_name: str = AUTO,
    source_name: str | None = None,
    has_own_files: bool = False,
) -> ConvertReport:
    """Convert files, folders, globs, archives or object-store URIs.

    Args:
        paths: what to convert.
        writer_name: the format to write, one of `ROLLOUT_WRITERS`.
        out: folder for the documents; made when absent. Files of the same name in it are replaced.
        format_name: the rollout format to read, or `auto`.
        source_name: the user's name for the source, the benchmark of rollouts that name none.
        has_own_files: whether each trajectory becomes a file of its own.

    Raises:
        SourceNotFoundError: a path leads to no file.
        UnknownNameError: no such writer or format.
    """
    if writer_name not in ROLLOUT_WRITERS:
        raise UnknownNameError.from_name("rollout writer", writer_name, ROLLOUT_WRITERS)
    chosen = rollout_format(format_name)
    bundle_of = partial(bundling_format, only=chosen)
    reading = Reading(claims=partial(claiming_format, only=chosen), bundle_of=bundle_of)
    files = find_files(paths, source_name=source_name, bundle_of=bundle_of)
    progress.start(STAGE, sum(file.file_bytes_count for file in files), progress.BYTES)
    report = ConvertReport(file_count=len(files))
    opened_sink = _own_files if has_own_files else _lines
    for file, target in zip(files, _targets(files, out, writer_name), strict=True):
        with open_source(file, reading) as opened, opened_sink(target, report) as write:
            for cut in opened.cuts:
                _convert_record(cut, chosen, ROLLOUT_WRITERS[writer_name], write, report)
        progress.advance(STAGE, file.file_bytes_count)
    return report


def _convert_record(
    cut: Cut, chosen: RolloutFormat | None, writer: RolloutWriter, write: Write, report: ConvertReport
) -> None:
    """Write all trajectories of a record, or refuse the record."""
    report.record_count += 1
    place = (cut.source.uri, cut.record.locator)
    decoded = decode_record(cut.record, cut.source, chosen)
    if isinstance(decoded, Rejection):
        report.refused.append(Refusal(*place, decoded.reason.value, decoded.detail))
        return
    try:
        documents = [writer.write(whole) for whole in whole_trajectories(decoded.trajectories)]
    except UnwritableError as exc:
        report.refused.append(Refusal(*place, UNWRITABLE, str(exc)))
        return
    for document in documents:
        write(document.raw)
        report.losses.update(document.losses)
    report.kept_count += 1
    report.trajectory_count += len(documents)
    report.verdict_count += len(decoded.verdicts)


def _targets(files: Sequence[SourceFile], out: Path, writer_name: str) -> Iterator[Path]:
    """Name the output of each source after its path beneath what the user pointed at, without suffix; no name twice."""
    taken: Counter[Path] = Counter()
    for file in files:
        beneath = PurePosixPath(file.uri.removeprefix(file.root).strip("/") or file.name)
        while beneath.suffix in SUFFIXES:
            beneath = beneath.with_suffix("")
        stem = beneath.stem if file.claimed_by is None else beneath.name
        target = out / beneath.parent / f"{stem}.{writer_name}"
        taken[target] += 1
        yield target if taken[target] == 1 else target.with_name(f"{stem}-{taken[target]}.{writer_name}")


@contextmanager
def _lines(target: Path, report: ConvertReport) -> Iterator[Write]:
    """Write one document per line; the file is there when all of its source is, and not at all without documents."""
    path = target.with_name(f"{target.name}.jsonl")
    unfinished = path.with_name(f"{path.name}{UNFINISHED_SUFFIX}")
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    try:
        with unfinished.open("wb") as lines:

            def write(document: bytes) -> None:
                nonlocal count
                lines.write(document + b"\n")
                count += 1

            yield write
        if count:
            unfinished.replace(path)
            report.written.append(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _own_files(target: Path, report: ConvertReport) -> Iterator[Write]:
    """Write one file per document, numbered in order from 0."""
    count = 0

    def write(document: bytes) -> None:
        nonlocal count
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{count:06d}.json").write_bytes(document)
        count += 1

    yield write
    if count:
        report.written.append(target)
