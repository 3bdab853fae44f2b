"""Limits of size and memory, and what the environment says; of Prefect's variables `prefect_server` alone knows."""

import ctypes
import os
from pathlib import Path

WAREHOUSE_VARIABLE = "WINNOW_WAREHOUSE"
DEFAULT_WAREHOUSE = Path(".winnow")

INSERT_BYTES = 16 * 2**20
"""Raw bytes that one ingest commit holds at most (one larger record excepted): bounds memory."""
CHUNK_BYTES = 64 * 2**20
"""Bytes on disk of the files that one ingest task reads (one larger file excepted)."""
WORKERS = min(4, os.cpu_count() or 1)
"""Prefect tasks at a time; Polars, Arrow and Delta use threads of their own beneath."""
BATCH_MESSAGES = 250_000
"""Messages that one task over buckets holds at most, unless a single bucket has more: bounds memory."""
MOST_BUCKETS = 4_096
"""More would be more files than rows in them."""
MESSAGE_BYTES = 1_000
"""The text of an ordinary message; a bucket of longer ones counts for as many messages as its text would make."""

RECORD_BYTES = 64 * 2**20
"""The largest raw record that is read, decompressed; larger ones are refused and kept beside the tables."""
SMALL_FILE_BYTES = 8 * 2**20
"""Files up to this size are read at once; larger ones are read twice, for their digest and for their records."""
BESIDE_BYTES = 4 * 2**20
"""The largest file that a decoder may read beside its own."""
EXPANSION_RATIO = 1_000
"""How many times its size compressed data may expand to: text stays below a few hundreds, zip bombs do not."""
EXPANSION_FREE_BYTES = 64 * 2**20
"""What may be expanded whatever the ratio."""
EXPANDED_BYTES = 2**40
"""What one compressed file or archive member may expand to at most."""

MALLOPT_TRIM_THRESHOLD = -1
MALLOPT_MMAP_THRESHOLD = -3
"""Numbers of glibc's malloc.h."""
MALLOC_MMAP_BYTES = 32 * 2**20
MALLOC_TRIM_BYTES = 256 * 2**20


def reuse_memory() -> None:
    """Let the C library keep freed memory for the next batch instead of giving it back and faulting it in again.

    Half of the system time of a large ingest otherwise (glibc's default gives back every block above 128 kB). Other C
    libraries are left alone.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(MALLOPT_MMAP_THRESHOLD, MALLOC_MMAP_BYTES)
    mallopt(MALLOPT_TRIM_THRESHOLD, MALLOC_TRIM_BYTES)


def warehouse_path(given: Path | None = None) -> Path:
    """Choose the warehouse: the option, else `WINNOW_WAREHOUSE`, else `.winnow` in the working folder."""
    if given is not None:
        return given
    return Path(os.environ.get(WAREHOUSE_VARIABLE) or DEFAULT_WAREHOUSE)


def s3_options() -> dict[str, str]:
    """Where S3 is, by the variables of AWS's own tools; credentials Arrow finds for itself, as these do.

    Returns:
        Arguments of `pyarrow.fs.S3FileSystem`.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    options = {"endpoint_override": endpoint, "region": region}
    return {name: value for name, value in options.items() if value}


def azure_options() -> dict[str, str]:
    """Which account Azure's containers belong to.

    Returns:
        Arguments of `pyarrow.fs.AzureFileSystem`.
    """
    options = {
        "account_name": os.environ.get("AZURE_STORAGE_ACCOUNT", ""),
        "account_key": os.environ.get("AZURE_STORAGE_KEY", ""),
    }
    return {name: value for name, value in options.items() if value}


def secret(variable: str) -> str | None:
    """Read what a recipe names by its variable only, such as a key; null when it is not set or empty."""
    return os.environ.get(variable) or None
