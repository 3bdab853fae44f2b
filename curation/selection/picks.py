"""Picks: which trajectories of a group to take, by name: best, shortest, all."""

import re
from dataclasses import dataclass

import polars as pl

from curation.rewards.outcomes import scored_reward
from schemas.errors import RecipeError

PICKS = ("best", "shortest", "all")
GROUPINGS = ("group_id", "task_id")
LENGTH = "step_count"
SPELLING = re.compile(r"(all)|(best|shortest)(?:-([1-9]\d*))?")


@dataclass(frozen=True)
class Picked:
    """A pick and how many trajectories it takes of each group."""

    by: str
    """One of `PICKS`."""
    count: int = 1
    """At least 1; of no meaning for `all`."""

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name what the order is made of."""
        return {"best": ("outcome_reward", "status", LENGTH), "shortest": (LENGTH,), "all": ()}[self.by]

    def rank(self, is_rival: pl.Expr, group: str) -> pl.Expr:
        """Rank the rivals of each group from 1; null for what cannot be picked.

        `best`: the highest reward, then the fewest agent turns, then the smallest id; a trajectory whose outcome is
        unknown, or whose environment broke, is never best. `shortest`: the fewest agent turns, then the smallest id.

        Args:
            is_rival: which rows compete; never null.
            group: column of the group.
        """
        can_win = is_rival & scored_reward().is_not_null() if self.by == "best" else is_rival
        keys = [LENGTH, "trajectory_id"]
        if self.by == "best":
            place = pl.struct(-scored_reward(), *keys)
        elif self.by == "shortest":
            place = pl.struct(*keys)
        else:
            place = pl.struct("trajectory_id")
        return pl.when(can_win).then(place).rank("ordinal").over(group)

    def takes(self, place: pl.Expr) -> pl.Expr:
        """Tell whether a place is good enough; never null, for none is not."""
        taken = place.is_not_null() if self.by == "all" else place <= self.count
        return taken.fill_null(value=False)

    def __str__(self) -> str:
        """Spell it as a recipe does."""
        return self.by if self.by == "all" or self.count == 1 else f"{self.by}-{self.count}"


def parse_pick(text: str) -> Picked:
    """Read a pick.

    Raises:
        RecipeError: it is none.

    Examples:
        >>> parse_pick("best-2"), str(parse_pick("shortest-1"))
        (Picked(by='best', count=2), 'shortest')
    """
    match = SPELLING.fullmatch(text)
    if match is None:
        raise RecipeError(
            f"{text!r} is no pick. Allowed: best, best-N, shortest, shortest-N, all; N is 1 or more"
        )
    return Picked(by=match[1] or match[2], count=int(match[3] or 1))
