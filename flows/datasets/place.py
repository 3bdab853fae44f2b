"""What a place is that an export can be pushed to."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class Place(ABC):
    """A flat folder of files somewhere."""

    is_atomic: ClassVar[bool] = False
    """Whether `replace` shows either all of it or nothing; else whoever writes decides about the order."""

    @abstractmethod
    def names(self) -> list[str]:
        """Name the files that are there; none when the place is not there yet."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Read a file whole."""

    @abstractmethod
    def upload(self, folder: Path, names: Sequence[str]) -> None:
        """Write files of a local folder, in place of those of these names; the place is made when it is not there."""

    @abstractmethod
    def remove(self, names: Sequence[str]) -> None:
        """Remove files."""

    def replace(self, folder: Path, names: Sequence[str], gone: Sequence[str]) -> None:
        """Write files of a local folder, and remove others."""
        self.upload(folder, names)
        self.remove(gone)

    @abstractmethod
    def holds(self, path: Path, name: str) -> bool:
        """Tell whether a file there has the bytes of a local one."""
