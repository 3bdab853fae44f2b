"""Turns with a failed call, and what stands around them: what a rule must know to take the call out. Ours."""

import polars as pl

from curation.frames import Frames
from curation.origins import TRAINED_ORIGINS
from curation.process.roles import TERMINAL, VALIDATION, tool_roles
from schemas.trajectory import Role

INTERPRETERS = dict.fromkeys(("python", "execute_code", "code_interpreter", "ipython", "jupyter"), TERMINAL)
"""Names of tools that run a program, besides those that `curation.process.roles` knows."""

PROSE_ARGUMENT = (
    r'"(?:thoughts?|summary|reason|reasoning|message|explanation|comment|notes?)"\s*:\s*"(?:[^"\\]|\\.)*"'
)
"""Arguments in which an agent speaks: to itself, or to whoever takes over."""


def failing_part(frames: Frames) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the messages and the calls of the trajectories that hold a failed call."""
    failing = frames.calls.filter(pl.col("error_kind").is_not_null())
    return (
        frames.messages.join(failing, on="trajectory_id", how="semi").sort("trajectory_id", "seq"),
        frames.calls.join(failing, on="trajectory_id", how="semi"),
    )


def runs_programs(names: pl.Series) -> pl.Series:
    """Tell of each tool whether it runs a program, which may have changed something before it failed."""
    return tool_roles(names, INTERPRETERS).is_in([TERMINAL, VALIDATION])


def failed_turns(messages: pl.DataFrame, calls: pl.DataFrame, *, words: str | None) -> pl.DataFrame:
    """List the turns with a failed call.

    Args:
        messages: whole trajectories, sorted.
        calls: their rows of `call_rows`.
        words: pattern of what speaks of a failure; null: nothing does.

    Returns:
        One row per turn, in order: `trajectory_id`, `seq`, `end_seq` of the last result, `call_count`; `is_beside`: each
        call has a result of its own right behind; `own_turn_count` of the trajectory; the facts of `_places`, as
        `next_...` those of the message behind the results (null: the rollout ends); and `speech_seq` and
        `speech_looks_back` of the turn that could speak of the failure: in a dialogue the first from there on in which the
        policy speaks, for words to a user sum up what was done; else the next one (null: there is none).
    """
    places = _places(messages, calls, words)
    own_turns = places.group_by("trajectory_id").agg(own_turn_count=pl.col("is_own").sum())
    behind = places.select("trajectory_id", pl.exclude("trajectory_id").name.prefix("next_"))
    is_speech = pl.col("is_own") & (pl.col("speaks") | ~pl.col("is_dialogue"))
    speeches = places.filter(is_speech).select(
        "trajectory_id", speech_seq="seq", speech_looks_back="looks_back", next_seq="seq"
    )
    return (
        _turns(calls)
        .join(places, on=["trajectory_id", "seq"], how="left")
        .join(behind, on=["trajectory_id", "next_seq"], how="left")
        .join(own_turns, on="trajectory_id", how="left")
        .sort("next_seq")
        .join_asof(
            speeches.sort("next_seq"),
            on="next_seq",
            by="trajectory_id",
            strategy="forward",
            check_sortedness=False,
        )
        .sort("trajectory_id", "seq")
    )


def _turns(calls: pl.DataFrame) -> pl.DataFrame:
    """Fold calls into the turns of which one failed."""
    turns = calls.group_by("trajectory_id", "seq", maintain_order=True).agg(
        end_seq=pl.max_horizontal(pl.col("seq").first(), pl.col("result_seq").max()),
        call_count=pl.len(),
        result_count=pl.col("result_seq").drop_nulls().n_unique(),
        first_seq=pl.col("result_seq").min(),
        has_failed=pl.col("error_kind").is_not_null().any(),
    )
    is_beside = (
        (pl.col("result_count") == pl.col("call_count"))
        & (pl.col("first_seq") == pl.col("seq") + 1)
        & (pl.col("end_seq") == pl.col("seq") + pl.col("call_count"))
    )
    return turns.filter("has_failed").select(
        "trajectory_id",
        "seq",
        "end_seq",
        "call_count",
        is_beside=is_beside.fill_null(value=False),
        next_seq=pl.col("end_seq") + 1,
    )


def _places(messages: pl.DataFrame, calls: pl.DataFrame, words: str | None) -> pl.DataFrame:
    """Tell of each message whether it is the policy's, what it says, and how it is stored.

    Returns:
        `trajectory_id`, `seq`, `is_own`, `is_dialogue`; `in_text`: its calls are part of its text; `in_parts`: its content
        is not one text; `speaks`: it has words, be they reasoning or the thought of a call; `looks_back`: these speak of a
        failure; `has_words`: it has text beside its calls that is for a user, and does not look back.
    """
    is_own = (pl.col("role") == Role.ASSISTANT.value) & pl.col("origin").is_in(TRAINED_ORIGINS)
    said = pl.concat_str("text", "reasoning", "thought", separator="\n", ignore_nulls=True)
    text = pl.col("text").fill_null("")
    in_text = pl.col("text_calls").list.len() > 0
    return messages.join(_thoughts(calls), on=["trajectory_id", "seq"], how="left").select(
        "trajectory_id",
        "seq",
        is_own=is_own,
        in_text=in_text,
        in_parts=pl.col("content_json").is_not_null(),
        speaks=(said.str.strip_chars() != "").fill_null(value=False),
        looks_back=_matches(said, words),
        is_dialogue=_is_dialogue(),
        has_words=_is_dialogue() & ~in_text & (text.str.strip_chars() != "") & ~_matches(text, words),
    )


def _thoughts(calls: pl.DataFrame) -> pl.DataFrame:
    """Give the prose in the arguments of each turn's calls."""
    prose = pl.col("raw_arguments").str.extract_all(PROSE_ARGUMENT).list.join("\n")
    found = calls.select("trajectory_id", "seq", thought=prose).filter(pl.col("thought") != "")
    return found.group_by("trajectory_id", "seq").agg(pl.col("thought").str.join("\n"))


def _matches(text: pl.Expr, pattern: str | None) -> pl.Expr:
    return pl.lit(value=False) if pattern is None else text.str.contains(pattern)


def _is_dialogue() -> pl.Expr:
    """Tell whether a user speaks after the agent's first turn: then words beside calls are for somebody."""
    is_agent = pl.col("role") == Role.ASSISTANT.value
    is_user = (pl.col("role") == Role.USER.value) & pl.col("call_seq").is_null()
    speaks_after = pl.col("seq").filter(is_user).max() > pl.col("seq").filter(is_agent).min()
    return speaks_after.fill_null(value=False).over("trajectory_id")
