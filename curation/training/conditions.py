"""Conditions on steps, as loss rules take them: `is_error or is_repeat`, `verdict_progress < 0 and not is_success`.

The language is that of group filters (`curation.selection.language`), which can run nothing: comparisons, `and`, `or`,
`not`, arithmetic, values, names. What is unknown is not true.
"""

from dataclasses import dataclass

import polars as pl

from curation.selection.language import parse_filter
from curation.training.step_facts import STEP_COLUMNS, is_of_steps
from schemas.errors import RecipeError


@dataclass(frozen=True)
class StepCondition:
    """A condition on steps.

    Raises:
        RecipeError: the text is no condition.

    Examples:
        >>> StepCondition("is_error and outcome_reward < 1").trajectory_columns
        ('outcome_reward',)
    """

    text: str

    def __post_init__(self) -> None:
        """Read the text."""
        read = parse_filter(self.text)
        if not self.text.strip() or read.pick.by != "all":
            raise RecipeError(
                f"A condition on steps must compare, and cannot pick, got {self.text!r}. "
                f"Known columns of steps: {', '.join(STEP_COLUMNS)}, verdict_NAME"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns that it reads."""
        return parse_filter(self.text).columns

    @property
    def trajectory_columns(self) -> tuple[str, ...]:
        """Name those that trajectories have, and not steps."""
        return tuple(name for name in self.columns if not is_of_steps(name))

    def steps(self, facts: pl.DataFrame) -> pl.DataFrame:
        """Give the steps for which it is true.

        Args:
            facts: steps with `columns`, see `step_facts`.

        Raises:
            RecipeError: it cannot be evaluated, or its value is no truth value.
        """
        try:
            return facts.filter(parse_filter(self.text).condition)
        except pl.exceptions.PolarsError as exc:
            raise RecipeError(f"{self.text!r} is not true or false of a step: {exc}") from exc
