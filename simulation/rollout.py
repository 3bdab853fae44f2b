"""Run one skill on one task and keep the record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from simulation.agents import MIX, SKILLS
from simulation.episode import MAX_STEPS, Episode, Status, Turn
from simulation.truth import Truth, tell_truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulation.tasks import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """One trial of one task, with the truth about it."""

    task: Task
    trial: int
    skill: str
    """Known to the truth only: no format writes it into a rollout."""
    turns: tuple[Turn, ...]
    status: Status
    reward: float
    truth: Truth

    @property
    def rollout_id(self) -> str:
        """The name of the rollout in every format."""
        return f"{self.task.task_id}-trial-{self.trial}"


def run_trial(task: Task, trial: int, *, skills: Sequence[str] | None = None) -> Rollout:
    """Run one trial; it depends on the task's seed and index, the trial and the skills only.

    Args:
        task: the task
        trial: 0 or more
        skills: the skills to draw from, weighted by `MIX`; None for all

    Raises:
        ValueError: a skill is unknown
    """
    key = f"{task.split}/{task.seed}/{task.index}/{trial}"
    rng = Random(key)
    names, weights = _weighted(tuple(skills) if skills is not None else tuple(SKILLS))
    skill = rng.choices(names, cum_weights=weights)[0]
    return run_skill(task, skill, trial=trial, rng=rng)


def run_skill(task: Task, skill: str, *, trial: int, rng: Random, max_steps: int = MAX_STEPS) -> Rollout:
    """Run one named skill on a task.

    Args:
        task: the task
        skill: a key of `SKILLS`
        trial: kept in the record
        rng: source of both the agent's choices and the temporary errors
        max_steps: agent turns allowed
    """
    episode = Episode(task, Random(rng.getrandbits(64)), max_steps=max_steps)
    script = SKILLS[skill](task.request, rng)
    action = next(script)
    while True:
        reply = episode.step(action)
        if episode.is_over:
            break
        action = script.send(reply)
    script.close()
    is_solved = episode.statuses == task.goal_statuses
    return Rollout(
        task=task,
        trial=trial,
        skill=skill,
        turns=tuple(episode.turns),
        status=episode.status,
        reward=episode.reward,
        truth=tell_truth(task, episode.turns, is_solved=is_solved),
    )


def check_skills(skills: Sequence[str]) -> None:
    """Raise when a skill is unknown or none is given.

    Raises:
        ValueError: with the known skills in the message
    """
    unknown = [skill for skill in skills if skill not in SKILLS]
    if unknown or not skills:
        known = ", ".join(sorted(SKILLS))
        raise ValueError(
            f"Unknown or no `skills`: {unknown or list(skills)!r}. Known skills: {known}.\n\n"
            "Hint: pass None (on the command line, leave --skills out) for the whole mix"
        )


@lru_cache(maxsize=8)
def _weighted(skills: tuple[str, ...]) -> tuple[tuple[str, ...], list[float]]:
    check_skills(skills)
    cumulative, total = [], 0.0
    for skill in skills:
        total += MIX[skill]
        cumulative.append(total)
    return skills, cumulative
