"""What TopoCurate (arXiv 2603.01714) leaves open about its metrics: our choice as the default of each, the others beside it."""

from dataclasses import dataclass
from typing import Literal, get_args

from curation.topology.intervals import METHODS, IntervalMethod
from schemas.errors import RecipeError

Setbacks = Literal["drop_or_error", "drop"]
Geodesic = Literal["all", "successes"]
Chains = Literal["whole", "without_repeats"]


@dataclass(frozen=True, kw_only=True)
class GraphChoices:
    """Choices about graphs and tasks."""

    interval: IntervalMethod = "beta"
    """Interval of a success potential: `beta` (of the posterior whose mean it is), `jeffreys`, `wilson`."""
    interval_level: float = 0.95
    """Its level, in (0, 1)."""
    failing_potential: float | None = 0.5
    """A branch whose target has less success potential leads to failure; null: one whose target's visitors succeed less often
    than the task's trials do. Where all trials end alike, no branch is then a failing one."""
    chains: Chains = "whole"
    """What a tool sequence of strategic heterogeneity is: the `whole` sequence, or `without_repeats` of one tool in a row."""

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises:
            RecipeError: see the message.
        """
        if self.interval not in METHODS:
            raise RecipeError(f"`interval` must be one of {', '.join(METHODS)}, got {self.interval!r}.")
        if not 0 < self.interval_level < 1:
            raise RecipeError(f"`interval_level` must be in (0, 1), got {self.interval_level!r}.")
        if self.failing_potential is not None and not 0 <= self.failing_potential <= 1:
            raise RecipeError(
                f"`failing_potential` must be in [0, 1] or null, got {self.failing_potential!r}."
            )
        if self.chains not in get_args(Chains):
            raise RecipeError(f"`chains` must be one of {', '.join(get_args(Chains))}, got {self.chains!r}.")
