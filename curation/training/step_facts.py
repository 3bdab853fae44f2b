"""What loss rules know of steps: their own columns, those of signals, verdicts, and columns of their trajectories."""

from collections.abc import Iterable

import polars as pl

from curation.frames import Frames, polars_schema
from curation.scene import Scene
from curation.signals import SIGNALS
from schemas.tables import TABLES

STEP_KEY = ("trajectory_id", "step")
VERDICT = "verdict_"
"""Before the name of a score, the mean of the verdicts of that name on the step; null where there is none."""
ORDINARY = tuple(name for name in polars_schema(TABLES["steps"]) if name not in {"trajectory_id", "bucket"})
DERIVED = ("is_repeat", "origin", "steps_left")
"""True for calls that came before in the trajectory with the same results; of the message; turns that follow."""
OF_SIGNALS = {
    column.name: name
    for name, signal in SIGNALS.items()
    for column in signal.step_columns
    if column.name not in ORDINARY
}
"""The signal that each further column of steps is of; it is computed when a condition names the column."""
STEP_COLUMNS = (*ORDINARY, *DERIVED, *OF_SIGNALS)


def is_of_steps(name: str) -> bool:
    """Tell whether a name is a column of steps; all others are columns of trajectories."""
    return name in STEP_COLUMNS or name.startswith(VERDICT)


def step_facts(scene: Scene, columns: Iterable[str]) -> pl.DataFrame:
    """Give the named columns of each step of what is kept, sorted by trajectory and step.

    Args:
        scene: what is kept.
        columns: of steps or trajectories, see `is_of_steps`.

    Returns:
        `trajectory_id`, `step`, `seq` of the turn, and the columns.
    """
    names = sorted(set(columns))
    own = scene.frames.steps.join(scene.kept, on="trajectory_id", how="semi").sort(STEP_KEY)
    origins = scene.frames.messages.select("trajectory_id", "seq", "origin")
    facts = own.join(origins, on=["trajectory_id", "seq"], how="left", maintain_order="left").with_columns(
        steps_left=pl.len().over("trajectory_id") - 1 - pl.int_range(pl.len()).over("trajectory_id"),
        is_repeat=is_repeat(("action_key", "observation_key")),
    )
    for name in names:
        if name in OF_SIGNALS:
            values = SIGNALS[OF_SIGNALS[name]].compute(scene.frames)["step"].select(*STEP_KEY, name)
            facts = facts.join(values, on=STEP_KEY, how="left", maintain_order="left")
    facts = _with_verdicts(facts, scene.frames, [name for name in names if name.startswith(VERDICT)])
    wanted = [name for name in names if name not in facts.columns]
    owners = scene.kept.select("trajectory_id", *wanted)
    joined = facts.join(owners, on="trajectory_id", how="left", maintain_order="left")
    return joined.select(list(dict.fromkeys((*STEP_KEY, "seq", *names))))


def is_repeat(keys: Iterable[str]) -> pl.Expr:
    """Tell whether a step with calls is as an earlier one of its trajectory; rows must be sorted."""
    number = pl.int_range(pl.len()).over("trajectory_id", *keys)
    return (pl.col("call_count") > 0) & (number > 0)


def _with_verdicts(facts: pl.DataFrame, frames: Frames, names: list[str]) -> pl.DataFrame:
    """Add one column per name of a score; one that no step of the batch has is unknown everywhere."""
    verdicts = frames.scores.filter(pl.col("scope") == "step", pl.col("step").is_not_null())
    for name in names:
        of_name = verdicts.filter(pl.col("name") == name.removeprefix(VERDICT))
        mean = of_name.group_by(STEP_KEY).agg(pl.col("value").mean().alias(name))
        facts = facts.join(mean, on=STEP_KEY, how="left", maintain_order="left")
    return facts
