"""What a repair is: a rule that makes a better trajectory from a trajectory, as a new one that points at its parent."""

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from curation.frames import Frames
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class Repair(ABC):
    """Base of all repairs; a member's fields are the parameters that a recipe may give."""

    name: ClassVar[str]
    version: ClassVar[str]
    """A change of what is written changes this, and with it the ids of the repairs."""

    @property
    def doc(self) -> str:
        """Say in one line what it does: the first line of the class's docstring."""
        return (inspect.getdoc(type(self)) or "").partition("\n")[0]

    @property
    def rule(self) -> str:
        """Identity of the rule: name, version and parameters; part of the identity of what it makes."""
        return f"{self.name} {self.version} {json.dumps(asdict(self), sort_keys=True)}"

    @abstractmethod
    def candidates(self, frames: Frames) -> list[str]:
        """Name the trajectories of a bucket that `apply` would change, sorted; columnar, no record is built."""

    def apply(self, trajectory: Trajectory) -> Trajectory | None:
        """Make the repaired trajectory; null when there is nothing to repair. Repairing twice equals once."""
        return self.apply_all([trajectory])[0]

    @abstractmethod
    def apply_all(self, trajectories: Sequence[Trajectory]) -> list[Trajectory | None]:
        """Repair each trajectory for itself, in order; together, so that columnar work is done once for all."""
