"""Readiness: whether a trajectory can be trained on as it is, and what stands against it."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.conduct.flaws import FLAWS, find_flaws
from curation.frames import Frames
from curation.origins import TRAINED_ORIGINS
from curation.signals.signal import Signal
from schemas.tables import Column
from schemas.tables.declaration import FLAG, INTEGER, REAL, STRING

READY, WITH_CARE, NOT_READY = "ready", "usable_with_care", "not_ready"

LACKS = (
    "no_sampled_turn",
    "environment_broke",
    "cut_off",
    "missing_system_prompt",
    "missing_tool_schemas",
    "partial_reasoning",
    "unknown_outcome",
    "copied_context",
)
"""What a whole trajectory may lack; beside `FLAWS`, these are the codes of `readiness_reasons`, in this order."""

CODES = (*LACKS, *FLAWS)

BLOCKING = (
    "no_sampled_turn",
    "environment_broke",
    "orphan_result",
    "dangling_call",
    "broken_arguments",
)
"""Ours: what makes a loader refuse the row, or trains on something that never was."""

_COUNTED = tuple(
    Column(name=f"{flaw}_count", type=INTEGER, doc=doc, minimum=0)
    for flaw, doc in zip(
        FLAWS,
        (
            "Tool messages that answer no call.",
            "Calls without a result although the agent went on.",
            "Calls of the last turn without a result.",
            "Calls whose id an earlier call of the trajectory has.",
            "Calls whose arguments are no JSON object.",
            "Messages whose role may not follow the one before (two users in a row, a system prompt inside ...).",
            "Agent turns without words, reasoning, parts or calls.",
            "Messages of which the source keeps the start only.",
        ),
        strict=True,
    )
)


@dataclass(frozen=True, kw_only=True)
class Readiness(Signal):
    """Whether a trajectory can be trained on as it is: a verdict, its reasons, and the figures behind them.

    The rubric is ours; the checks are those that trainers' own loaders fail on or pass over in silence: results without
    calls and calls without results, roles that do not alternate, missing system prompt or tool schemas, reasoning in
    some turns only, unknown outcome, context that another trajectory trains already, empty turns, cut ends and texts,
    arguments that are no JSON object. A code in `blocking` makes a trajectory `not_ready`, any other code
    `usable_with_care`. Each flaw with a place is a hit.
    """

    name: ClassVar[str] = "readiness"
    version: ClassVar[str] = "1"
    has_hits: ClassVar[bool] = True
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(
            name="readiness",
            type=STRING,
            doc="`not_ready` when a code of `blocking` holds, `usable_with_care` when another does, else `ready`.",
            allowed=(READY, WITH_CARE, NOT_READY),
        ),
        Column(
            name="readiness_reasons",
            type=STRING,
            doc="Codes that hold, joined by commas, those of the whole trajectory first; empty when ready.",
        ),
        Column(
            name="sampled_turn_count",
            type=INTEGER,
            doc="Agent turns with words of the policy, which alone are trained.",
            minimum=0,
        ),
        Column(name="has_system_prompt", type=FLAG, doc="True when a system message is there."),
        Column(
            name="has_tool_schemas",
            type=FLAG,
            doc="True when the schemas of the tools are known; null without a tool call.",
            nullable=True,
        ),
        Column(
            name="reasoning_frac",
            type=REAL,
            doc="Share of sampled turns with reasoning apart from the text; null without a sampled turn.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="copied_context_frac",
            type=REAL,
            doc="Share of messages that are copied from another trajectory.",
            minimum=0,
            maximum=1,
        ),
        Column(name="has_known_outcome", type=FLAG, doc="True when the final reward is known."),
        Column(name="ends_with_agent", type=FLAG, doc="True when the last message is the agent's."),
        *_COUNTED,
    )

    blocking: tuple[str, ...] = BLOCKING
    """Codes that make a trajectory not ready; ours."""
    ignored: tuple[str, ...] = ()
    """Codes that count for nothing."""
    snippet_chars: int = 80
    """How many characters of a flaw are quoted."""

    def __post_init__(self) -> None:
        """Refuse codes that do not exist.

        Raises:
            ValueError: a code is unknown.
        """
        unknown = sorted({*self.blocking, *self.ignored} - set(CODES))
        if unknown:
            raise ValueError(
                f"Unknown readiness codes {', '.join(unknown)}. Known: {', '.join(sorted(CODES))}"
            )

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Find the flaws, sum up each conversation, and judge."""
        flaws = find_flaws(frames.messages, snippet_chars=self.snippet_chars)
        counts = flaws.group_by("trajectory_id").agg(
            (pl.col("kind") == flaw).sum().alias(f"{flaw}_count") for flaw in FLAWS
        )
        measured = (
            frames.trajectories.join(_summaries(frames.messages), on="trajectory_id", how="left")
            .join(counts, on="trajectory_id", how="left")
            .with_columns(
                pl.col(f"^({'|'.join(FLAWS)})_count$").fill_null(0),
                pl.col("sampled_turn_count").fill_null(0),
                pl.col("copied_context_frac").fill_null(0.0),
                pl.col("has_system_prompt", "has_calls", "ends_with_agent").fill_null(value=False),
            )
            .with_columns(
                has_tool_schemas=pl.when("has_calls").then(pl.col("toolset_id").is_not_null()),
                has_known_outcome=pl.col("outcome_reward").fill_nan(None).is_not_null(),
            )
        )
        return {"trajectory": measured.with_columns(**self._verdict()), "hit": _hits(flaws, frames.steps)}

    def _verdict(self) -> dict[str, pl.Expr]:
        holds = {code: condition for code, condition in _conditions().items() if code not in self.ignored}
        codes = [pl.when(condition).then(pl.lit(code)) for code, condition in holds.items()]
        blocks = pl.any_horizontal(False, *(holds[code] for code in self.blocking if code in holds))
        reasons = pl.concat_str(pl.lit(None, pl.String), *codes, separator=",", ignore_nulls=True)
        return {
            "readiness_reasons": reasons,
            "readiness": pl.when(blocks)
            .then(pl.lit(NOT_READY))
            .when(pl.any_horizontal(False, *holds.values()))
            .then(pl.lit(WITH_CARE))
            .otherwise(pl.lit(READY)),
        }


