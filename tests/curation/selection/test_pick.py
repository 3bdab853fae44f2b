import pytest

from curation.selection.pick import Pick
from schemas.errors import RecipeError
from tests.curation.selection.candidates import candidates, kept

ROWS = (
    {"outcome_reward": 1.0, "step_count": 9},
    {"outcome_reward": 0.0, "step_count": 2},
    {"outcome_reward": 1.0, "step_count": 5},
    {"outcome_reward": None, "step_count": 1},
    {"outcome_reward": 1.0, "step_count": 1, "status": "infra_error"},
)


@pytest.mark.parametrize(
    ("pick", "expected"),
    [
        ("best", ["2"]),
        ("best-2", ["0", "2"]),
        ("best-9", ["0", "1", "2"]),
        ("shortest", ["3"]),
        ("shortest-3", ["1", "3", "4"]),
        ("all", ["0", "1", "2", "3", "4"]),
    ],
)
def test_picks_by_name(pick: str, expected: list[str]) -> None:
    assert kept(Pick(pick=pick), *ROWS) == expected


def test_unknown_outcomes_are_never_best() -> None:
    assert kept(Pick(pick="best"), {"outcome_reward": None}, {"outcome_reward": float("nan")}) == []


def test_ties_go_to_the_smaller_id_in_each_group() -> None:
    rows = [{"step_count": 3, "group_id": group} for group in ("a", "b", "a", "b")]
    assert kept(Pick(pick="shortest"), *rows) == ["0", "1"]
    assert kept(Pick(pick="shortest", group_by="task_id"), *rows) == ["0"]


def test_says_place_and_values() -> None:
    dropped = Pick(pick="shortest").select(candidates(*ROWS)).row(0, named=True)
    assert dropped["reason"] == "not_picked"
    assert dropped["detail"] == "shortest of each group_id; place 5 of 5; step_count=9"


@pytest.mark.parametrize("pick", ["worst", "best-0", "best 2", ""])
def test_refuses_what_is_no_pick(pick: str) -> None:
    with pytest.raises(RecipeError, match=r"is no pick\. Allowed: best, best-N.*N is 1 or more"):
        Pick(pick=pick)


def test_refuses_a_grouping_that_does_not_exist() -> None:
    with pytest.raises(RecipeError, match="`group_by` must be one of"):
        Pick(group_by="model")
