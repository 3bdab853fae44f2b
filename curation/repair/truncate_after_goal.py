"""End a rollout where its goal was met. Ours."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.conduct.behaviour_words import READ_TOOLS
from curation.frames import Frames
from curation.references.vocabulary import THINKING_TOOLS
from curation.repair.truncation import Truncation
from curation.rewards.outcomes import is_success
from schemas.errors import RecipeError


@dataclass(frozen=True, kw_only=True)
class TruncateAfterGoal(Truncation):
    """Ends a success after the last call that may have changed something, and the turn that tells of it.

    A call may have changed something unless it failed, or its tool is known to only look: whatever a shell or an unknown
    tool does counts as a change. Reward and status are the parent's: where the judge looks at the final state alone, the
    shorter rollout ends in the same one; a judge of what was said may have wanted the words that are cut.
    """

    name: ClassVar[str] = "truncate_after_goal"
    version: ClassVar[str] = "1"

    min_reward: float | None = 1.0
    """Least reward of a rollout that is cut, where the environment did not break; null: whatever became of it."""
    reading_tools: tuple[str, ...] = ()
    """Tools that change nothing, besides those whose names begin as if they only looked (`get_`, `list_`, `find_`)."""
    keep_turns: int = 1
    """How many of the agent's turns after the last change stay, 0 or more."""
    verdict: str | None = None
    """Name of a score of steps that tells when the goal was met; null: the last change tells it."""
    done_at_least: float = 1.0
    """Least value of that score that says so; the first such step counts."""

    def __post_init__(self) -> None:
        """Refuse to keep less than nothing.

        Raises:
            RecipeError: `keep_turns` is negative.
        """
        if self.keep_turns < 0:
            raise RecipeError(f"`keep_turns` must be 0 or more, got {self.keep_turns!r}.")

    def ends(self, frames: Frames) -> pl.DataFrame:
        """Find the message behind the last turn that stays, where another turn comes later."""
        done = self._last_changes(frames) if self.verdict is None else self._verdicts(frames)
        rewarded = pl.lit(value=True) if self.min_reward is None else is_success(self.min_reward)
        chosen = done.join(frames.trajectories.filter(rewarded), on="trajectory_id", how="semi")
        steps = frames.steps.join(chosen, on="trajectory_id")
        stays = pl.col("step") <= pl.col("goal_step") + self.keep_turns
        ends = steps.group_by("trajectory_id").agg(
            seq=pl.col("end_seq").filter(stays).max() + 1, next_seq=pl.col("seq").filter(~stays).min()
        )
        return ends.filter(pl.col("next_seq") >= pl.col("seq")).select("trajectory_id", "seq")

    def _last_changes(self, frames: Frames) -> pl.DataFrame:
        only_looks = pl.col("name").str.contains(READ_TOOLS) | pl.col("name").is_in(
            [*self.reading_tools, *THINKING_TOOLS]
        )
        changes = frames.calls.filter(pl.col("error_kind").is_null(), ~only_looks)
        return changes.group_by("trajectory_id").agg(goal_step=pl.col("step").max())

    def _verdicts(self, frames: Frames) -> pl.DataFrame:
        told = frames.scores.filter(
            pl.col("scope") == "step",
            pl.col("name") == self.verdict,
            pl.col("value") >= self.done_at_least,
            pl.col("step").is_not_null(),
        )
        return told.group_by("trajectory_id").agg(goal_step=pl.col("step").min())
