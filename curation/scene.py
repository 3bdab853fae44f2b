"""What rules that come after selection look at: what is kept, and its tasks."""

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from curation.contexts import contexts
from curation.corrupted import Corrupted
from curation.frames import Frames, polars_schema
from curation.origins import TRAINED_ORIGINS
from schemas.tables import TABLES


def no_toolsets() -> pl.DataFrame:
    """Give the table `toolsets` without a row."""
    return pl.DataFrame(schema=polars_schema(TABLES["toolsets"]))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One batch of whole tasks after selection."""

    frames: Frames
    """Whole tasks with all their trials, repaired ones in their parents' place."""
    kept: pl.DataFrame
    """One row per kept trajectory, as selectors saw it: with the columns of the recipe's signals."""
    toolsets: pl.DataFrame = field(default_factory=no_toolsets)
    """Rows of the table `toolsets`: those that the trajectories saw."""
    originals: Frames | None = None
    """The same tasks before any repair; null when nothing was repaired."""
    corrupted: Corrupted | None = None
    """Corrupted children of these tasks; null when no rule asks for them."""

    @cached_property
    def contexts(self) -> pl.DataFrame:
        """Every message with what it says and what was said before it, see `curation.contexts`; computed once."""
        return contexts(self.frames.messages)

    @cached_property
    def own_turns(self) -> pl.DataFrame:
        """The policy's own turns: rows of `contexts` with `task_id`; copied, shown and scripted words left out."""
        own = self.frames.messages.filter(
            (pl.col("role") == "assistant") & pl.col("origin").is_in(TRAINED_ORIGINS)
        )
        tasks = self.frames.trajectories.select("trajectory_id", "task_id")
        return self.contexts.join(own, on=["trajectory_id", "seq"], how="semi").join(
            tasks, on="trajectory_id", how="left"
        )

    @cached_property
    def spans_of_talk(self) -> pl.DataFrame:
        """Per trajectory with words of its own: where its prompt ends, that prompt's key, and where its last word ends.

        Returns:
            `trajectory_id`, `task_id`, `prompt_count`, `prompt_key`, `until`.
        """
        ordered = self.own_turns.sort("trajectory_id", "seq")
        return ordered.group_by("trajectory_id", maintain_order=True).agg(
            pl.col("task_id").first(),
            prompt_count=pl.col("seq").first(),
            prompt_key=pl.col("context_key").first(),
            until=pl.col("seq").last() + 1,
        )
