"""What an archive holds: its members one by one, in its own order, and bundles of them once they are complete."""

import io
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, cast

from flows.sources.archives import BROKEN, Member, tar_members, zip_members
from flows.sources.bundles import Bundle
from flows.sources.contents import CUT_OFF, ArchiveBrokenError, Content, Cut, open_streamed, rejection_of
from flows.sources.find import BundleOf
from flows.sources.limits import Limits
from flows.sources.locations import BUFFER_BYTES, in_memory
from flows.sources.siblings import ArchiveSiblings
from schemas.errors import RecordFault
from schemas.rollouts import BundleName, Source
from schemas.rollouts.raw.cutting import Cutting
from schemas.rollouts.raw.pieces import read_chunks


class Archive:
    """One archive that is being read."""

    def __init__(
        self,
        *,
        source: Source,
        open_stream: Callable[[], BinaryIO],
        is_zip: bool,
        bundle_of: BundleOf,
        cutting: Cutting,
        limits: Limits,
    ) -> None:
        """Read the archive that `open_stream` opens, decompressed, as often as needed."""
        self._source = source
        self._open_stream = open_stream
        self._is_zip = is_zip
        self._bundle_of = bundle_of
        self._cutting = cutting
        self._limits = limits
        self._bundles: dict[BundleName, Bundle] = {}
        self._has_counted = False
        self._siblings = ArchiveSiblings(
            self._members, most_bytes=limits.beside_bytes, held_bytes=limits.record_bytes
        )

    def parts(self) -> Iterator[Content | Cut]:
        """Give members, each to be read before the next one is asked for, and complete bundles.

        Raises:
            ArchiveBrokenError: where the archive breaks.
        """
        try:
            for place, member in enumerate(self._members()):
                bundle = None if member.fault else self._bundle(member.name)
                if bundle is None or bundle.has(member.name):
                    yield self._content(member, place)
                else:
                    yield from self._add(bundle, member)
        except (*BROKEN, RecordFault, ArchiveBrokenError) as exc:
            yield from self._incomplete()
            raise ArchiveBrokenError(rejection_of(exc)) from exc
        yield from self._incomplete()

    def _members(self) -> Iterator[Member]:
        """Go through the archive from its beginning, independent of other readers of it."""
        with self._open_stream() as stream:
            yield from zip_members(stream, self._limits) if self._is_zip else tar_members(stream)

    def _content(self, member: Member, place: int) -> Content:
        source = self._source_of(member.name)
        is_small = member.bytes_count <= self._limits.small_file_bytes
        if not self._is_zip and is_small and member.fault is None:
            return Content.of(in_memory(_read(member)), source, is_member=True)
        return Content(
            source=source,
            bytes_count=member.bytes_count,
            open=(lambda: _buffered(member)) if self._is_zip else (lambda: open_streamed(member)),
            kept=member.stored or (lambda: self._read_again(place)),
            is_member=True,
            is_streamed=not self._is_zip,
            fault=member.fault,
        )

    def _read_again(self, place: int) -> Iterator[bytes]:
        """Read a member anew, by its place: a streamed tar cannot go back."""
        for member in islice(self._members(), place, place + 1):
            with member.open() as stream:
                yield from read_chunks(stream)

    def _bundle(self, name: str) -> Bundle | None:
        key = self._bundle_of(name)
        if key is None:
            return None
        if not self._has_counted:
            # Going through the archive once more tells when each bundle is complete, so that few are held at a time.
            self._has_counted = True
            self._bundles = {
                name: Bundle(
                    format_name=name.format_name, key=name.key, missing_count=count, cutting=self._cutting
                )
                for name, count in self._count_bundles().items()
                if count >= name.least_count
            }
        return self._bundles.get(key)

    def _count_bundles(self) -> Counter[BundleName]:
        counts: Counter[BundleName] = Counter()
        with suppress(*BROKEN, RecordFault):  # whoever reads the archive meets it again
            for member in self._members():
                key = None if member.fault else self._bundle_of(member.name)
                if key is not None:
                    counts[key] += 1
        return counts

    def _add(self, bundle: Bundle, member: Member) -> Iterator[Cut]:
        with open_streamed(member) as stream:
            for record in bundle.add(member.name, member.bytes_count, read_chunks(stream)):
                yield Cut(record, self._source_of(bundle.key))

    def _incomplete(self) -> Iterator[Cut]:
        """Give what is left of bundles with files that were not to be had: repeated names, or a broken archive."""
        for bundle in self._bundles.values():
            for record in bundle.end():
                yield Cut(record, self._source_of(bundle.key))

    def _source_of(self, name: str) -> Source:
        return Source(
            uri=f"{self._source.uri}!/{name.removeprefix('./').lstrip('/')}",
            name=self._source.name,
            beside=self._siblings.beside(name),
        )


def _read(member: Member) -> bytes:
    """Read a small member of a tar, which gives less of a member that is cut off, without a word."""
    with member.open() as stream:
        content = stream.read()
    if len(content) < member.bytes_count:
        raise tarfile.ReadError(CUT_OFF.format(member.bytes_count - len(content)))
    return content


def _buffered(member: Member) -> BinaryIO:
    return io.BufferedReader(cast("io.RawIOBase", member.open()), BUFFER_BYTES)
