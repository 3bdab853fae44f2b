"""Collapse a call that is repeated with the same result. Ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from curation.frames import Frames
from curation.keys import netstring
from curation.repair.repair import PlacedRepair
from curation.repair.turns import answered_turns
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Trajectory

SAME = ("asked", "told")


@dataclass(frozen=True, kw_only=True)
class CollapseLoops(PlacedRepair):
    """Collapses turns that make the same calls with the same results again, at once, into the first of them.

    Equal means equal texts of names, raw arguments and results. The first turn stays as it was sampled, with its words;
    those of the repeats go. Reward and status are the parent's: a repeat is taken to have changed nothing, which
    no log can prove. List in `tools` those for which that holds.
    """

    name: ClassVar[str] = "collapse_loops"
    version: ClassVar[str] = "1"

    min_repeats: int = 2
    """Fewest equal turns in a row that are collapsed, 2 or more."""
    tools: tuple[str, ...] = ()
    """Tools whose repeated calls are known to change nothing; empty means all."""

    def __post_init__(self) -> None:
        """Refuse a single turn as a repetition.

        Raises:
            RecipeError: `min_repeats` is below 2.
        """
        if self.min_repeats < 2:  # noqa: PLR2004  # one turn repeats nothing
            raise RecipeError(f"`min_repeats` must be 2 or more, got {self.min_repeats!r}.")

    def find(self, frames: Frames) -> pl.DataFrame:
        """Give the repeats, which go: `seq` and `end_seq` of each turn with its results."""
        turns = self._turns(frames)
        before = pl.col("end_seq", *SAME).shift().over("trajectory_id").name.prefix("last_")
        is_repeat = (pl.col("seq") == pl.col("last_end_seq") + 1) & pl.all_horizontal(
            pl.col(name) == pl.col(f"last_{name}") for name in SAME
        )
        runs = turns.with_columns(before).with_columns(is_repeat=is_repeat.fill_null(value=False))
        runs = runs.with_columns(run=(~pl.col("is_repeat")).cum_sum())
        chosen = runs.filter("is_repeat", pl.len().over("run") >= self.min_repeats)
        return chosen.select("trajectory_id", "seq", "end_seq")

    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:
        """Leave the repeats out."""
        gone = {seq for place in places for seq in range(place["seq"], place["end_seq"] + 1)}
        return [message for message in trajectory.messages if message.seq not in gone]

    def _turns(self, frames: Frames) -> pl.DataFrame:
        """Give the policy's own turns of known tools."""
        turns = answered_turns(
            frames,
            frames.calls,
            is_known=pl.col("name").is_in(self.tools).all() if self.tools else pl.lit(value=True),
            asked=(netstring(pl.col("name")) + netstring(pl.col("raw_arguments"))).str.join(""),
            told=netstring(pl.col("result")).str.join(""),
        )
        return turns.filter("is_known", pl.col("origin").is_in([Origin.SAMPLED.value, Origin.REPAIRED.value]))
