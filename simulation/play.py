"""Play unseen tasks with any policy: text in, action text out.

A policy sees the terse text so far, one line per message, each line ended, and returns the line
that the agent does next. A line that is no action gets an error as a tool would give it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from simulation.agents import SKILLS
from simulation.episode import MAX_STEPS, Action, Episode
from simulation.tasks import make_task
from simulation.terse import (
    ERROR_WORD,
    action_line,
    parse_action,
    parse_reply,
    parse_request,
    reply_line,
    request_line,
)

Policy = Callable[[str], str]
"""Text so far to the next action line."""

BatchPolicy = Callable[[Sequence[str]], Sequence[str]]
"""Texts so far to next action lines, for many episodes at once."""

INVALID: Final = f"{ERROR_WORD} bad"
"""What an agent sees after a line that is no action."""


@dataclass(frozen=True, kw_only=True)
class PlayReport:
    """How a policy did."""

    task_count: int
    success_rate: float
    """Share of tasks that ended in the goal state, in [0, 1]."""
    mean_steps: float
    """Agent turns per task, lines that are no action included."""
    truncated_count: int
    invalid_count: int
    """Lines that were no action, over all tasks."""


class _Table:
    """One task being played: the episode and the text that its player sees."""

    def __init__(self, seed: int, index: int, max_steps: int) -> None:
        task = make_task(seed, index, split="play")
        self.episode = Episode(task, Random(f"play/{seed}/{index}/faults"), max_steps=max_steps)
        self.text = f"{request_line(task.request)}\n"
        self.invalid_count = 0

    def take(self, line: str) -> None:
        action = parse_action(line)
        if action is None:
            self.invalid_count += 1
            # An empty action: it costs a step and changes nothing.
            self.episode.step(Action())
            self.text += f"{' '.join(line.split())}\n{INVALID}\n"
            return
        self.text += (
            f"{action_line(action)}\n{reply_line(self.episode.step(action), self.episode.task.request)}\n"
        )


def play(policy: Policy, *, tasks: int = 300, seed: int = 0, max_steps: int = MAX_STEPS) -> PlayReport:
    """Play unseen tasks; they come from another stream than any rollout that is written.

    Args:
        policy: text so far to next action line
        tasks: number of tasks, 1 or more
        seed: any integer; the same tasks and tool errors for every policy
        max_steps: agent turns allowed
    """
    return play_together(
        lambda texts: [policy(t) for t in texts], tasks=tasks, seed=seed, max_steps=max_steps
    )


def play_together(
    policy: BatchPolicy, *, tasks: int = 300, seed: int = 0, max_steps: int = MAX_STEPS
) -> PlayReport:
    """Play as `play` does, with all unfinished tasks asked at once.

    Args:
        policy: texts so far to next action lines, in the same order
        tasks: number of tasks, 1 or more
        seed: any integer
        max_steps: agent turns allowed

    Raises:
        ValueError: there is nothing to play
    """
    if tasks < 1 or max_steps < 1:
        raise ValueError(
            f"Nothing to play with `tasks` {tasks!r} and `max_steps` {max_steps!r}. Allowed: 1 or more each.\n\n"
            "Hint: leave both out for 300 tasks of up to 12 steps"
        )
    tables = [_Table(seed, index, max_steps) for index in range(tasks)]
    while running := [table for table in tables if not table.episode.is_over]:
        lines = policy([table.text for table in running])
        for table, line in zip(running, lines, strict=True):
            table.take(line)
    episodes = [table.episode for table in tables]
    return PlayReport(
        task_count=tasks,
        success_rate=sum(episode.reward for episode in episodes) / tasks,
        mean_steps=sum(len(episode.turns) for episode in episodes) / tasks,
        truncated_count=sum(episode.status == "truncated" for episode in episodes),
        invalid_count=sum(table.invalid_count for table in tables),
    )


def skill_policy(skill: str, *, seed: int = 0) -> Policy:
    """Return one of our skills as a policy that reads nothing but the text.

    Args:
        skill: a key of `SKILLS`
        seed: of its choices

    Examples:
        >>> skill_policy("careful")("drop cup mail")
        'find'
    """

    def policy(text: str) -> str:
        lines = text.splitlines()
        request = parse_request(lines[0])
        script = SKILLS[skill](request, Random(f"{seed}/{lines[0]}"))
        action = next(script)
        for seen in lines[2::2]:
            action = script.send(parse_reply(action, seen, request))
        return action_line(action)

    return policy
