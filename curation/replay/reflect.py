"""Reflect on a failure, then retry it from its first bad step, as R3L does (github.com/shiweijiezero/R3L)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import polars as pl

from curation.frames import Frames
from curation.parameters import BOUND
from curation.repair.divergence_places import partings
from curation.repair.writers import Writer
from curation.replay.strategy import ReplayStrategy, failures, observed, sampled_turns
from schemas.errors import RecipeError

GUIDANCE = "guidance"
"""The kind of text that a writer is asked for."""
OURS = "template"


@dataclass(frozen=True, kw_only=True)
class Reflect(ReplayStrategy):
    """Asks to replay each failure up to its first bad step, and to go on from there with guidance.

    Published, a model reflects on the trial and names the step; here the step is where the failure leaves its nearest
    success, or what a verdict says, and a writer words the guidance: a template of ours, or an endpoint. As published, the
    guidance is a system message at that state, or part of the system prompt when no turn comes before it.
    """

    name: ClassVar[str] = "reflect"
    version: ClassVar[str] = "1"
    published_as: ClassVar[str] = "R3L, github.com/shiweijiezero/R3L: reflect, then retry"

    success_reward: float = 1.0
    """Least reward of a success."""
    across_policies: bool = False
    """Find the divergence from successes of other policies too."""
    first_bad: Literal["divergence", "verdict"] = "divergence"
    """What tells the first bad step: where the failure leaves its nearest success, or a score of steps."""
    verdict: str = "step"
    """Name of that score."""
    bad_at_most: float = 0.0
    """Greatest value of a bad step."""
    writer: str = OURS
    """Who writes the guidance: `template` (ours), or a writer that is bound from outside."""
    bound_writer: Writer | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """The writer of that name, when it is not ours."""

    def find(self, frames: Frames) -> pl.DataFrame:
        """Find the first bad step of each failure.

        Raises:
            RecipeError: nobody knows the writer.
        """
        if self.bound_writer is None and self.writer != OURS:
            raise RecipeError(f"Unknown `writer` {self.writer!r}. Writers without an endpoint: {OURS}")
        failed = failures(frames, success_reward=self.success_reward).select("trajectory_id")
        bad = self._judged(frames) if self.first_bad == "verdict" else self._parted(frames)
        turns = sampled_turns(frames).join(bad, on=["trajectory_id", "step"])
        return turns.join(failed, on="trajectory_id", how="semi").join(
            observed(frames), on=["trajectory_id", "seq"], how="left"
        )

    def hint(self, facts: Mapping[str, str]) -> str:
        """Word the guidance."""
        return guidance(facts) if self.bound_writer is None else self.bound_writer.write(GUIDANCE, facts)

    def _parted(self, frames: Frames) -> pl.DataFrame:
        found = partings(frames, success_reward=self.success_reward, across_policies=self.across_policies)
        return found.select("trajectory_id", "partner_id", step="bad_step")

    def _judged(self, frames: Frames) -> pl.DataFrame:
        is_bad = (pl.col("name") == self.verdict) & (pl.col("value") <= self.bad_at_most)
        bad = frames.scores.filter(pl.col("scope") == "step", is_bad)
        first = bad.group_by("trajectory_id").agg(pl.col("step").min())
        return first.with_columns(partner_id=pl.lit(None, pl.String))


def guidance(facts: Mapping[str, str]) -> str:
    """Word guidance from what is known of the bad step.

    Examples:
        >>> guidance({"step": "search({})", "observation": ""})
        'An earlier attempt at this task failed. At this point it did: search({}). Do something else.'
    """
    came_back = f" It then saw: {facts['observation']}" if facts["observation"] else ""
    return f"An earlier attempt at this task failed. At this point it did: {facts['step']}.{came_back} Do something else."
