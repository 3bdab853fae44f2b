"""Roll failed calls back to the success that the rollout found itself.

The offline variant (a *reconstruction*) of CLEANER's SAAR, arXiv 2601.15141. Published is a rule for rollouts as they are
sampled: a failed turn is taken back, sampled again with the error in view, and executed again. A stored rollout holds
its self-correction as the next turn, so what the published code samples and executes is here what was observed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar, Literal

import polars as pl

from curation.frames import Frames
from curation.keys import netstring
from curation.repair.overwrite import MARKER, Compare, Spelling, overwrite_all
from curation.repair.repair import PlacedRepair
from curation.repair.turns import answered_turns
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Trajectory


@dataclass(frozen=True, kw_only=True)
class Rollback(PlacedRepair):
    """Rolls failed calls back to the success that follows at once, as if the first try had been the right one.

    A run of failed turns, followed at once by a turn of the same tools that succeeds, becomes one turn; `overwrite` tells
    which words it has. All its words have the origin `repaired`: they were sampled, but not after what now stands before
    them, and may mention the failure. Reward and status are the parent's: a call that reports failure is taken to have
    changed nothing, which no log can prove. List in `tools` those for which that holds.
    """

    name: ClassVar[str] = "rollback"
    version: ClassVar[str] = "1"

    min_similarity: float = 0.5
    """Least similarity of call texts (difflib ratio, in [0, 1]) at which the earlier words stay; 0.5 as published, where
    exactly 0.5 is similar."""
    compare: Compare = "chained"
    """Which calls are compared in a run of several failures: `chained` each with the next, as published, or `first`: the
    first with the last."""
    max_retries: int | None = 3
    """Longest run of failures that is rolled back; 3 as published, null for any."""
    gives_up_for: Literal["run", "rest"] = "run"
    """What a failure that is not rolled back leaves alone: its own run, or, as published, the rest of the rollout."""
    success_text: str | None = None
    """What a result that is no failure has in it; every other text then reports a failure (as published, with "Tool call
    success"). Null: our rules of what reports a failure."""
    partial_failures: bool = False
    """Roll back turns of which some calls succeeded too, as published; these successes are dropped."""
    same_tools: bool = True
    """Take only a turn that calls the same tools in the same order for a retry. Published has one tool."""
    spelling: Spelling = "hermes"
    """How stored calls are spelled for comparison: `hermes` (in tags, as published) or `bare` JSON."""
    marker: str = MARKER
    """Where a call begins in turns whose calls are part of their text; without it the whole turn is replaced."""
    tools: tuple[str, ...] = ()
    """Tools whose failed calls are known to change nothing; empty means all."""

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises:
            RecipeError: see the message.
        """
        if not 0 <= self.min_similarity <= 1:
            raise RecipeError(f"`min_similarity` must be in [0, 1], got {self.min_similarity!r}.")
        if self.max_retries is not None and self.max_retries < 1:
            raise RecipeError(f"`max_retries` must be 1 or more, or null, got {self.max_retries!r}.")
        if not self.marker:
            raise RecipeError("`marker` must not be empty: it is where a call begins.")

    def find(self, frames: Frames) -> pl.DataFrame:
        """Give the turns of every run that is rolled back, the success last: `run`, `seq`, `end_seq`."""
        turns = self._in_runs(self._turns(frames))
        failures = pl.col("is_failed").sum()
        is_short = pl.lit(value=True) if self.max_retries is None else failures <= self.max_retries
        runs = turns.group_by("trajectory_id", "run", maintain_order=True).agg(
            has_failed=failures > 0, is_retried=~pl.col("is_failed").last() & (failures > 0) & is_short
        )
        if self.gives_up_for == "rest":
            gave_up = (pl.col("has_failed") & ~pl.col("is_retried")).cum_max().over("trajectory_id")
            runs = runs.filter(~gave_up)
        chosen = turns.join(runs.filter("is_retried"), on="run", how="semi", maintain_order="left")
        return chosen.select("trajectory_id", "run", "seq", "end_seq")

    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:
        """Put one turn in the place of each run, with the result of the success."""
        return list(self._rewritten(trajectory.messages, places))

    def _rewritten(self, messages: Sequence[Message], places: list[dict[str, Any]]) -> Iterator[Message]:
        done = 0
        for _, run in groupby(places, key=itemgetter("run")):
            turns = list(run)
            yield from messages[done : turns[0]["seq"]]
            yield overwrite_all(
                [messages[turn["seq"]] for turn in turns],
                min_similarity=self.min_similarity,
                compare=self.compare,
                spelling=self.spelling,
                marker=self.marker,
            )
            done = turns[-1]["seq"] + 1
        yield from messages[done:]

    def _turns(self, frames: Frames) -> pl.DataFrame:
        """Give the sampled turns of known tools whose calls all fail or all succeed."""
        is_failed = pl.col("is_failed")
        turns = answered_turns(
            frames,
            frames.calls.with_columns(is_failed=self._is_failed()),
            tools=netstring(pl.col("name")).str.join(""),
            is_known=pl.col("name").is_in(self.tools).all() if self.tools else pl.lit(value=True),
            is_failed=is_failed.any(),
            is_mixed=is_failed.any() & ~is_failed.all(),
        )
        is_clear = pl.lit(value=True) if self.partial_failures else ~pl.col("is_mixed")
        return turns.filter("is_known", is_clear, pl.col("origin") == Origin.SAMPLED.value)

    def _in_runs(self, turns: pl.DataFrame) -> pl.DataFrame:
        """Number runs: a turn continues a failed one that it follows at once with the same tools."""
        before = pl.col("end_seq", "tools", "is_failed").shift().over("trajectory_id").name.prefix("last_")
        continues = pl.col("last_is_failed") & (pl.col("seq") == pl.col("last_end_seq") + 1)
        if self.same_tools:
            continues &= pl.col("tools") == pl.col("last_tools")
        is_first = ~continues.fill_null(value=False)
        return turns.with_columns(before).with_columns(run=is_first.cum_sum())

    def _is_failed(self) -> pl.Expr:
        if self.success_text is None:
            return pl.col("error_kind").is_not_null()
        is_success = pl.col("result").str.contains(self.success_text, literal=True)
        return ((pl.col("result") != "") & ~is_success).fill_null(value=False)
