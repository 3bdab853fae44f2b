"""What is claimed of a trajectory, and whether it is so: what critiques are written from."""

from enum import StrEnum

import polars as pl

CLAIM_SCHEMA = pl.Schema(
    {
        "trajectory_id": pl.String,
        "subject_id": pl.String,
        "message_count": pl.Int64,
        "contrast": pl.String,
        "is_right": pl.Boolean,
        "verdict": pl.String,
        "place": pl.String,
        "fault": pl.String,
        "words": pl.String,
        "value": pl.Float64,
        "label": pl.String,
    }
)
"""`trajectory_id` is kept and brings the claim; `subject_id` is judged, the same one or a corrupted child of it; claims of
one `contrast` are weighed against each other; `place` and `fault` are null where only the verdict is claimed; `words` and
`value` are a judge's, null where a writer must word the claim; `label` says the claim for people."""

END, START = "end", "start"
"""Places that are no step: behind the last one, and before the first."""


class Verdict(StrEnum):
    """What a critic says of an attempt."""

    SOUND = "sound"
    FAULTY = "faulty"


def conform_claims(rows: pl.DataFrame) -> pl.DataFrame:
    """Bring rows to `CLAIM_SCHEMA`; a column that is not there is null."""
    absent = [pl.lit(None).alias(name) for name in CLAIM_SCHEMA if name not in rows.columns]
    return rows.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in CLAIM_SCHEMA.items())