def _conditions() -> dict[str, pl.Expr]:
    """Say when each code holds, over the figures."""
    reasoning = pl.col("reasoning_frac").fill_null(0.0)
    lacks = {
        "no_sampled_turn": pl.col("sampled_turn_count") == 0,
        "environment_broke": pl.col("status") == "infra_error",
        "cut_off": pl.col("status") == "truncated",
        "missing_system_prompt": ~pl.col("has_system_prompt"),
        "missing_tool_schemas": ~pl.col("has_tool_schemas").fill_null(value=True),
        "partial_reasoning": (reasoning > 0) & (reasoning < 1),
        "unknown_outcome": ~pl.col("has_known_outcome"),
        "copied_context": pl.col("copied_context_frac") > 0,
    }
    return lacks | {flaw: pl.col(f"{flaw}_count") > 0 for flaw in FLAWS}


def _summaries(messages: pl.DataFrame) -> pl.DataFrame:
    is_turn = pl.col("role") == "assistant"
    is_trained = is_turn & pl.col("origin").is_in(TRAINED_ORIGINS)
    has_reasoning = pl.col("reasoning").fill_null("").str.strip_chars() != ""
    return messages.group_by("trajectory_id").agg(
        sampled_turn_count=is_trained.sum(),
        has_system_prompt=(pl.col("role") == "system").any(),
        has_calls=(pl.col("tool_calls").list.len() > 0).any(),
        reasoning_frac=has_reasoning.filter(is_trained).mean(),
        copied_context_frac=(pl.col("origin") == "copied").mean(),
        ends_with_agent=is_turn.sort_by("seq").last(),
    )


def _hits(flaws: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Number the flaws; the step is the one whose turn or results the message belongs to."""
    turns = steps.select("trajectory_id", "step", "seq", "end_seq").sort("seq")
    placed = flaws.sort("seq", maintain_order=True).join_asof(
        turns, on="seq", by="trajectory_id", strategy="backward", check_sortedness=False
    )
    ordered = placed.sort("trajectory_id", "seq", "kind", "detail")
    return ordered.with_columns(
        kind=pl.col("kind").replace_strict({flaw: f"{of}.{flaw}" for flaw, of in FLAWS.items()}),
        step=pl.when(pl.col("seq") <= pl.col("end_seq")).then("step"),
        hit=pl.int_range(pl.len(), dtype=pl.Int64).over("trajectory_id"),
        confidence=pl.lit(1.0),
    )
