import polars as pl

from curation.topology.score import weighted_score


def scores(weights: dict[str, float], **columns: list[float | None]) -> list[float]:
    count = len(next(iter(columns.values())))
    rows = pl.DataFrame({"task_id": ["t"] * count} | columns)
    found: list[float] = rows.select(weighted_score(weights, group="task_id").alias("score"))[
        "score"
    ].to_list()
    return found


def test_places_each_metric_between_worst_and_best() -> None:
    assert scores({"efficiency": 1.0}, efficiency=[0.2, 0.4, 1.0]) == [0.0, 0.25, 1.0]


def test_weighs_the_places() -> None:
    found = scores({"efficiency": 3.0, "recovery": 1.0}, efficiency=[1.0, 0.0], recovery=[0.0, 2.0])
    assert found == [0.75, 0.25]


def test_unknown_and_equal_metrics_are_in_the_middle() -> None:
    assert scores({"efficiency": 1.0}, efficiency=[None, 0.0, 1.0]) == [0.5, 0.0, 1.0]
    assert scores({"efficiency": 1.0}, efficiency=[0.7, 0.7]) == [0.5, 0.5]


def test_places_within_the_own_group_only() -> None:
    rows = pl.DataFrame({"task_id": ["a", "a", "b", "b"], "efficiency": [0.1, 0.2, 0.8, 0.9]})
    score = weighted_score({"efficiency": 1.0}, group="task_id")
    assert rows.select(score.alias("score"))["score"].to_list() == [0.0, 1.0, 0.0, 1.0]
