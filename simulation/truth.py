"""The truth beside a rollout: what each step was, by someone who sees the database.

Labels follow from the task and the turns alone, so they hold for any policy, ours or a trained one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulation.episode import CLOSING, Turn
from simulation.world import BUSY, WRITES, Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulation.tasks import Task

LABELS: Final = (
    "mistake",
    "failed_call",
    "recovery",
    "redundant_repeat",
    "unchecked_guess",
    "retry_loop",
    "lucky",
)
"""Labels of a step, in the order in which they are written.

mistake: a write that is not the right one, a call refused for good, or an end short of the goal
failed_call: a call of the step returned an error, temporary ones included
recovery: settles an earlier failed call or takes back a wrong write
redundant_repeat: repeats a call whose answer cannot have changed
unchecked_guess: writes to a record that was never looked at
retry_loop: part of three or more identical calls in a row
lucky: an unchecked guess that was the right write
"""

LOOP_LENGTH: Final = 3
"""Identical consecutive calls that make a retry loop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What really happened in one rollout."""

    labels: tuple[tuple[str, ...], ...]
    """One tuple per agent turn, in the order of `LABELS`."""
    failed_calls: int
    transient_errors: int
    retry_loops: int
    """Maximal runs of `LOOP_LENGTH` or more identical consecutive calls."""


def tell_truth(task: Task, turns: Sequence[Turn], *, is_solved: bool) -> Truth:
    """Label each turn.

    Args:
        task: the task
        turns: the rollout
        is_solved: whether the database ended in the goal state
    """
    ledger = _Ledger(task)
    labels = [ledger.judge(turn) for turn in turns]
    if turns and turns[-1].action.say in CLOSING and not is_solved:
        labels[-1].add("mistake")
    loops = list(_loops(turns))
    for loop in loops:
        for step in loop:
            labels[step].add("retry_loop")
    errors = [result.error for turn in turns for result in turn.reply.results if result.error is not None]
    return Truth(
        labels=tuple(
            [tuple([name for name in LABELS if name in found]) if found else () for found in labels]
        ),
        failed_calls=len(errors),
        transient_errors=errors.count(BUSY),
        retry_loops=len(loops),
    )


def _loops(turns: Sequence[Turn]) -> Iterator[list[int]]:
    last: Call | None = None
    steps: list[int] = []
    for step, turn in enumerate(turns):
        for call in turn.action.calls:
            if call != last:
                if len(steps) >= LOOP_LENGTH:
                    yield steps
                last, steps = call, []
            steps.append(step)
    if len(steps) >= LOOP_LENGTH:
        yield steps


@dataclass(slots=True)
class _Ledger:
    """What is known, failed and wrong so far."""

    task: Task
    answered: set[Call] = field(default_factory=set)
    looked: set[int] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    wrong: set[int] = field(default_factory=set)

    def judge(self, turn: Turn) -> set[str]:
        found: set[str] = set()
        for result in turn.reply.results:
            call = result.call
            if call in self.answered:
                found.add("redundant_repeat")
            if call.tool in WRITES and call.tool != "undo" and call.target not in self.looked:
                found.add("unchecked_guess")
            if result.error is None:
                self._judge_success(result, found)
            else:
                self._judge_failure(result, found)
        return found

    def _judge_failure(self, result: Result, found: set[str]) -> None:
        found.add("failed_call")
        self.failed.add(_family(result.call))
        if result.error != BUSY:
            found.add("mistake")
            self.answered.add(result.call)

    def _judge_success(self, result: Result, found: set[str]) -> None:
        call = result.call
        if _family(call) in self.failed:
            self.failed.discard(_family(call))
            found.add("recovery")
        if call.tool in WRITES:
            self._judge_write(call, found)
            self._forget(call.target)
        elif call.tool == "find":
            self.answered.clear()
        elif call.tool == "look":
            self.looked.add(call.target)
        self.answered.add(call)

    def _judge_write(self, call: Call, found: set[str]) -> None:
        if call.tool == "undo":
            found.add("recovery" if call.target in self.wrong else "mistake")
            self.wrong.discard(call.target)
        elif call == self.task.gold:
            if "unchecked_guess" in found:
                found.add("lucky")
        else:
            found.add("mistake")
            # A wrong write that ends an earlier failure settles nothing.
            found.discard("recovery")
            self.wrong.add(call.target)

    def _forget(self, target: int) -> None:
        """Drop the answers that a change of this record may have changed."""
        self.answered = {call for call in self.answered if call.target != target and call.tool != "list"}


def _family(call: Call) -> str:
    return "write" if call.tool in WRITES else call.tool
