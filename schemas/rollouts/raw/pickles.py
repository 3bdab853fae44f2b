"""Know a Python pickle by its first bytes, so that it is refused and never loaded: loading one runs its code."""

import re
import zlib

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
BINARY_PICKLE = re.compile(rb"\x80[\x02-\x05]")
"""Protocol 2 and later, which is also how torch.save began before its zip files."""
TEXT_PICKLE = re.compile(
    rb"\(?(?:[ld]p\d+\n|[\]}]q[\x00-\xff]|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n(?:[()]|p\d+\n|q))"
)
"""Protocols 0 and 1: a list or a dict that is remembered at once, or a global with what is done with it."""
TORCH_MEMBER = re.compile(rb".{26}[^/\n]+/(?:data\.pkl|constants\.pkl|\.format_version|\.data/)", re.DOTALL)
"""A zip's first member as torch.save writes it, behind the 30 bytes of its header less the magic."""
PEEK_BYTES = 512


def looks_like_pickle(start: bytes) -> bool:
    """Tell a pickle, a torch file, or either of them gzipped, from the first bytes of a file.

    Examples:
        >>> import gzip, pickle
        >>> looks_like_pickle(gzip.compress(pickle.dumps({"obs": 1})))
        True
        >>> looks_like_pickle(b'{"obs": 1}')
        False
    """
    if start.startswith(GZIP):
        start = _gunzipped(start)
    if start.startswith(ZIP):
        return TORCH_MEMBER.match(start, len(ZIP)) is not None
    return BINARY_PICKLE.match(start) is not None or TEXT_PICKLE.match(start) is not None


def _gunzipped(start: bytes) -> bytes:
    """Give the first bytes inside; of a broken file none."""
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(start, PEEK_BYTES)
    except zlib.error:
        return b""
