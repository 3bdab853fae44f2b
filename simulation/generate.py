"""Write many rollouts, and the truth about them, into a folder.

The bytes depend on the arguments alone, never on the number of processes. Memory is bounded by a
few batches of tasks, whatever the size.
"""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from simulation.agents import SKILLS
from simulation.containers import CONTAINERS
from simulation.rendering import RENDERINGS
from simulation.rollout import Rollout, check_skills, run_trial
from simulation.tasks import make_task
from simulation.writers import FORMATS, encode_truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BATCH_ROLLOUTS: Final = 256
"""Rollouts that travel together; some 4 MB in the verbose rendering."""


@dataclass(frozen=True, kw_only=True)
class GenerationSummary:
    """What was written."""

    rollouts: Path
    """The folder of rollouts, ready to ingest."""
    truth: Path
    """The file of truths, one line per rollout in the order of (task, trial)."""
    rollout_count: int
    success_count: int
    byte_count: int
    """Bytes of the rollouts."""
    skill_counts: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything that the bytes depend on."""

    tasks: int
    trials: int
    seed: int
    format: str
    rendering: str
    skills: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoded:
    """One rollout as bytes, with where it goes."""

    domain: str
    task_id: str
    trial: int
    skill: str
    reward: float
    body: bytes
    truth: bytes


def generate(
    out: Path,
    *,
    tasks: int,
    trials: int,
    seed: int = 0,
    format: str = "openai_chat",  # noqa: A002  # the word that users type
    rendering: str = "verbose",
    skills: Sequence[str] | None = None,
    processes: int = 1,
) -> GenerationSummary:
    """Write `tasks` x `trials` rollouts to `out`/rollouts and the truth to `out`/truth/truth.jsonl.

    Args:
        out: a folder, made if missing; it must hold no rollouts yet
        tasks: number of tasks, 1 or more
        trials: rollouts per task, 1 or more
        seed: any integer
        format: a key of `FORMATS`
        rendering: a key of `RENDERINGS`
        skills: skills to draw from, a name given twice counting double; None for all
        processes: worker processes; 1 works in this one

    Raises:
        ValueError: an argument is out of range or unknown
        FileExistsError: `out` holds rollouts already
    """
    plan = Plan(
        tasks=tasks,
        trials=trials,
        seed=seed,
        format=format,
        rendering=rendering,
        skills=tuple(skills if skills is not None else SKILLS),
    )
    _check(plan, processes)
    _check_empty(out)
    truth = out / "truth" / "truth.jsonl"
    truth.parent.mkdir(parents=True, exist_ok=True)
    skill_counts: Counter[str] = Counter()
    success_count = byte_count = 0
    container = CONTAINERS[FORMATS[format].container](out / "rollouts")
    with container, truth.open("wb") as truths:
        for batch in _batches(plan, processes):
            for encoded in batch:
                container.add(encoded.domain, encoded.task_id, encoded.trial, encoded.body)
                skill_counts[encoded.skill] += 1
                success_count += encoded.reward == 1.0
                byte_count += len(encoded.body)
            truths.writelines([encoded.truth for encoded in batch])
    return GenerationSummary(
        rollouts=out / "rollouts",
        truth=truth,
        rollout_count=tasks * trials,
        success_count=success_count,
        byte_count=byte_count,
        skill_counts=dict(sorted(skill_counts.items())),
    )


def make_rollouts(
    *, tasks: int, trials: int, seed: int = 0, skills: Sequence[str] | None = None, first: int = 0
) -> Iterator[Rollout]:
    """Yield the rollouts that `generate` would write, task by task.

    Args:
        tasks: number of tasks
        trials: rollouts per task
        seed: any integer
        skills: as for `generate`
        first: index of the first task
    """
    for index in range(first, first + tasks):
        task = make_task(seed, index)
        for trial in range(trials):
            yield run_trial(task, trial, skills=skills)


def encode_tasks(plan: Plan, first: int, last: int) -> list[Encoded]:
    """Encode the rollouts of tasks `first` to `last` - 1."""
    encode, make_scene = FORMATS[plan.format].encode, RENDERINGS[plan.rendering]
    batch = []
    for index in range(first, last):
        task = make_task(plan.seed, index)
        scene = make_scene(task)
        for trial in range(plan.trials):
            rollout = run_trial(task, trial, skills=plan.skills)
            batch.append(
                Encoded(
                    domain=task.domain,
                    task_id=task.task_id,
                    trial=trial,
                    skill=rollout.skill,
                    reward=rollout.reward,
                    body=encode(rollout, scene),
                    truth=encode_truth(rollout),
                )
            )
    return batch


def _batches(plan: Plan, processes: int) -> Iterator[list[Encoded]]:
    width = max(1, BATCH_ROLLOUTS // plan.trials)
    spans = [(first, min(first + width, plan.tasks)) for first in range(0, plan.tasks, width)]
    if processes == 1:
        for first, last in spans:
            yield encode_tasks(plan, first, last)
        return
    # Spawned, not forked: the caller may hold threads of its own (Polars, torch).
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[list[Encoded]]] = deque()
        for first, last in spans:
            waiting.append(pool.submit(encode_tasks, plan, first, last))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _check(plan: Plan, processes: int) -> None:
    for name, value in (("tasks", plan.tasks), ("trials", plan.trials), ("processes", processes)):
        if value < 1:
            raise ValueError(f"Too small `{name}`: {value!r}. Allowed: 1 or more.\n\nHint: try {name}=8")
    _check_name("format", plan.format, known=tuple(FORMATS))
    _check_name("rendering", plan.rendering, known=tuple(RENDERINGS))
    check_skills(plan.skills)


def _check_empty(out: Path) -> None:
    # Parts of an earlier, larger run would stay beside the new ones and be ingested with them.
    if any(out.glob("rollouts/*")):
        raise FileExistsError(
            f"Folder `out` {str(out)!r} holds rollouts already. Allowed: a new folder, or one without rollouts.\n\n"
            "Hint: remove it, or write to another folder"
        )


def _check_name(parameter: str, name: str, *, known: tuple[str, ...]) -> None:
    if name not in known:
        raise ValueError(
            f"Unknown `{parameter}`: {name!r}. Allowed: {', '.join(sorted(known))}.\n\n"
            f"Hint: leave it out for {known[0]!r}"
        )
