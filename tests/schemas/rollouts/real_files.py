"""Real rollouts as the tests take them: archives of `shared/data`, read without writing anything."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, NamedTuple

import zstandard

from schemas.identity import content_digest
from schemas.rollouts import ROLLOUT_FORMATS, RawRecord, Source, claiming_format, read_records
from schemas.rollouts.raw.bundle import pack_bundle


class Sample(NamedTuple):
    """One raw record, and where it comes from."""

    record: RawRecord
    source: Source


@cache
def read_zst(path: Path) -> bytes:
    with path.open("rb") as compressed:
        return zstandard.ZstdDecompressor().stream_reader(compressed).read()


@cache
def archive_members(path: Path) -> dict[str, bytes]:
    """Give the files of a `.tar.zst` by name."""
    with tarfile.open(fileobj=io.BytesIO(read_zst(path))) as archive:
        read = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: stream.read() for name, stream in read if stream is not None}


def file_samples(name: str, content: bytes, *, siblings: dict[str, bytes] | None = None) -> Iterator[Sample]:
    """Cut one file into its records, as ingest does.

    Args:
        name: its path, from which decoders may read facts.
        content: its decompressed bytes.
        siblings: files by path that decoders may read beside it.
    """
    source = Source(uri=name, name="rollouts", beside=_beside(name, siblings or {}))
    stream: Any = io.BufferedReader(io.BytesIO(content))
    for record in read_records(stream, file_name=source.file_name, claims=claiming_format):
        yield Sample(record, source)


def bundle_sample(format_name: str, members: dict[str, bytes]) -> Sample:
    """Pack the files of one bundle into its record, as ingest does."""
    keys = {ROLLOUT_FORMATS[format_name].bundle_key(name) for name in members}
    assert len(keys) == 1
    key = keys.pop()
    assert key is not None
    raw = pack_bundle(
        {str(PurePosixPath(name).relative_to(key)): content for name, content in members.items()}
    )
    record = RawRecord(
        raw=raw, locator="bundle", index=0, record_id=content_digest(raw), claimed_by=format_name
    )
    return Sample(record, Source(uri=key, name="rollouts", beside=_beside(key, members)))


def json_sample(name: str, value: object) -> Sample:
    """Make a record of a literal."""
    raw = json.dumps(value).encode()
    record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
    return Sample(record, Source(uri=name, name="rollouts"))


def _beside(name: str, siblings: dict[str, bytes]) -> Callable[[str], bytes | None]:
    folder = name.rpartition("/")[0]
    return lambda path: siblings.get(normpath(f"{folder}/{path}"))
