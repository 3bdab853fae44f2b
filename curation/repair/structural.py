"""Mend the structure of a conversation, so that chat templates and loaders take it. Ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from curation.frames import Frames
from curation.repair.mending import dropped_copies, dropped_orphans, merged, with_ids, with_results_beside
from curation.repair.repair import PlacedRepair
from curation.repair.structure_faults import copies, faulty_links, faulty_order, neighbours, orphans
from schemas.trajectory import Message, Role, Trajectory


@dataclass(frozen=True, kw_only=True)
class Structural(PlacedRepair):
    """Mends the structure: orphan results, results out of order, missing ids, a repeated start, neighbours of one role.

    No word is made up, and nothing that an agent sampled is changed but the ids of its calls: where two of its messages
    are merged (only when asked for), all their words stay. Calls without a result stay as they are. Reward and status
    are the parent's.
    """

    name: ClassVar[str] = "structural"
    version: ClassVar[str] = "1"

    drop_orphans: bool = True
    """Drop tool results that answer no call. Where a conversation has no stored call at all, its calls are in the
    text, and no result is an orphan."""
    order_results: bool = True
    """Put results right behind their calls, in the order of the calls."""
    give_ids: bool = True
    """Give calls without an id, or with one that an earlier call has, an id from their place, and results that of their
    call."""
    drop_copies: bool = True
    """Drop a second copy of the start of the conversation, where the system message comes again with all that followed
    it."""
    merge_roles: tuple[Role, ...] = (Role.USER,)
    """Roles of which neighbours (of one origin, of plain text, without calls between them) become one message."""

    def find(self, frames: Frames) -> pl.DataFrame:
        """Name the trajectories with a fault."""
        messages = frames.messages.sort("trajectory_id", "seq")
        found = [
            orphans(messages) if self.drop_orphans else None,
            faulty_order(messages) if self.order_results else None,
            faulty_links(messages) if self.give_ids else None,
            copies(messages) if self.drop_copies else None,
            neighbours(messages, self.merge_roles),
        ]
        names = [frame.select("trajectory_id") for frame in found if frame is not None]
        return pl.concat(names).unique().sort("trajectory_id")

    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:  # noqa: ARG002  # it looks itself
        """Mend one fault after the other."""
        messages: Sequence[Message] = trajectory.messages
        if self.drop_orphans:
            messages = dropped_orphans(messages)
        if self.order_results:
            messages = with_results_beside(messages)
        if self.drop_copies:
            messages = dropped_copies(messages)
        if self.give_ids:
            messages = with_ids(messages)
        return merged(messages, self.merge_roles)
