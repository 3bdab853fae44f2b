"""Have failures rewritten whole with the environment's feedback in view, as Re-ReST does (arXiv 2406.01495)."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.replay.strategy import ReplayStrategy, failures, sampled_turns


@dataclass(frozen=True, kw_only=True)
class Reflector(ReplayStrategy):
    """Asks for another trajectory in place of each failed one, from its first turn on.

    Published: a reflector reads the failed trajectory (`attempt` of the request) and what the environment said of it
    (`error`: the last observation; `outcome`), writes a better one, and those that succeed train the agent, and with
    their failure the reflector. A verifier's explanation is no part of it: it may tell the answer.
    """

    name: ClassVar[str] = "reflector"
    version: ClassVar[str] = "1"
    published_as: ClassVar[str] = "Re-ReST, arXiv 2406.01495: reflection on failed trajectories"

    success_reward: float = 1.0
    """Least reward of a success."""

    def find(self, frames: Frames) -> pl.DataFrame:
        """Find the first turn of each failed trial."""
        failed = failures(frames, success_reward=self.success_reward)
        first = sampled_turns(frames).filter(pl.col("turn") == 0).drop("end_seq")
        said = frames.messages.sort("trajectory_id", "seq").select(
            "trajectory_id", "role", "text", answer_seq="seq"
        )
        behind = said.join(first, on="trajectory_id").filter(pl.col("answer_seq") > pl.col("seq"))
        last = behind.filter(pl.col("role") != "assistant").group_by("trajectory_id", maintain_order=True)
        ends = said.group_by("trajectory_id").agg(end_seq=pl.col("answer_seq").max() + 1)
        return (
            first.join(failed, on="trajectory_id", how="semi")
            .join(ends, on="trajectory_id")
            .join(last.agg(error=pl.col("text").last()), on="trajectory_id", how="left")
            .with_columns(partner_id=pl.lit(None, pl.String))
        )
