"""Keep one of those that are almost the same."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.duplicates.documents import trajectory_texts, unchained
from curation.duplicates.keepers import first_of_cluster, first_unlike
from curation.duplicates.minhash import PERMUTATIONS, unpacked
from curation.duplicates.search import Documents, similar_pairs
from curation.duplicates.shingles import WINDOW_CALLS, Places, Shingles, joined, text_shingles, windows
from curation.duplicates.verify import ShingleReader
from curation.rewards.outcomes import scored_reward
from curation.selection.selector import CorpusSelector, MessageReader, because
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason

COLUMNS = {
    "text": ("text_key", "text_signature", "text_shingle_count"),
    "actions": ("action_chain_key", "action_signature", "action_shingle_count", "action_chain"),
}
"""Key, signature and size of what is compared; calls themselves are at hand, words are read."""

BEST_FIRST = ("outcome_reward", "status", "message_count")
"""What tells the best: the reward that is known and the agent's own doing, then brevity."""


@dataclass(frozen=True, kw_only=True)
class NearDuplicates(CorpusSelector):
    """Keeps, of trajectories whose words or calls are nearly the same, the first in the order of `keeper`.

    Pairs are found by MinHash and bands; the true Jaccard similarity is measured before anything is dropped, so each
    one that goes has a twin with at least `threshold`. What has no words (or calls) has no twin.
    """

    name: ClassVar[str] = "near_duplicates"

    over: Literal["text", "actions"] = "text"
    """What is compared: windows of 5 words, or windows of 2 calls (tool and canonical arguments)."""
    threshold: float = 0.8
    """Least Jaccard similarity of near-duplicates, in (0, 1]."""
    scope: Literal["corpus", "task"] = "corpus"
    """Whether twins are looked for everywhere, or within one task only."""
    keeper: Literal["best", "smallest_id"] = "best"
    """Who comes first: the highest outcome reward (a crash of the environment has none), then the fewest messages, then the
    smallest id; or that only."""
    chained: bool = False
    """Also drop what is like the one kept only through others, as datatrove and Data-Juicer do."""
    bands: int = 18
    """Bands of a signature; `bands` times `rows` is at most 112."""
    rows: int = 6
    """Slots of a band: 18 x 6 finds 99.6 % of the pairs with similarity 0.8, datatrove's 14 x 8 finds 92 %."""

    def __post_init__(self) -> None:
        """Refuse what finds nothing, or everything.

        Raises:
            RecipeError: see the message.
        """
        if not 0 < self.threshold <= 1:
            raise RecipeError(f"`threshold` must be above 0 and at most 1, got {self.threshold!r}.")
        if min(self.bands, self.rows) < 1 or self.bands * self.rows > PERMUTATIONS:
            raise RecipeError(
                f"`bands` times `rows` must be between 1 and {PERMUTATIONS}, got {self.bands} x {self.rows}."
            )

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name what is compared, and what orders keepers."""
        return ("task_id", "bucket", *COLUMNS[self.over], *(BEST_FIRST if self.keeper == "best" else ()))

    def judge_corpus(self, candidates: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:
        """Find each one's twin. Those that are equal are one document, and cost no reading."""
        known = candidates.drop_nulls(self._identity)
        if self.keeper == "best":
            known = known.sort(
                scored_reward(),
                "message_count",
                "trajectory_id",
                descending=[True, False, False],
                nulls_last=True,
            )
        documents = known.unique(self._identity, keep="first", maintain_order=True)
        found = self._find_twins(documents.with_row_index("rank"), read_messages)
        judged = candidates.join(found, on=self._identity, how="left", maintain_order="left")
        stays = pl.col("keeper_id").is_null() | (pl.col("keeper_id") == pl.col("trajectory_id"))
        return judged.with_columns(
            is_kept=stays, reason=because(DecisionReason.NEAR_DUPLICATE), detail=self._detail(stays)
        )

    @property
    def _identity(self) -> list[str]:
        """Name the columns that are equal for equal documents."""
        return [COLUMNS[self.over][0], *(["task_id"] if self.scope == "task" else [])]

    def _find_twins(self, documents: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:
        """Give keeper, twin and similarity of documents that stand in the order in which they may stay."""
        # Documents are read some at a time: in the order of buckets each bucket is opened a few times at most.
        shelved = documents.sort("bucket", "rank")
        pairs = similar_pairs(
            self._documents(shelved),
            _chain_reader(shelved) if self.over == "actions" else _text_reader(shelved, read_messages),
            threshold=self.threshold,
            bands=self.bands,
            rows=self.rows,
        )
        judge = first_of_cluster if self.chained else first_unlike
        twins = judge(len(documents), pairs.renumbered(shelved["rank"].to_numpy()))
        ids = documents["trajectory_id"]
        return documents.select(
            *self._identity,
            keeper_id=ids.gather(twins.keepers),
            twin_id=ids.gather(twins.twins),
            similarity=twins.similarities,
        )

    def _documents(self, shelved: pl.DataFrame) -> Documents:
        _, signature, size, *_ = COLUMNS[self.over]
        scope = pl.col("task_id").rank("dense") if self.scope == "task" else pl.lit(0)
        return Documents(
            signatures=unpacked(shelved[signature]),
            scopes=shelved.select(pl.repeat(0, pl.len()) + scope).to_series().to_numpy(),
            sizes=shelved[size].to_numpy(),
        )

    def _detail(self, stays: pl.Expr) -> pl.Expr:
        found = pl.format(
            "similarity of {} {} to {}, threshold={}",
            pl.lit(self.over),
            pl.col("similarity").round(4),
            "twin_id",
            pl.lit(self.threshold),
        )
        through = pl.when(pl.col("keeper_id") != pl.col("twin_id")).then(
            pl.format("; kept of their cluster: {}", "keeper_id")
        )
        return (
            pl.when(pl.col("keeper_id").is_null())
            .then(pl.lit(f"no {self.over} to compare"))
            .when(stays)
            .then(pl.lit(f"first of its {self.over}, threshold={self.threshold}"))
            .otherwise(pl.concat_str(found, through.otherwise(pl.lit(""))))
        )


def _chain_reader(shelved: pl.DataFrame) -> ShingleReader:
    def read(rows: Places) -> Shingles:
        items, offsets = unchained(shelved["action_chain"].gather(rows))
        return windows(items, offsets, size=WINDOW_CALLS)

    return read


def _text_reader(shelved: pl.DataFrame, read_messages: MessageReader) -> ShingleReader:
    places = shelved.select("trajectory_id", "bucket")

    def read(rows: Places) -> Shingles:
        return joined(
            batch
            for part in places[rows].partition_by("bucket", maintain_order=True)
            for batch in text_shingles(_texts(part["trajectory_id"], read_messages))
        )

    return read


def _texts(ids: pl.Series, read_messages: MessageReader) -> pl.Series:
    """Read the words of trajectories, in the order of their ids."""
    texts = trajectory_texts(read_messages(ids))
    return ids.to_frame().join(texts, on="trajectory_id", how="left", maintain_order="left")["text"]
