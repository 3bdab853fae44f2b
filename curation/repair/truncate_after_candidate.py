"""End a rollout right after a candidate answer, as First Try Matters does (arXiv 2510.08308)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import polars as pl

from curation.frames import Frames
from curation.repair.candidates import PATTERNS, Candidate, candidate_pattern, find_candidates
from curation.repair.children import child_of, renumbered
from curation.repair.repair import PlacedRepair
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Trajectory

OWN = (Origin.SAMPLED.value, Origin.REPAIRED.value)


@dataclass(frozen=True, kw_only=True)
class TruncateAfterCandidate(PlacedRepair):
    """Ends a rollout right after its k-th candidate answer; one with fewer stays whole.

    Published cut-at-k sets have k from 1 to 6 and the same number of tokens each (`candidates.fill_budget`). Which words
    are an answer is told by patterns of ours, over the text of the policy's messages (not over reasoning that is stored
    apart). The cut message has the origin `repaired` and no calls. The reward is the parent's when the candidate is the
    rollout's last one too, in other words than case and spaces; else it is unknown.
    """

    name: ClassVar[str] = "truncate_after_candidate"
    version: ClassVar[str] = "1"

    k: int = 1
    """Which candidate is the last that stays, from 1."""
    patterns: tuple[str, ...] = PATTERNS
    """Python regexes with one group each, around the answer; a candidate ends where its match ends."""

    def __post_init__(self) -> None:
        """Refuse patterns that cannot be used, and a candidate before the first.

        Raises:
            RecipeError: see the message.
        """
        if self.k < 1:
            raise RecipeError(f"`k` must be 1 or more, got {self.k!r}.")
        candidate_pattern(self.patterns)

    def find(self, frames: Frames) -> pl.DataFrame:
        """Give the place of the k-th candidate where something comes after it: `seq`, `end`, `is_last_value`."""
        spoken = frames.messages.filter(
            pl.col("role") == "assistant", pl.col("origin").is_in(OWN), pl.col("text").is_not_null()
        )
        texts = (
            spoken.sort("trajectory_id", "seq")
            .group_by("trajectory_id", maintain_order=True)
            .agg("seq", "text")
        )
        places = pl.DataFrame(
            [row for row in map(self._place, *texts.get_columns()) if row is not None],
            schema={
                "trajectory_id": pl.String,
                "seq": pl.Int64,
                "end": pl.Int64,
                "is_last_value": pl.Boolean,
            },
            orient="row",
        )
        ends = (
            frames.messages.sort("seq")
            .group_by("trajectory_id")
            .agg(
                last_seq=pl.col("seq").last(),
                last_chars=pl.col("text").last().str.len_chars(),
                last_call_count=(pl.col("tool_calls").list.len() + pl.col("text_calls").list.len()).last(),
            )
        )
        is_end = (pl.col("seq") == pl.col("last_seq")) & (pl.col("end") == pl.col("last_chars"))
        found = places.join(ends, on="trajectory_id", how="left")
        is_whole = is_end & (pl.col("last_call_count") == 0)
        return found.filter(~is_whole).select(places.columns).sort("trajectory_id")

    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:
        """Cut the message with the candidate behind it, and all after it."""
        (place,) = places
        cut = trajectory.messages[place["seq"]]
        return [*trajectory.messages[: place["seq"]], _cut_text(cut, place["end"])]

    def _child(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Trajectory:
        child = child_of(trajectory, renumbered(self.rewrite(trajectory, places)), rule=self.rule)
        is_known = places[0]["is_last_value"]
        return msgspec.structs.replace(child, outcome_reward=child.outcome_reward if is_known else None)

    def _place(
        self, trajectory_id: str, seqs: Sequence[int], texts: Sequence[str]
    ) -> tuple[str, int, int, bool] | None:
        found = list(self._candidates(seqs, texts))
        if len(found) < self.k:
            return None
        seq, chosen = found[self.k - 1]
        return trajectory_id, seq, chosen.end, chosen.value == found[-1][1].value

    def _candidates(self, seqs: Sequence[int], texts: Sequence[str]) -> Iterator[tuple[int, Candidate]]:
        pattern = candidate_pattern(self.patterns)
        for seq, text in zip(seqs, texts, strict=True):
            for candidate in find_candidates(text, pattern):
                yield seq, candidate


def _cut_text(message: Message, end: int) -> Message:
    return msgspec.structs.replace(
        message,
        origin=Origin.REPAIRED,
        text=(message.text or "")[:end],
        content_json=None,
        tool_calls=(),
        text_calls=(),
        completion_tokens=None,
        extra=None,
    )
