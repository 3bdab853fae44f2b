"""Take failed calls out where nothing after them depends on them. Ours: no published method does it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

import polars as pl

from curation.frames import Frames
from curation.repair.failed_calls.removal import without_calls
from curation.repair.failed_calls.traces import failure_traces
from curation.repair.failed_calls.turns import failed_turns, failing_part, runs_programs
from curation.repair.failed_calls.verdicts import FailedCall, Judge, Place, Verdict
from curation.repair.failed_calls.words import FAILURE_WORDS, any_of
from curation.repair.repair import PlacedRepair
from schemas.errors import RecipeError
from schemas.trajectory import Message, Trajectory

VERDICT_SCHEMA = pl.Schema(
    {
        "trajectory_id": pl.String,
        "seq": pl.Int64,
        "index": pl.Int64,
        "result_seq": pl.Int64,
        "reason": pl.String,
        "takes_turn": pl.Boolean,
        "keeps_words": pl.Boolean,
    }
)
"""What `judged` gives."""
TurnPlace = tuple[str, int]
"""Trajectory, and `seq` of the turn."""


@dataclass(frozen=True, kw_only=True)
class DropFailedCalls(PlacedRepair):
    """Takes failed calls out with their results, where nothing that stays depends on them.

    A failed call goes when the next words of the agent (in a dialogue; else those of its next turn) do not speak of a
    failure, when nothing that stays uses an id, or quotes words, that only its result brought, and when its failure has
    changed nothing. Other calls of the turn stay; a
    turn with nothing else goes whole. In a dialogue its words move to the next turn, unless they speak of a failure
    themselves. Reward and status are the parent's. What stays is told by `judged`. Put it after `rollback`, which keeps
    more of what the agent did.
    """

    name: ClassVar[str] = "drop_failed_calls"
    version: ClassVar[str] = "1"

    tools: tuple[str, ...] = ()
    """Tools whose failed calls are known to change nothing; empty means all but those that run programs (shells,
    interpreters, tests)."""
    failure_words: tuple[str, ...] = FAILURE_WORDS
    """Regexes, in any case of letters: words with one of them speak of a failure. Empty: no words do, for rollouts whose
    words are a script."""

    def __post_init__(self) -> None:
        """Refuse words that are no pattern.

        Raises:
            RecipeError: see the message.
        """
        for pattern in self.failure_words:
            _check_pattern(pattern)

    def judged(self, frames: Frames) -> pl.DataFrame:
        """Judge every failed call.

        Returns:
            One row per failed call, sorted: `trajectory_id`, `seq`, `index` in the turn, `result_seq`, `reason` why it
            stays (a `FailedCallReason`; null: it goes), `takes_turn` and `keeps_words`.
        """
        messages, calls = failing_part(frames)
        failed = calls.filter(pl.col("error_kind").is_not_null())
        if failed.is_empty():
            return VERDICT_SCHEMA.to_frame()
        failed = failed.with_columns(may_change=self._may_change(failed["name"]))
        turns = failed_turns(messages, calls, words=any_of(self.failure_words))
        of_turn = _failed_calls(failed, failure_traces(messages, calls, failed))
        rows = [
            (trajectory_id, *astuple(verdict))
            for trajectory_id, own in groupby(turns.iter_rows(named=True), key=itemgetter("trajectory_id"))
            for verdict in _verdicts(list(own), of_turn)
        ]
        found = pl.DataFrame(rows, schema=VERDICT_SCHEMA, orient="row")
        return found.sort("trajectory_id", "seq", "index")

    def find(self, frames: Frames) -> pl.DataFrame:
        """Give the calls that go."""
        return self.judged(frames).filter(pl.col("reason").is_null())

    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:
        """Leave them out with their results; words that stay stand before those of the next turn."""
        return list(without_calls(trajectory.messages, places))

    def _may_change(self, names: pl.Series) -> pl.Series:
        return ~names.is_in(self.tools) if self.tools else runs_programs(names)


def _check_pattern(pattern: str) -> None:
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError as exc:
        raise RecipeError(
            f"`failure_words` holds {pattern!r}, which is no regex as Polars reads them: {exc}.\n\n"
            "Hint: it knows no look-around and no back-references"
        ) from exc


def _failed_calls(failed: pl.DataFrame, traces: pl.DataFrame) -> dict[TurnPlace, list[FailedCall]]:
    """Gather the failed calls of each turn."""
    uses: dict[tuple[str, int, int], list[Place]] = defaultdict(list)
    for trajectory_id, seq, index, use_seq, use_call in traces.iter_rows():
        uses[trajectory_id, seq, index].append((use_seq, use_call))
    of_turn: dict[TurnPlace, list[FailedCall]] = defaultdict(list)
    columns = failed.select("trajectory_id", "seq", "call_index", "result_seq", "may_change")
    for trajectory_id, seq, index, result_seq, may_change in columns.iter_rows():
        call = FailedCall(
            index=index, result_seq=result_seq, may_change=may_change, uses=uses[trajectory_id, seq, index]
        )
        of_turn[trajectory_id, seq].append(call)
    return of_turn


def _verdicts(
    turns: Sequence[Mapping[str, Any]], of_turn: Mapping[TurnPlace, Sequence[FailedCall]]
) -> Iterator[Verdict]:
    """Judge the failed turns of one trajectory, the last first."""
    judge = Judge(own_turn_count=turns[0]["own_turn_count"])
    for turn in reversed(turns):
        yield from judge.judge(turn, of_turn[turn["trajectory_id"], turn["seq"]])
