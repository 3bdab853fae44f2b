"""Records that are too large to hold: kept in a folder, compressed, each under the SHA-256 of its bytes."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from schemas.errors import UnknownNameError, WinnowError
from schemas.rollouts.raw.pieces import Kept

SUFFIX = ".zst"


@dataclass(frozen=True, kw_only=True)
class OversizedFolder:
    """The folder, made when it is first needed."""

    path: Path

    def keep(self, chunks: Iterable[bytes]) -> Kept:
        """Write one record as it streams by; a record that is there already is written again, to the same name.

        Raises:
            WinnowError: the folder cannot be written.
        """
        digest = hashlib.sha256()
        bytes_count = 0
        with self._writing() as (stream, written):
            for chunk in chunks:
                digest.update(chunk)
                bytes_count += len(chunk)
                with self._explained():
                    stream.write(chunk)
            with self._explained():
                stream.close()
                written.rename(self.path / f"{digest.hexdigest()}{SUFFIX}")
        return Kept(digest.hexdigest(), bytes_count)

    def read(self, record_id: str) -> bytes:
        """Give a record back, whole.

        Raises:
            UnknownNameError: no such record was kept.
        """
        if not (self.path / f"{record_id}{SUFFIX}").is_file():
            raise UnknownNameError(f"No bytes of record {record_id!r} are kept: it could not be read.")
        with pa.input_stream(str(self.path / f"{record_id}{SUFFIX}"), compression="zstd") as stream:
            return bytes(stream.read())

    @contextmanager
    def _writing(self) -> Iterator[tuple[pa.NativeFile, Path]]:
        with self._explained():
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.path, suffix=".part")
        try:
            # Left open behind its file, Arrow's stream complains on stderr when it is collected.
            with os.fdopen(descriptor, "wb") as file, pa.CompressedOutputStream(file, "zstd") as stream:
                yield stream, Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """A full disk is our fault, and must not be taken for one of the file that is read."""
        try:
            yield
        except OSError as exc:
            raise WinnowError(
                f"A record that is too large to hold cannot be kept in {str(self.path)!r}: {exc}\n\n"
                "Hint: make room there, and ingest again"
            ) from exc
