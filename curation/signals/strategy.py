"""Strategy: how well a trajectory's way of working does on its task, and in the domain of its task."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import pyarrow as pa

from curation.frames import Frames
from curation.rewards.outcomes import is_success, is_trial
from curation.signals.signal import Signal
from curation.topology.luck import judge_strategies, judged_trials
from curation.topology.potential import USUAL, halves_of_trials, mean_excess, with_teachers
from curation.topology.strategy import strategies
from schemas.tables import Column
from schemas.tables.declaration import REAL, STRING

NUMBERS = pa.list_(pa.int64())


@dataclass(frozen=True, kw_only=True)
class Strategy(Signal):
    """What each trajectory does, whatever it does it with, and how well that does on its own task.

    A strategy is the sequence of tools, shapes of arguments (names and types) and failures; repeats are one. Its
    potential on the task is 1/2 plus the mean, over its distinct moves from one such state to the next, of how much more
    often than usual trials succeed that make them: relative to the rate of each trial's own policy, and learned from
    the other half of the task's trials. Ours.
    """

    name: ClassVar[str] = "strategy"
    version: ClassVar[str] = "1"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(
            name="strategy_key",
            type=STRING,
            doc="Hash of the sequence of strategy states; null without a call.",
            nullable=True,
        ),
        Column(
            name="strategy_label",
            type=STRING,
            doc="The tools called, for people, repeats once, at most 120 characters; null without a call.",
            nullable=True,
        ),
        Column(
            name="strategy_moves",
            type=NUMBERS,
            doc="Numbers of its distinct moves from one strategy state to the next, ascending; null without a call.",
            nullable=True,
        ),
        Column(
            name="strategy_potential_task",
            type=REAL,
            doc="1/2 plus the mean excess of its moves on its task; above 1/2, trials that make them succeed more often "
            "than their policy does; null without a call, or when the other half of the task has no known outcome.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    )

    success_reward: float = 1.0
    """Least reward of a success."""

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Describe each strategy, and judge it on its task."""
        described = strategies(frames)
        trials = frames.trajectories.select(
            "trajectory_id",
            "task_id",
            policy="group_id",
            fold=halves_of_trials("group_id"),
            outcome=pl.when(is_trial()).then(is_success(self.success_reward)).cast(pl.Float64),
        )
        moves = described.explode("strategy_moves").select("trajectory_id", state="strategy_moves")
        potential = pl.when("has_teachers").then((USUAL + pl.col("excess")).clip(0, 1))
        judged = (
            with_teachers(trials, scope="task_id")
            .join(mean_excess(trials, moves, scope="task_id"), on="trajectory_id", how="left")
            .select("trajectory_id", strategy_potential_task=potential)
        )
        measured = frames.trajectories.select("trajectory_id", "bucket")
        for part in (described, judged):
            measured = measured.join(part, on="trajectory_id", how="left")
        return {"trajectory": measured}


@dataclass(frozen=True, kw_only=True)
class StrategyDomain(Signal):
    """How well each trajectory's strategy does in the other tasks of its benchmark, and how lucky its success is.

    The advantage is the mean, over the distinct moves of the strategy, of how much more often trials succeed that make
    them than their policy does on the same task; learned outside the fifth of the tasks that its own one is in. The
    potential is the rate of success that goes with such an advantage: the domain's rate, moved by isotonic regression
    of outcomes on advantages, again learned outside the fifth. Luck is 1 - potential, of successes. A policy's only
    trial of a task teaches nothing. Ours. It is computed over the whole corpus at once.
    """

    name: ClassVar[str] = "strategy_domain"
    version: ClassVar[str] = "1"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(
            name="strategy_advantage",
            type=REAL,
            doc="Mean excess of its moves in the domain; 0 is as usual, null without a call or with nothing to learn "
            "from.",
            nullable=True,
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="strategy_potential",
            type=REAL,
            doc="Rate of success that such an advantage goes with in the domain's other tasks; null as the advantage.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="luck",
            type=REAL,
            doc="1 - strategy_potential; null unless it succeeds, or as the advantage.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    )

    success_reward: float = 1.0
    """Least reward of a success."""

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Judge the strategies of frames that hold the whole corpus."""
        judged = frames.trajectories.with_columns(is_success=is_success(self.success_reward))
        trials = judged_trials(judged, frames.tasks.select("task_id", "benchmark"))
        return {"trajectory": self.judge(frames.trajectories, trials, strategies(frames))}

    def judge(
        self, trajectories: pl.DataFrame, trials: pl.DataFrame, described: pl.DataFrame
    ) -> pl.DataFrame:
        """Judge strategies that are described already.

        Args:
            trajectories: `trajectory_id` and `bucket` of those that get a row.
            trials: as `judged_trials` gives them, of the whole corpus.
            described: `trajectory_id`, `strategy_key` and `strategy_moves` of those with a call, of the whole corpus.
        """
        judged = judge_strategies(trials, described.select("trajectory_id", "strategy_key", "strategy_moves"))
        return trajectories.select("trajectory_id", "bucket").join(judged, on="trajectory_id", how="left")
