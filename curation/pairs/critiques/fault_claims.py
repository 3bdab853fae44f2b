"""Claims about labelled corruptions and what they were made of: where the fault is known, so is who is right."""

from collections.abc import Collection

import polars as pl

from curation.corrupted import Corrupted
from curation.keys import digests
from curation.pairs.critiques.claims import CLAIM_SCHEMA, END, START, Verdict, conform_claims

PARENT = ("trajectory_id", "message_count", "parent_steps")


def fault_claims(corrupted: Corrupted, parents: pl.DataFrame, modes: Collection[str]) -> pl.DataFrame:
    """Claim of each child that it is faulty where it is, that it is sound, and that another step is at fault.

    Of its parent, that it is sound, and that it has the child's fault. So each judgement is as often right as wrong, but
    for the other step, which is claimed only where the fault is at a step.

    Args:
        corrupted: the children. One whose fault did no harm, as a checker says, takes no part.
        parents: `trajectory_id`, `message_count`, `parent_steps` (numbers of the agent's own turns) of sound ones.
        modes: names of corruptions.

    Returns:
        Under `CLAIM_SCHEMA`; the contrast is the child and its parent.
    """
    faults = _faults(corrupted, parents, modes)
    if faults.is_empty():
        return CLAIM_SCHEMA.to_frame()
    child = faults.with_columns(subject_id="child_id", message_count="child_message_count")
    parent = faults.with_columns(subject_id="trajectory_id")
    other = child.filter(pl.col("other_place").is_not_null()).with_columns(place="other_place")
    claims = (
        _faulty(child, is_right=True),
        _sound(child, is_right=False),
        _faulty(other, is_right=False),
        _sound(parent, is_right=True),
        _faulty(parent.with_columns(place="parent_place"), is_right=False),
    )
    return pl.concat(claims)


def _faults(corrupted: Corrupted, parents: pl.DataFrame, modes: Collection[str]) -> pl.DataFrame:
    """Give each child with its parent, the place of its fault in both, and another place of its own."""
    steps = corrupted.steps.filter(~pl.col("is_copied")).group_by("trajectory_id").agg(steps="step")
    children = corrupted.trajectories.select(
        child_id="trajectory_id", child_message_count="message_count"
    ).join(steps, left_on="child_id", right_on="trajectory_id", how="left")
    is_meant = pl.col("mode").is_in(modes) & pl.col("is_injection_successful").fill_null(value=True)
    faults = (
        corrupted.labels.filter(is_meant)
        .select("child_id", "seq", "step", trajectory_id="parent_id", fault="mode", contrast="child_id")
        .join(parents.select(PARENT), on="trajectory_id")
        .join(children, on="child_id")
    )
    lot = pl.Series("lot", [int(key[:8], 16) for key in digests("lot", faults["child_id"])], pl.Int64)
    number = pl.col("step").cast(pl.String)
    bare = pl.when(pl.col("seq").is_null()).then(pl.lit(END)).otherwise(pl.lit(START))
    apart = pl.col("steps").list.set_difference(pl.concat_list("step")).list.drop_nulls().list.sort()
    # A kind of fault that is never at a step would tell without the record that any step is wrong.
    others = pl.when(pl.col("step").is_not_null()).then(apart)
    return (
        faults.with_columns(lot, place=pl.coalesce(number, bare), others=others)
        .with_columns(other_place=_drawn("others"), parent_place=_place_in_parent())
        .sort("child_id")
    )


def _drawn(choices: str) -> pl.Expr:
    """Draw one of a list by the row's lot; null of an empty or absent one."""
    count = pl.col(choices).list.len().cast(pl.Int64)
    turn = pl.when(count > 0).then(pl.col("lot") % count)
    return pl.col(choices).list.get(turn, null_on_oob=True).cast(pl.String)


def _place_in_parent() -> pl.Expr:
    """Give the same place in the parent; its last turn where it has no such turn."""
    has_place = pl.col("step").is_null() | pl.col("parent_steps").list.contains(pl.col("step"))
    return pl.when(has_place).then("place").otherwise(pl.col("parent_steps").list.max().cast(pl.String))


def _faulty(rows: pl.DataFrame, *, is_right: bool) -> pl.DataFrame:
    label = pl.format("{} at {}", "fault", "place")
    return conform_claims(
        rows.with_columns(verdict=pl.lit(Verdict.FAULTY.value), is_right=pl.lit(is_right), label=label)
    )


def _sound(rows: pl.DataFrame, *, is_right: bool) -> pl.DataFrame:
    verdict = pl.lit(Verdict.SOUND.value)
    return conform_claims(
        rows.drop("place", "fault").with_columns(verdict=verdict, is_right=pl.lit(is_right), label=verdict)
    )
