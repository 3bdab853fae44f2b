"""Tasks: what a user wants, over which records, and the one change that is right.

A task is a pure function of (seed, index, split). How it is worded belongs to the renderings.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from simulation.domains import DOMAINS
from simulation.world import RESULT_OF, Call, Record

Split = Literal["train", "play"]
"""Tasks to write rollouts of, and tasks to play: drawn from disjoint streams."""

LOOK_ALIKE_WEIGHTS: Final = {2: 0.75, 3: 0.25}
"""How many records of a task share the wanted item, and how often."""

FINAL_RATE: Final = 0.12
"""Chance that a record is final, so that only handing it over is right."""

MOVE_RATE: Final = 0.35
"""Chance that the user wants a change rather than to give the thing back."""

INTRODUCED_RATE: Final = 0.5
"""Chance that the first message says who the user is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the user says at the start."""

    goal: str
    """`drop` (give it back) or `move` (change it)."""
    item: str
    variant: str
    introduced: bool
    """Whether the first message already says who the user is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One task with its checkable end."""

    index: int
    split: Split
    seed: int
    domain: str
    request: Request
    records: tuple[Record, ...]
    gold: Call
    """The one write that leads to the goal."""

    @property
    def task_id(self) -> str:
        """The name of the task in every format."""
        return f"{self.domain}-{self.index}"

    @property
    def goal_statuses(self) -> list[str]:
        """The status of every record in the one accepted final state."""
        statuses = [record.status for record in self.records]
        statuses[self.gold.target - 1] = RESULT_OF[self.gold.tool]
        return statuses

    @property
    def look_alike_count(self) -> int:
        """How many records carry the wanted item."""
        return sum(record.item == self.request.item for record in self.records)


def right_tool(goal: str, status: str, *, final: bool) -> str:
    """Return the write that the house rules ask for.

    Args:
        goal: `drop` or `move`
        status: `open` or `sent`
        final: whether the record is marked final
    """
    if final:
        return "pass"
    if goal == "drop":
        return "cancel" if status == "open" else "refund"
    return "move" if status == "open" else "pass"


def make_task(seed: int, index: int, *, split: Split = "train") -> Task:
    """Draw task `index` of a seed; the same arguments give the same task.

    Args:
        seed: any integer
        index: 0 or more; domains take turns over it
        split: the stream to draw from
    """
    domain = list(DOMAINS.values())[index % len(DOMAINS)]
    rng = Random(f"{split}/{seed}/{index}")
    items = rng.sample(list(domain.items), k=4)
    variants = rng.sample(list(domain.variants), k=3)
    look_alikes = rng.choices(list(LOOK_ALIKE_WEIGHTS), weights=list(LOOK_ALIKE_WEIGHTS.values()))[0]
    kinds = [(items[0], variant) for variant in variants[:look_alikes]]
    kinds += [(items[k], rng.choice(variants)) for k in range(1, 2 + rng.randrange(2))]
    order = list(range(len(kinds)))
    rng.shuffle(order)
    records = tuple(_make_record(rng, place, *kinds[kind]) for place, kind in enumerate(order, start=1))
    goal = "move" if rng.random() < MOVE_RATE else "drop"
    target = records[order.index(0)]
    return Task(
        index=index,
        split=split,
        seed=seed,
        domain=domain.name,
        request=Request(
            goal=goal,
            item=target.item,
            variant=target.variant,
            introduced=rng.random() < INTRODUCED_RATE,
        ),
        records=records,
        gold=Call(right_tool(goal, target.status, final=target.final), target.position),
    )


def _make_record(rng: Random, position: int, item: str, variant: str) -> Record:
    return Record(
        position=position,
        item=item,
        variant=variant,
        status=rng.choice(("open", "sent")),
        final=rng.random() < FINAL_RATE,
    )
