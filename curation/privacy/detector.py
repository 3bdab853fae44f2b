"""What a detector is: a rule of a kept library, and a cheap regex that tells which lines the rule must see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Place = tuple[int, int]
"""First character, and the one behind the last."""

USE_VERSION = "1"
"""Version of how the libraries' rules are used here; a change of what is found changes it."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """One kind of secret or personal data, and who finds it."""

    kind: str
    family: Literal["credential", "personal"]
    confidence: Literal["high", "medium"]
    rule: str
    """The library and its rule."""
    library_version: str
    hint: str
    """A regex that matches somewhere in every text with a find: of the Rust kind, without look-around, and with ASCII
    classes only, since all hints together are one automaton."""
    find: Callable[[str], Iterator[Place]]
    """Gives the places of what is found, in a line or, with `reads_lines` False, in a whole text."""
    reads_lines: bool = True

    @property
    def version(self) -> str:
        """The library's version and that of our use of it."""
        return f"{self.library_version}+{USE_VERSION}"
