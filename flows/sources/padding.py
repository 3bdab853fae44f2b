"""Zero bytes behind a whole gzip stream, which tapes, block devices and preallocated files leave: gzip(1) skips them."""

import zlib
from typing import BinaryIO

from schemas.rollouts.raw.pieces import PIECE_BYTES, read_chunks

GZIP_MEMBER = zlib.MAX_WBITS | 16


def ends_in_padding(stored: BinaryIO) -> bool:
    """Tell whether zero bytes, and nothing else, stand behind the last whole member of a gzip stream.

    Reads all of it, in bounded memory: ask only when it could not be read to its end.
    """
    member, is_padded = zlib.decompressobj(GZIP_MEMBER), False
    for chunk in read_chunks(stored):
        left = chunk
        while left:
            if member.eof:
                behind = left.lstrip(b"\0")
                is_padded = is_padded or len(behind) < len(left)
                if not behind:
                    break
                if is_padded:
                    return False
                member = zlib.decompressobj(GZIP_MEMBER)
            try:
                member.decompress(left, PIECE_BYTES)
            except zlib.error:
                return False
            left = member.unused_data if member.eof else member.unconsumed_tail
    return member.eof and is_padded
