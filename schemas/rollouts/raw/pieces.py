"""Records in bounded memory: a record arrives in pieces, and one that grows too large goes elsewhere.

A record within the limit is joined and given back. A larger one is never held: its pieces pass through a `Keep`,
which hashes them and may store them.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

PIECE_BYTES = 1 << 20


class Piece(NamedTuple):
    """Some bytes of one record, in order."""

    data: bytes
    ends: bool
    """Whether these are the record's last bytes."""


class Kept(NamedTuple):
    """A record that is too large to hold."""

    digest: str
    """SHA-256 of its bytes."""
    bytes_count: int


Keep = Callable[[Iterable[bytes]], Kept]
"""Take all bytes of one record that is too large to hold, in order; whoever passes one decides where they go."""


def digest_only(chunks: Iterable[bytes]) -> Kept:
    """Hash the bytes and let them go.

    Examples:
        >>> digest_only([b"ab", b"c"]).bytes_count
        3
    """
    digest = hashlib.sha256()
    bytes_count = 0
    for chunk in chunks:
        digest.update(chunk)
        bytes_count += len(chunk)
    return Kept(digest.hexdigest(), bytes_count)


def join_pieces(pieces: Iterator[Piece], *, record_bytes: int, keep: Keep) -> Iterator[bytes | Kept]:
    """Join pieces to records, one after the other; a record above `record_bytes` goes to `keep`."""
    for first in pieces:
        if first.ends and len(first.data) <= record_bytes:
            yield first.data
            continue
        held, size = [first], len(first.data)
        while not held[-1].ends and size <= record_bytes:
            held.append(next(pieces, Piece(b"", ends=True)))
            size += len(held[-1].data)
        if size <= record_bytes:
            yield b"".join(piece.data for piece in held)
        else:
            yield keep(piece.data for piece in chain(held, _rest(held[-1], pieces)))


def read_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Read a stream to its end."""
    while chunk := stream.read(PIECE_BYTES):
        yield chunk


def _rest(last: Piece, pieces: Iterator[Piece]) -> Iterator[Piece]:
    while not last.ends:
        last = next(pieces, Piece(b"", ends=True))
        yield last
