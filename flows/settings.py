"""Limits of size and memory, and what the environment says; of Prefect's variables `prefect_server` alone knows."""

import ctypes
import gc
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

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

STORE_RETRY_S = 15
"""How long Google's client tries again; it would for 15 minutes, without a word, where there are no credentials."""

MALLOPT_TRIM_THRESHOLD = -1
MALLOPT_MMAP_THRESHOLD = -3
"""Numbers of glibc's malloc.h."""
MALLOC_MMAP_BYTES = 32 * 2**20
MALLOC_TRIM_BYTES = 256 * 2**20


def tune_memory() -> None:
    """Set both allocators of a large ingest to what they are good at, before the first batch.

    Many small Python objects live as long as a batch: the C library keeps what they leave for the next one instead of
    giving it back and faulting it in again, which is half of the system time otherwise (glibc gives back every block
    above 128 kB). Arrow's few large buffers go back at once: what its own allocator keeps for later was 90 MiB.
    Where these allocators are not built in, all stays as it is.
    """
    import pyarrow as pa

    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(MALLOPT_MMAP_THRESHOLD, MALLOC_MMAP_BYTES)
        mallopt(MALLOPT_TRIM_THRESHOLD, MALLOC_TRIM_BYTES)
    with suppress(NotImplementedError):
        pa.set_memory_pool(pa.jemalloc_memory_pool())
        pa.jemalloc_set_decay_ms(0)


def spare_loaded() -> None:
    """Let the garbage collector pass over what is loaded by now, right before the work of a command.

    A million objects of libraries stay to the end. To look through them all, which every few ten thousand new objects
    ask for, was a sixth of ingesting an unchanged folder again.
    """
    gc.freeze()


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


def gcs_options() -> dict[str, object]:
    """Where Google's storage is: an emulator that `STORAGE_EMULATOR_HOST` names, as for Google's own clients.

    Returns:
        Arguments of `pyarrow.fs.GcsFileSystem`.
    """
    options: dict[str, object] = {"retry_time_limit": timedelta(seconds=STORE_RETRY_S)}
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if emulator:
        scheme, _, host = emulator.rpartition("://")
        options |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or "http", "anonymous": True}
    return options


def azure_options() -> dict[str, str]:
    """Which account Azure's containers belong to, by the variables of Azure's own tools.

    `AZURE_STORAGE_CONNECTION_STRING` goes first, and is needed for another endpoint than Azure's own.

    Returns:
        Arguments of `pyarrow.fs.AzureFileSystem`.
    """
    told = os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")
    named = dict(part.split("=", 1) for part in told.split(";") if "=" in part)
    account = named.get("AccountName") or os.environ.get("AZURE_STORAGE_ACCOUNT", "")
    options = {
        "account_name": account,
        "account_key": named.get("AccountKey") or os.environ.get("AZURE_STORAGE_KEY", ""),
    }
    endpoint = urlsplit(named.get("BlobEndpoint", ""))
    if endpoint.netloc:
        # Arrow puts the account before an authority that begins with a dot, and behind any other.
        authority = endpoint.netloc.removeprefix(account)
        for service in ("blob", "dfs"):
            options[f"{service}_storage_authority"] = authority.replace(".blob.", f".{service}.", 1)
            options[f"{service}_storage_scheme"] = endpoint.scheme
    return {name: value for name, value in options.items() if value}


def secret(variable: str) -> str | None:
    """Read what a recipe names by its variable only, such as a key; null when it is not set or empty."""
    return os.environ.get(variable) or None
