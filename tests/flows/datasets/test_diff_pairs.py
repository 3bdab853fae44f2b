"""Pairs and samples of two datasets, compared row by row."""

from typing import Any

import polars as pl
import pytest

from flows.datasets.diff_pairs import compare_rows, joined
from schemas.rows import arrow_table


def pair(
    chosen: str, rejected: str, *, rule: str = "best", margin: float | None = 1.0, **told: Any
) -> dict[str, Any]:
    return {
        "dataset_id": "d",
        "bucket": 0,
        "pair_id": f"{rule} {chosen} {rejected}",
        "set_id": "s",
        "task_id": "t",
        "rule": rule,
        "context_count": 1,
        "chosen_id": chosen,
        "chosen_until": 3,
        "rejected_id": rejected,
        "rejected_until": 3,
        "margin": margin,
        "detail": "",
        **told,
    }


def sample(
    trajectory: str, *, is_good: bool | None = True, value: float | None = 1.0, **told: Any
) -> dict[str, Any]:
    return {
        "dataset_id": "d",
        "bucket": 0,
        "sample_id": trajectory,
        "task_id": "t",
        "rule": "labels",
        "trajectory_id": trajectory,
        "context_count": 1,
        "until": 2,
        "is_good": is_good,
        "value": value,
        "detail": "",
        **told,
    }


def rows(table: str, *listed: dict[str, Any]) -> pl.LazyFrame:
    return pl.DataFrame(arrow_table(table, listed)).lazy()


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([pair("x", "y")], [pair("x", "y")], "same"),
        ([pair("x", "y", margin=None)], [pair("x", "y", margin=None)], "same"),
        ([pair("x", "y")], [pair("y", "x")], "sides"),
        ([pair("x", "y")], [pair("x", "y", margin=0.5)], "margin"),
        ([pair("x", "y")], [pair("x", "y", margin=None)], "margin"),
        ([pair("x", "y")], [pair("x", "y", detail="why")], "other"),
        ([pair("x", "y")], [], "only_a"),
        ([], [pair("x", "y")], "only_b"),
    ],
)
def test_pairs_are_known_by_rule_and_both_places(
    before: list[dict[str, Any]], after: list[dict[str, Any]], change: str
) -> None:
    found = compare_rows(rows("pairs", *before), rows("pairs", *after), "pairs")
    assert found.counts.rows() == [("best", change, 1)]
    assert found.is_same == (change == "same")
    assert found.rows["change"].to_list() == ([] if change == "same" else [change])


def test_pairs_of_another_rule_or_another_end_are_others() -> None:
    first = rows("pairs", pair("x", "y"), pair("x", "y", rule="worst"), pair("u", "v"))
    second = rows("pairs", pair("x", "y"), pair("u", "v", chosen_until=5, pair_id="longer"))
    found = compare_rows(first, second, "pairs")
    assert found.counts.rows() == [
        ("best", "only_a", 1),
        ("best", "only_b", 1),
        ("best", "same", 1),
        ("worst", "only_a", 1),
    ]
    assert found.figures == {"row_count": 4, "changed_count": 3}


def test_a_pair_of_the_same_places_twice_is_compared_twice() -> None:
    twice = rows("pairs", pair("x", "y"), pair("x", "y", pair_id="again", context_count=2))
    assert compare_rows(twice, twice, "pairs").counts.rows() == [("best", "same", 2)]
    assert compare_rows(twice, rows("pairs", pair("x", "y")), "pairs").rows.height == 1


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ({}, "same"),
        ({"is_good": False}, "label"),
        ({"is_good": None}, "label"),
        ({"value": 0.0}, "value"),
        ({"until": 9}, "other"),
    ],
)
def test_samples_are_known_by_their_place(told: dict[str, Any], change: str) -> None:
    found = compare_rows(rows("samples", sample("x")), rows("samples", sample("x", **told)), "samples")
    assert found.counts.rows() == [("labels", change, 1)]


def test_differences_show_both_sides() -> None:
    found = compare_rows(rows("pairs", pair("x", "y")), rows("pairs", pair("y", "x", margin=2.0)), "pairs")
    (row,) = found.rows.to_dicts()
    assert (row["a_chosen_id"], row["b_chosen_id"]) == ("x", "y")
    assert (row["a_margin"], row["b_margin"]) == (1.0, 2.0)


def test_parts_are_put_together() -> None:
    parts = [
        compare_rows(
            rows("samples", sample(name)), rows("samples", sample(name), sample(f"{name}{name}")), "samples"
        )
        for name in "xy"
    ]
    whole = joined(parts, "samples")
    assert whole.counts.rows() == [("labels", "only_b", 2), ("labels", "same", 2)]
    assert joined([], "samples").is_same
