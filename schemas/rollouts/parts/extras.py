"""Facts that a record tells outside any rollout: they stay with one trajectory of it, exactly spelled."""

from msgspec.structs import replace

from schemas.rollouts.parts.fields import Fields
from schemas.trajectory import Trajectory


def add_extra(trajectory: Trajectory, name: str, text: str | None) -> Trajectory:
    """Add one field, as JSON text, to a trajectory's `extra`; None adds nothing."""
    extra = Fields((trajectory.extra or "{}").encode(), "extra")
    extra.put(name, text)
    return replace(trajectory, extra=extra.rest())
