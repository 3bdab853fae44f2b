from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.selection.pareto_repairs import ParetoRepairs, is_dominated
from schemas.errors import RecipeError

RULE = ParetoRepairs(axes=("utility", "-harm"), valid="is_valid")


def judged(*repairs: dict[str, Any], rule: ParetoRepairs = RULE) -> dict[str, str | None]:
    """Judge repairs of one parent with utility 0.5 and harm 0.5."""
    schema = {
        "trajectory_id": pl.String,
        "parent_id": pl.String,
        "relation": pl.String,
        "utility": pl.Float64,
        "harm": pl.Float64,
        "is_valid": pl.Boolean,
    }
    parent = {"trajectory_id": "parent", "relation": "attempt", "utility": 0.5, "harm": 0.5}
    rows = [
        {"trajectory_id": f"repair {number}", "parent_id": "parent", "relation": "repair", "is_valid": True}
        | repair
        for number, repair in enumerate(repairs)
    ]
    choices = rule.select(pl.DataFrame([parent, *rows], schema=schema))
    assert choices.filter(pl.col("trajectory_id") == "parent")["is_kept"].all()
    assert choices.filter(pl.col("is_kept") != pl.col("reason").is_null()).is_empty()
    return dict(
        choices.filter(pl.col("trajectory_id") != "parent").select("trajectory_id", "reason").iter_rows()
    )


@pytest.mark.parametrize(
    ("repair", "reason"),
    [
        ({"utility": 0.9, "harm": 0.5}, None),
        ({"utility": 0.5, "harm": 0.4}, None),
        ({"utility": 0.9, "harm": 0.6}, "worse_than_parent"),
        ({"utility": 0.5, "harm": 0.5}, "not_better_than_parent"),
        ({"utility": 0.9, "harm": None}, "repair_not_comparable"),
        ({"utility": float("nan"), "harm": 0.1}, "repair_not_comparable"),
        ({"utility": 0.9, "harm": 0.1, "is_valid": False}, "repair_not_valid"),
        ({"utility": 0.9, "harm": 0.1, "is_valid": None}, "repair_not_valid"),
        ({"utility": 0.9, "harm": 0.1, "parent_id": "elsewhere"}, "repair_not_comparable"),
        ({"utility": 0.1, "harm": 0.9, "relation": "attempt"}, None),
    ],
)
def test_a_repair_is_admitted_when_it_is_better_and_nowhere_worse(
    repair: dict[str, Any], reason: str | None
) -> None:
    assert judged(repair) == {"repair 0": reason}


def test_what_another_repair_of_the_same_parent_dominates_goes() -> None:
    front = [{"utility": 0.9, "harm": 0.4}, {"utility": 0.6, "harm": 0.1}]
    assert judged(*front, {"utility": 0.6, "harm": 0.4}, front[0]) == {
        "repair 0": None,
        "repair 1": None,
        "repair 2": "dominated_by_other_repair",
        "repair 3": None,
    }


def test_what_is_ruled_out_dominates_nothing() -> None:
    better = {"utility": 1.0, "harm": 0.0, "is_valid": False}
    assert judged(better, {"utility": 0.9, "harm": 0.1})["repair 1"] is None


@pytest.mark.parametrize("axes", [(), ("utility", "utility"), ("utility", "-utility")])
def test_axes_must_be_different_columns(axes: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError, match="`axes` must name one or more different columns"):
        ParetoRepairs(axes=axes)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_front_is_what_nothing_dominates_and_dominates_all_else(points: list[tuple[int, int]]) -> None:
    flags = is_dominated(np.array(points, dtype=float))

    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one != other and one[0] >= other[0] and one[1] >= other[1]

    front = [point for point, flag in zip(points, flags, strict=True) if not flag]
    assert front
    for point, flag in zip(points, flags, strict=True):
        assert flag == any(beats(other, point) for other in front)
