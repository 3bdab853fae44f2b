"""Keep what holds no task of a benchmark."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import polars as pl

from curation.decontamination.boilerplate import COMMON_FRAC
from curation.decontamination.hits import HIT_SCHEMA, find_hits, worst_hits
from curation.decontamination.protected import Matching, index_protected
from curation.decontamination.texts import Field, message_texts, task_texts
from curation.parameters import BOUND
from curation.selection.selector import CorpusSelector, MessageReader, because
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from schemas.trajectory import Task

DETAIL_CHARS = 160
"""Characters of the excerpt that a decision shows."""


@dataclass(frozen=True, kw_only=True)
class Decontaminate(CorpusSelector):
    """Keeps what is no task of a protected benchmark, and holds the text of none.

    Passages are found by n-grams, nearly equal texts by MinHash; both are aligned before anything is dropped. What a
    decision quotes is the training text, never the protected one.
    """

    name: ClassVar[str] = "decontaminate"

    against: tuple[str, ...]
    """Protected sets: `benchmark:NAME` for the tasks of that name in the warehouse, or a name given to `winnow protect`."""
    fields: tuple[Field, ...] = ("instruction", "private_instruction", "user")
    """Texts to search: instruction, private_instruction (never quoted), policy, system, user, assistant, reasoning, tool."""
    words: int = 13
    """Words of an n-gram (GPT-3, arXiv 2005.14165, appendix C)."""
    short_words: int = 8
    """Words of an n-gram of a text of fewer than four times `words`; what is shorter than this is not searched for."""
    coverage: float = 0.5
    """Least share of a protected text's words that the training text must hold in order, boilerplate apart."""
    common_frac: float = COMMON_FRAC
    """Share of a benchmark's tasks above which what they have in common is boilerplate."""
    protected: pl.DataFrame | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """The texts of `against`, under `PROTECTED_SCHEMA`; `text` is null where only the task's name is known."""
    tasks: pl.DataFrame | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """`task_id` and `TASK_FIELDS` of the warehouse's tasks."""

    def __post_init__(self) -> None:
        """Refuse what finds nothing, or everything.

        Raises:
            RecipeError: see the message.
        """
        for name in ("against", "fields"):
            if not getattr(self, name):
                raise RecipeError(f"`{name}` must name at least one, got none.")
        self._matching()

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the task, and the bucket in which words are read."""
        return ("task_id", "bucket")

    def bound_to(self, protected: pl.DataFrame, tasks: pl.DataFrame) -> "Decontaminate":
        """Give the rule the texts that its recipe only names."""
        return replace(self, protected=protected, tasks=tasks)

    def judge_corpus(self, candidates: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:
        """Search the candidates of one bucket after another."""
        if self.protected is None:
            raise RecipeError(f"Selector {self.name!r} was given no protected texts.")
        index = index_protected(self.protected, self._matching())
        hits = [
            find_hits(self._texts(part, read_messages), index)
            for part in candidates.partition_by("bucket", maintain_order=True)
        ]
        worst = worst_hits(pl.concat([HIT_SCHEMA.to_frame(), *hits]))
        judged = candidates.join(
            worst.select("trajectory_id", hit=self._hit_detail()),
            on="trajectory_id",
            how="left",
            maintain_order="left",
        ).join(_named_tasks(self.protected), on="task_id", how="left", maintain_order="left")
        is_own, is_hit = pl.col("own_task").is_not_null(), pl.col("hit").is_not_null()
        own = because(DecisionReason.TASK_OF_BENCHMARK)
        return judged.with_columns(
            is_kept=~(is_own | is_hit),
            reason=pl.when(is_own).then(own).otherwise(because(DecisionReason.CONTAMINATED_BY_BENCHMARK)),
            detail=pl.coalesce("own_task", "hit", pl.lit(f"holds no task of {', '.join(self.against)}")),
        )

    def _matching(self) -> Matching:
        return Matching(
            words=self.words,
            short_words=self.short_words,
            coverage=self.coverage,
            common_frac=self.common_frac,
        )

    def _texts(self, candidates: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:
        said = message_texts(read_messages(candidates["trajectory_id"]), self.fields)
        if self.tasks is None:
            return said
        return pl.concat([task_texts(candidates, self.tasks, self.fields), said])

    def _hit_detail(self) -> pl.Expr:
        """Name the task and show the training text, on one line."""
        place = (
            pl.when(pl.col("seq").is_null())
            .then("field")
            .otherwise(pl.format("{} text of message {}", "field", "seq"))
        )
        quote = pl.col("excerpt").str.replace_all(r"\s+", " ").str.head(DETAIL_CHARS)
        return pl.format(
            "{} task {}: coverage {} by {}, threshold={}, in {}: {} ({} hits)",
            "benchmark",
            "task_key",
            pl.col("coverage").round(4),
            "method",
            pl.lit(self.coverage),
            place,
            pl.format('"{}"', quote).fill_null("not shown"),
            "hit_count",
        )


def _named_tasks(protected: pl.DataFrame) -> pl.DataFrame:
    """Give `task_id` of each protected task, and the words that say so (`own_task`)."""
    tasks = protected.select("benchmark", "task_key").unique().sort("benchmark", "task_key")
    ids = [Task(benchmark=benchmark, task_key=key).task_id for benchmark, key in tasks.iter_rows()]
    own = pl.format("is itself task {} of {}", "task_key", "benchmark")
    return tasks.select(pl.Series("task_id", ids, dtype=pl.String), own_task=own)
