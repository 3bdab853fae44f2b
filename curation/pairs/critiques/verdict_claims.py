"""Claims that judges and people made in words: right where they agree with the outcome that is known."""

from collections.abc import Collection

import polars as pl

from curation.frames import Frames
from curation.pairs.critiques.claims import Verdict, conform_claims
from curation.pairs.critiques.secret_words import gives_away
from schemas.trajectory import ScoreSource

EXPLAINERS = (ScoreSource.JUDGE.value, ScoreSource.HUMAN.value)
"""A verifier's explanation is its output, often the gold answer: it is never a critique."""


def verdict_claims(
    frames: Frames, outcomes: pl.DataFrame, names: Collection[str], *, at_least: float
) -> pl.DataFrame:
    """Read explained verdicts on whole trajectories.

    Args:
        frames: the scores, and what may not be told.
        outcomes: `trajectory_id`, `message_count`, `is_success` (not null) of what may be judged.
        names: scores that say whether the attempt succeeded.
        at_least: least value of a score that calls it sound.

    Returns:
        Under `CLAIM_SCHEMA`. An explanation that tells a gold answer or a private instruction which the trajectory itself
        does not tell is left out.
    """
    is_explained = (
        (pl.col("scope") == "trajectory")
        & pl.col("name").is_in(names)
        & pl.col("source").is_in(EXPLAINERS)
        & pl.col("value").is_not_null()
        & (pl.col("explanation").str.strip_chars() != "")
    )
    told = frames.scores.filter(is_explained).join(outcomes, on="trajectory_id")
    told = told.filter(~gives_away(told, frames))
    is_sound = pl.col("value") >= at_least
    return conform_claims(
        told.sort("trajectory_id", "score_index").with_columns(
            subject_id="trajectory_id",
            contrast="trajectory_id",
            verdict=_verdict(is_sound),
            is_right=is_sound == pl.col("is_success"),
            words=pl.col("explanation").str.strip_chars(),
            label=pl.format("{} {} by {}", "name", "value", pl.coalesce("annotator", "source")),
        )
    )


def opposite_claims(claims: pl.DataFrame) -> pl.DataFrame:
    """Claim the opposite of what was claimed of a trajectory on one side only; nobody worded these claims yet."""
    is_one_sided = pl.col("is_right").n_unique().over("subject_id") == 1
    first = claims.filter(is_one_sided).unique("subject_id", keep="first", maintain_order=True)
    verdict = _verdict(pl.col("verdict") != Verdict.SOUND.value)
    return conform_claims(
        first.drop("words", "value").with_columns(
            verdict=verdict, is_right=~pl.col("is_right"), label=pl.format("{}, written", verdict)
        )
    )


def _verdict(is_sound: pl.Expr) -> pl.Expr:
    return pl.when(is_sound).then(pl.lit(Verdict.SOUND.value)).otherwise(pl.lit(Verdict.FAULTY.value))
