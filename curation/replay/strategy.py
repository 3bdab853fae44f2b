"""What a replay strategy is: a rule that finds the states of stored trials from which to act again.

A log cannot say what another action would have led to. Who has the environment replays the actions before such a state,
lets a policy go on, and hands what happened back as a continuation (the rollout format `winnow_continuation`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.described import Identified
from curation.frames import Frames
from curation.rewards.outcomes import is_success, is_trial
from schemas.errors import RecipeError
from schemas.trajectory import Origin

PLACE_SCHEMA = pl.Schema(
    {
        "trajectory_id": pl.String,
        "seq": pl.Int64,
        "step": pl.Int64,
        "end_seq": pl.Int64,
        "error": pl.String,
        "partner_id": pl.String,
    }
)
"""What `find` gives: a trial; the sampled message that is to be said anew, by `seq` and as the agent's turn from 0; the
first message behind what is shown of the trial's own way from there (null: nothing is shown); the observation that tells
what went wrong (null: none does); and the success that the place was found by (null: none)."""


@dataclass(frozen=True, kw_only=True)
class ReplayStrategy(Identified, ABC):
    """Base of all replay strategies; a member's fields are its parameters."""

    name: ClassVar[str]
    version: ClassVar[str]
    """A change of what is asked changes this, and with it the ids of the requests."""
    published_as: ClassVar[str]
    """The method that asks so, with its source."""

    per_trajectory: int | None = None
    """Most requests of one trajectory, the earliest; null: all."""
    budget: int = 1
    """How many continuations each request asks for at most."""

    def __post_init__(self) -> None:
        """Refuse counts below 1.

        Raises:
            RecipeError: a count below 1.
        """
        for name in ("per_trajectory", "budget"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise RecipeError(f"`{name}` must be 1 or more, got {value!r}.")

    @abstractmethod
    def find(self, frames: Frames) -> pl.DataFrame:
        """Find the states of a bucket; columnar, no record is built.

        Returns:
            Rows under `PLACE_SCHEMA`, in any order; `places` drops those that are no trial's, and those over the limit.
        """

    def places(self, frames: Frames) -> pl.DataFrame:
        """Find the states of trials, within the limit, sorted by trajectory and `seq`; `outcome_reward` beside them."""
        trials = frames.trajectories.filter(is_trial()).select("trajectory_id", "outcome_reward")
        found = self.find(frames).select(pl.col(name).cast(kind) for name, kind in PLACE_SCHEMA.items())
        found = found.join(trials, on="trajectory_id").sort("trajectory_id", "seq")
        if self.per_trajectory is None:
            return found
        return found.group_by("trajectory_id", maintain_order=True).head(self.per_trajectory)

    def hint(self, facts: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the signature is the contract
        """Write the guidance that the policy gets at that state; null: it gets none.

        Args:
            facts: `step` (what the agent did there) and `observation` (what came back, "" for nothing).
        """
        return None


def sampled_turns(frames: Frames) -> pl.DataFrame:
    """Number the turns that the policy itself took: `trajectory_id`, `seq`, `step`, `end_seq` (behind results), `turn`.

    `step` counts all turns of the agent, as the table `steps` does; `turn` only the sampled ones, both from 0.
    """
    sampled = frames.messages.filter(
        pl.col("role") == "assistant", pl.col("origin") == Origin.SAMPLED.value
    ).select("trajectory_id", "seq")
    turns = frames.steps.join(sampled, on=["trajectory_id", "seq"], how="semi").sort("trajectory_id", "seq")
    return turns.select(
        "trajectory_id",
        "seq",
        "step",
        end_seq=pl.col("end_seq") + 1,
        turn=pl.int_range(pl.len(), dtype=pl.Int64).over("trajectory_id"),
    )


def failures(frames: Frames, *, success_reward: float) -> pl.DataFrame:
    """Give the trials that are known to have failed, rows of `trajectories`."""
    return frames.trajectories.filter(is_trial(), ~is_success(success_reward))


def observed(frames: Frames) -> pl.DataFrame:
    """Join what came back for the calls of each turn, a result per line: `trajectory_id`, `seq`, `error`."""
    answered = frames.calls.filter(pl.col("result_seq").is_not_null()).sort(
        "trajectory_id", "seq", "call_index"
    )
    return answered.group_by("trajectory_id", "seq", maintain_order=True).agg(
        error=pl.col("result").str.join("\n")
    )
