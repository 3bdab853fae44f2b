from typing import Any

import pytest

from curation.selection.top_k_per_task import TopKPerTask
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from tests.curation.selection.candidates import candidates

EFFICIENT = {"efficiency": 1.0, "recovery": 0.0}
RECOVERING = {"efficiency": 0.7, "recovery": 0.4}
REDUNDANT = {"efficiency": 0.5, "recovery": 0.0}


def kept(selector: TopKPerTask, *rows: dict[str, Any]) -> list[str]:
    found: list[str] = selector.select(candidates(*rows)).filter("is_kept")["trajectory_id"].to_list()
    return found


def test_prefers_efficient_and_recovering_successes_to_redundant_ones() -> None:
    assert kept(TopKPerTask(k=2), REDUNDANT, EFFICIENT, REDUNDANT, RECOVERING) == ["1", "3"]


def test_says_rank_and_score() -> None:
    dropped = TopKPerTask(k=1).select(candidates(EFFICIENT, REDUNDANT)).row(1, named=True)
    assert dropped["reason"] == DecisionReason.BELOW_TOP_K
    assert dropped["detail"] == "rank 2 of 2, score 0.1667, k=1"


def test_gives_each_task_its_own_places() -> None:
    rows = [metrics | {"task_id": task} for task in ("a", "b") for metrics in (EFFICIENT, REDUNDANT)]
    assert kept(TopKPerTask(k=1), *rows) == ["0", "2"]


def test_can_give_each_policy_its_own_places() -> None:
    rows = (EFFICIENT | {"group_id": "a"}, REDUNDANT | {"group_id": "b"})
    assert kept(TopKPerTask(k=1), *rows) == ["0"]
    assert kept(TopKPerTask(k=1, group_by="group_id"), *rows) == ["0", "1"]


def test_ties_go_to_the_smaller_id() -> None:
    assert kept(TopKPerTask(k=1), EFFICIENT, EFFICIENT) == ["0"]
    assert TopKPerTask(k=1).select(candidates(EFFICIENT, EFFICIENT).reverse())["is_kept"].to_list() == [
        True,
        False,
    ]


def test_what_has_no_metrics_is_in_the_middle() -> None:
    assert kept(TopKPerTask(k=2), REDUNDANT, {}, EFFICIENT | {"recovery": 1.0}) == ["1", "2"]


def test_weights_choose_the_metrics() -> None:
    assert kept(TopKPerTask(k=1, weights={"recovery": 1.0}), EFFICIENT, RECOVERING) == ["1"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, "`k` of 'top_k_per_task' must be 1 or more, got 0"),
        ({"group_by": "model"}, "`group_by` must be one of group_id, task_id, got 'model'"),
        ({"weights": {"speed": 1.0}}, "unknown metrics: speed. Known metrics: diversity, efficiency"),
        ({"weights": {}}, "must be 0 or more and not all 0"),
        ({"weights": {"recovery": 0.0}}, "must be 0 or more and not all 0"),
        ({"weights": {"recovery": -1.0, "efficiency": 2.0}}, "must be 0 or more and not all 0"),
    ],
)
def test_refuses_parameters_that_rank_nothing(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        TopKPerTask(**parameters)
