"""Drop a failed call whose immediate retry succeeded.

The offline variant (a reconstruction) of CLEANER's SAAR, arXiv 2601.15141: a stored rollout holds its self-correction as
the next turn. What the published code re-executes is here the success that the rollout already observed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import ClassVar

import msgspec
import polars as pl

from curation.frames import Frames
from curation.repair.repair import Repair
from curation.tool_errors import error_kinds
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Relation, Role, Trajectory


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """One sampled call and, right after it, its result."""

    call: Message
    result: Message
    is_failed: bool

    @property
    def tool(self) -> str:
        return self.call.tool_calls[0].name

    @property
    def call_text(self) -> str:
        """The call as a model writes it, which the published similarity compares."""
        return f'{{"name": "{self.tool}", "arguments": {self.call.tool_calls[0].arguments}}}'

    def precedes(self, other: "_Turn") -> bool:
        """Tell whether the other is the same tool's turn right after this one."""
        return self.tool == other.tool and other.call.seq == self.result.seq + 1


@dataclass(frozen=True, kw_only=True)
class DropRetriedFailure(Repair):
    """Drops failed calls that the next turn retries with success, as if the first try had been the right one.

    A run of failed turns of one tool, each with exactly one sampled call, followed at once by a successful turn of the
    same tool becomes one turn. When the first failed call and the successful one are similar (difflib ratio of
    `min_similarity` or more), only the call is exchanged and the first turn's words, written before any failure, stay;
    else the whole successful turn replaces it. Its words were sampled after the failure and may mention it, so both
    kinds have the origin `repaired`. Reward and status are the parent's: a call that reports failure is taken to have
    changed nothing, which no log can prove. List in `tools` those for which that holds.
    """

    name: ClassVar[str] = "drop_retried_failure"
    version: ClassVar[str] = "1"

    min_similarity: float = 0.5
    """Least similarity of calls, in [0, 1], at which the first turn's words are kept; 0.5 as published."""
    tools: tuple[str, ...] = ()
    """Tools whose failed calls are known to change nothing; empty means all."""

    def __post_init__(self) -> None:
        """Refuse a similarity that no ratio can have.

        Raises:
            RecipeError: `min_similarity` is outside [0, 1].
        """
        if not 0 <= self.min_similarity <= 1:
            raise RecipeError(f"`min_similarity` must be in [0, 1], got {self.min_similarity!r}.")

    def candidates(self, frames: Frames) -> list[str]:
        """Find trajectories where a failed turn is followed at once by a success of the same tool."""
        origins = frames.messages.select("trajectory_id", "seq", "origin")
        turns = (
            frames.calls.filter(pl.len().over("trajectory_id", "step") == 1)
            .join(origins, on=["trajectory_id", "seq"], how="left", maintain_order="left")
            .filter((pl.col("origin") == Origin.SAMPLED) & (pl.col("result_seq") == pl.col("seq") + 1))
        )
        if self.tools:
            turns = turns.filter(pl.col("name").is_in(self.tools))
        following = pl.col("seq", "name", "error_kind").shift(-1).over("trajectory_id").name.prefix("next_")
        retried = turns.with_columns(following).filter(
            pl.col("error_kind").is_not_null()
            & (pl.col("next_seq") == pl.col("result_seq") + 1)
            & (pl.col("next_name") == pl.col("name"))
            & pl.col("next_error_kind").is_null()
        )
        return retried["trajectory_id"].unique().sort().to_list()

    def apply_all(self, trajectories: Sequence[Trajectory]) -> list[Trajectory | None]:
        """Rewrite each run; what described the parent's tokens, costs and judgements is left out as unknown."""
        failures = _failing_texts(trajectories)
        return [self._apply(trajectory, failures) for trajectory in trajectories]

    def _apply(self, trajectory: Trajectory, failures: frozenset[str]) -> Trajectory | None:
        runs = list(self._runs(trajectory, failures))
        if not runs:
            return None
        dropped = {message.seq for run in runs for turn in run[:-1] for message in (turn.call, turn.result)}
        rewritten = {run[-1].call.seq: self._rewrite(run[0], run[-1]) for run in runs}
        kept = [
            rewritten.get(message.seq, message)
            for message in trajectory.messages
            if message.seq not in dropped
        ]
        return msgspec.structs.replace(
            trajectory,
            messages=_renumber(kept),
            parent_id=trajectory.trajectory_id,
            relation=Relation.REPAIR,
            repair_rule=self.rule,
            scores=(),
            cost_usd=None,
            prompt_tokens=None,
            completion_tokens=None,
            extra=None,
        )

    def _runs(self, trajectory: Trajectory, failures: frozenset[str]) -> Iterator[list[_Turn]]:
        """Give each maximal run of failed turns with the success that ends it."""
        run: list[_Turn] = []
        for turn in self._turns(trajectory, failures):
            if run and not run[-1].precedes(turn):
                run = []
            run.append(turn)
            if not turn.is_failed:
                if len(run) > 1:
                    yield run
                run = []

    def _turns(self, trajectory: Trajectory, failures: frozenset[str]) -> Iterator[_Turn]:
        for call, result in pairwise(trajectory.messages):
            if (
                self._is_eligible(call)
                and result.role is Role.TOOL
                and call.tool_calls[0].result_seq == result.seq
            ):
                yield _Turn(call=call, result=result, is_failed=result.text in failures)

    def _is_eligible(self, message: Message) -> bool:
        return (
            message.role is Role.ASSISTANT
            and message.origin is Origin.SAMPLED
            and len(message.tool_calls) == 1
            and (not self.tools or message.tool_calls[0].name in self.tools)
        )

    def _rewrite(self, failed: _Turn, success: _Turn) -> Message:
        ratio = SequenceMatcher(None, failed.call_text, success.call_text).ratio()
        if ratio < self.min_similarity:
            return msgspec.structs.replace(success.call, origin=Origin.REPAIRED)
        return msgspec.structs.replace(
            success.call,
            origin=Origin.REPAIRED,
            text=failed.call.text,
            content_json=failed.call.content_json,
            reasoning=failed.call.reasoning,
            completion_tokens=None,
            extra=None,
        )


def _failing_texts(trajectories: Sequence[Trajectory]) -> frozenset[str]:
    """Find the texts of tool results that report a failure."""
    texts = {
        message.text
        for trajectory in trajectories
        for message in trajectory.messages
        if message.role is Role.TOOL and message.text
    }
    results = pl.Series(sorted(texts), dtype=pl.String)
    return frozenset(results.filter(error_kinds(results).is_not_null()))


def _renumber(messages: list[Message]) -> tuple[Message, ...]:
    """Number messages from 0 without gaps, with their links; behind the first change, contexts have unknown lengths."""
    seqs: dict[int | None, int] = {message.seq: seq for seq, message in enumerate(messages)}
    return tuple(
        msgspec.structs.replace(
            message,
            seq=seqs[message.seq],
            call_seq=seqs.get(message.call_seq),
            prompt_tokens=message.prompt_tokens if seqs[message.seq] == message.seq else None,
            tool_calls=tuple(
                msgspec.structs.replace(call, result_seq=seqs.get(call.result_seq))
                for call in message.tool_calls
            ),
        )
        for message in messages
    )
