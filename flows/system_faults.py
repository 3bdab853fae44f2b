"""What the system refuses (a full disk, a folder that may not be written), told in a line with what to do.

Python and Arrow raise `OSError`; Delta Lake and Polars have errors of their own and put the system's number into words.
"""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

NUMBER = re.compile(r"\(os error (\d+)\)|\[[Ee]rrno (\d+)\]|\bOs \{ code: (\d+),")
"""How Rust (shown, or printed for debugging) and Arrow write an error number."""
LITTLE_BYTES = 2**20
"""A disk with less free is full: what did not fit is removed again."""
FREE_SPACE = "free space there and run again; what was committed is not lost"
CHOOSE = "choose another folder (--warehouse, --out), or have its rights changed"
NO_FOLDER = "a file is in the way, or the path is wrong: choose another one (--warehouse, --out)"
HINTS = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EFBIG: "no file may become so large there: choose another folder (--warehouse, --out)",
    errno.EROFS: CHOOSE,
    errno.EACCES: CHOOSE,
    errno.EPERM: CHOOSE,
    errno.ENOTDIR: NO_FOLDER,
    errno.EISDIR: NO_FOLDER,
    errno.EEXIST: NO_FOLDER,
    errno.ENOENT: NO_FOLDER,
    errno.ENAMETOOLONG: NO_FOLDER,
    errno.EMFILE: "allow more open files (`ulimit -n 4096`) and run again",
    errno.EIO: "the disk may be failing: copy what is on it",
}


def system_fault(error: Exception, home: Path | None = None) -> str | None:
    """Tell what the system refused and what to do; null for any other error, which may be a fault of ours.

    Args:
        error: what ended the command.
        home: where Prefect's server keeps its database. When the disk is full there, the server does not answer, which
            is all that we would see.
    """
    for exc in _causes(error):
        number = _number(exc)
        if number in HINTS:
            place = getattr(exc, "filename", None)
            return _told(number, str(exc) if place is None else os.fsdecode(place))
    if home is not None and home.is_dir() and disk_usage(home).free < LITTLE_BYTES:
        return _told(errno.ENOSPC, f"{home} ({type(error).__name__}: {error})")
    return None


def _told(number: int, what: str) -> str:
    return f"{os.strerror(number)}: {what}\n\nHint: {HINTS[number]}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _number(exc: BaseException) -> int:
    """Give the system's number of an error; 0 when it tells none."""
    if isinstance(exc, OSError) and exc.errno is not None:
        return exc.errno
    found = NUMBER.search(str(exc))
    return int(found[found.lastindex or 0]) if found else 0
