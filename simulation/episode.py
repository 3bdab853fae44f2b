"""One agent at one task: actions in, replies out, and when it is over.

Rollouts (structured actions) and play (text actions) both run on an `Episode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from simulation.world import Call, Result, World

if TYPE_CHECKING:
    from random import Random

    from simulation.tasks import Task

MAX_STEPS: Final = 12
"""Agent turns after which a rollout is cut off."""

SAYINGS: Final = ("who", "ask", "done", "stop")
"""Turns of plain text: ask who the user is, ask for a yes, close the case, give up."""

CLOSING: Final = frozenset(("done", "stop"))
"""Sayings that end the episode."""

Status = Literal["completed", "truncated"]


@dataclass(frozen=True, slots=True)
class Action:
    """One agent turn: calls, or words to the user, never both."""

    calls: tuple[Call, ...] = ()
    say: str = ""
    """One of `SAYINGS`; empty when the turn makes calls."""
    target: int = 0
    """The record that an `ask` is about."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back after one action."""

    results: tuple[Result, ...] = ()
    answer: str = ""
    """The user's answer: `mail` after who, `yes` after ask; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One action and what came back."""

    action: Action
    reply: Reply


class Episode:
    """A task being worked on.

    Args:
        task: the task
        faults: source of temporary tool errors; None for none
        max_steps: agent turns allowed, 1 or more
    """

    def __init__(self, task: Task, faults: Random | None, *, max_steps: int = MAX_STEPS) -> None:
        self.task = task
        self.turns: list[Turn] = []
        self.is_over = False
        self.status: Status = "truncated"
        self._max_steps = max_steps
        self._world = World(task.records, faults, introduced=task.request.introduced)

    @property
    def statuses(self) -> list[str]:
        """The status of every record now."""
        return self._world.statuses

    @property
    def reward(self) -> float:
        """1.0 when the agent closed the case with the database in the goal state, else 0.0."""
        return float(self.status == "completed" and self.statuses == self.task.goal_statuses)

    def step(self, action: Action) -> Reply:
        """Carry out one action; after the last one `is_over` is true."""
        reply = self._reply(action)
        self.turns.append(Turn(action, reply))
        if action.say in CLOSING:
            self.status = "completed"
        self.is_over = action.say in CLOSING or len(self.turns) >= self._max_steps
        return reply

    def _reply(self, action: Action) -> Reply:
        if action.say == "who":
            self._world.introduce()
            return Reply(answer="mail")
        if action.say == "ask":
            return Reply(answer="yes")
        return Reply(tuple([self._world.call(call) for call in action.calls]))
