"""What the other trajectories of a bucket say: the stock from which plausible wrong values are taken.

Gold answers are no part of it: only what policies, users and tools said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeVar

import polars as pl

from curation.frames import Frames
from curation.process.intents import VERIFICATION, step_stages
from curation.synthesis.rings import Ring
from curation.synthesis.values import Scalar, entities, place_of, shape, tokens
from schemas.trajectory import Origin, Role, Trajectory

Key = TypeVar("Key", str, tuple[str, str])
Item = TypeVar("Item")

MOST_EXCHANGES: Final = 20
"""Calls with results kept of one task: enough to choose from, few enough to hold."""


@dataclass(frozen=True, kw_only=True)
class UserSide:
    """All that the user side says in one trajectory."""

    task_id: str
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One call that succeeded, with its result."""

    task_id: str
    tool: str
    arguments: str
    result: str


@dataclass(frozen=True, kw_only=True)
class Stock:
    """What may be taken from other trajectories; an empty one gives nothing."""

    values: Mapping[tuple[str, str], Ring[Scalar]] = field(default_factory=dict)
    """Values by tool and argument (`place_of`)."""
    words: Mapping[str, Ring[str]] = field(default_factory=dict)
    """Ids, amounts and numbers that agents wrote in words, by their shape."""
    user_sides: Mapping[str, Ring[UserSide]] = field(default_factory=dict)
    """By setting (`setting_of`)."""
    exchanges: Mapping[str, Ring[Exchange]] = field(default_factory=dict)
    """By setting."""
    failing_results: Mapping[str, Ring[str]] = field(default_factory=dict)
    """Results that report a failure, by tool."""
    failures: frozenset[str] = frozenset()
    """All texts of results that report a failure."""
    verifying: frozenset[tuple[str, str]] = frozenset()
    """Tool and raw arguments of calls that verify (software work only, by AgentLens's rules)."""

    def is_verifying(self, action: tuple[tuple[str, str], ...]) -> bool:
        """Tell whether a turn does nothing but verify."""
        return bool(action) and all(call in self.verifying for call in action)


def setting_of(trajectory: Trajectory) -> str:
    """Name what trajectories must share for one's words to fit into another: the benchmark and the scaffold."""
    return f"{trajectory.task.benchmark}/{trajectory.agent or ''}"


def build_stock(frames: Frames) -> Stock:
    """Gather the stock of one bucket, whatever the order of its rows."""
    places = frames.trajectories.join(frames.tasks.select("task_id", "benchmark"), on="task_id").select(
        "trajectory_id",
        "task_id",
        setting=pl.concat_str("benchmark", pl.lit("/"), pl.col("agent").fill_null("")),
    )
    failing = frames.calls.filter(pl.col("error_kind").is_not_null() & (pl.col("result") != ""))
    return Stock(
        values=_rings(_arguments(frames.calls), name=repr),
        words=_rings(_agent_words(frames.messages), name=str),
        user_sides=_rings(_user_sides(frames.messages, places), name=repr),
        exchanges=_rings(_exchanges(frames.calls, places), name=repr),
        failing_results=_rings(failing.select("name", "result").unique().iter_rows(), name=str),
        failures=frozenset(failing["result"]),
        verifying=_verifying(frames),
    )


def _rings(pairs: Iterable[tuple[Key, Item]], *, name: Callable[[Item], str]) -> dict[Key, Ring[Item]]:
    held: dict[Key, list[Item]] = {}
    for key, item in pairs:
        held.setdefault(key, []).append(item)
    return {key: Ring(items, name=name) for key, items in held.items()}


def _arguments(calls: pl.DataFrame) -> Iterator[tuple[tuple[str, str], Scalar]]:
    for tool, arguments in calls.select("name", "raw_arguments").unique().iter_rows():
        for path, value in entities(arguments):
            yield (tool, place_of(path)), value


def _agent_words(messages: pl.DataFrame) -> Iterator[tuple[str, str]]:
    is_words = (pl.col("role") == Role.ASSISTANT.value) & (pl.col("origin") == Origin.SAMPLED.value)
    for text in messages.filter(is_words)["text"].drop_nulls().unique():
        for token in tokens(text):
            yield shape(token), token


def _user_sides(messages: pl.DataFrame, places: pl.DataFrame) -> Iterator[tuple[str, UserSide]]:
    is_human = (pl.col("role") == Role.USER.value) & (pl.col("origin") == Origin.SCRIPTED.value)
    said = messages.filter(is_human & pl.col("call_seq").is_null()).sort("trajectory_id", "seq")
    sides = said.group_by("trajectory_id", maintain_order=True).agg(pl.col("text").fill_null(""))
    rows = sides.join(places, on="trajectory_id").select("setting", "task_id", "text")
    for setting, task_id, texts in rows.iter_rows():
        yield setting, UserSide(task_id=task_id, texts=tuple(texts))


def _exchanges(calls: pl.DataFrame, places: pl.DataFrame) -> Iterator[tuple[str, Exchange]]:
    succeeded = calls.filter(pl.col("error_kind").is_null() & pl.col("result_seq").is_not_null())
    told = succeeded.join(places, on="trajectory_id").select(
        "setting", "task_id", "name", "raw_arguments", "result"
    )
    for (setting, task_id), rows in groupby(told.unique().sort(pl.all()).iter_rows(), key=itemgetter(0, 1)):
        made = [
            Exchange(task_id=task_id, tool=tool, arguments=arguments, result=result)
            for _, _, tool, arguments, result in rows
        ]
        for exchange in Ring(made, name=repr).first(MOST_EXCHANGES):
            yield setting, exchange


def _verifying(frames: Frames) -> frozenset[tuple[str, str]]:
    stages = step_stages(frames).filter(pl.col("intent_stage") == VERIFICATION)
    calls = frames.calls.join(stages, on=["trajectory_id", "step"], how="semi")
    return frozenset(calls.select("name", "raw_arguments").unique().iter_rows())
