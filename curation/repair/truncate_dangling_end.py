"""Cut the end of a rollout that was broken off in the middle of a call. Ours."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.repair.truncation import Truncation
from schemas.trajectory import Status


@dataclass(frozen=True, kw_only=True)
class TruncateDanglingEnd(Truncation):
    """Cuts the last turns with a call that nothing answers, back to the last turn that is whole.

    No result is made up. The last call of a completed rollout is often the one that ends it (`submit`, `finish`), so
    completed ones are left alone by default. Reward and status are the parent's.
    """

    name: ClassVar[str] = "truncate_dangling_end"
    version: ClassVar[str] = "1"

    statuses: tuple[Status, ...] = (
        Status.TRUNCATED,
        Status.AGENT_ERROR,
        Status.INFRA_ERROR,
        Status.UNKNOWN,
    )
    """Statuses of the rollouts that are cut."""
    ending_tools: tuple[str, ...] = ("submit", "finish", "done")
    """Tools whose call ends a rollout by itself; it dangles by nature and stays."""

    def ends(self, frames: Frames) -> pl.DataFrame:
        """Find the message behind the last turn that is whole, where a dangling one comes later."""
        dangles = pl.col("result_seq").is_null() & ~pl.col("name").is_in(self.ending_tools)
        broken = frames.calls.filter(dangles).select("trajectory_id", "step").unique()
        chosen = frames.trajectories.filter(
            pl.col("status").is_in([status.value for status in self.statuses])
        )
        steps = frames.steps.join(chosen, on="trajectory_id", how="semi")
        whole = steps.join(broken, on=["trajectory_id", "step"], how="anti")
        last = whole.group_by("trajectory_id").agg(
            whole_step=pl.col("step").max(), seq=pl.col("end_seq").max() + 1
        )
        later = steps.join(last, on="trajectory_id").filter(pl.col("step") > pl.col("whole_step"))
        first = later.group_by("trajectory_id", "seq_right").agg(pl.col("seq").min().alias("next_seq"))
        return first.filter(pl.col("next_seq") >= pl.col("seq_right")).select(
            "trajectory_id", seq="seq_right"
        )
