"""What must hold of every trial's metrics, and what they find of the simulation's planted truth."""

import json
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from curation.signals.topology import TopologyMetrics
from schemas.errors import RecipeError, UnknownNameError
from schemas.trajectory import Trajectory
from simulation.generate import make_rollouts
from simulation.writers import encode_truth
from tests.curation.rollouts import BAD, Turn, do, frames, rollout, value
from tests.curation.simulated import simulated_frames
from tests.curation.strategies import few

LIST, WRITE = do("list"), do("write")
LOOKS = st.sampled_from([do("look", {"id": number}) for number in range(5)])
PATHS = st.lists(LOOKS, min_size=1, max_size=6)
FELL = do("drop", result=BAD)

SIMULATED_TASKS, SIMULATED_TRIALS = 30, 16


def metrics(first: Trajectory, *others: Trajectory, **parameters: Any) -> dict[str, Any]:
    found = TopologyMetrics(**parameters).compute(frames(first, *others))["trajectory"]
    return {name: value(found, first, name) for name in found.columns}


@few
@given(path=PATHS, others=st.lists(PATHS, max_size=3), data=st.data())
def test_a_loop_lowers_efficiency(path: list[Turn], others: list[list[Turn]], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(path) - 1))
    last = data.draw(st.integers(first, len(path) - 1))
    looped = path[: last + 1] + path[first : last + 1] + path[last + 1 :]
    rivals = [rollout(*other, trial=trial) for trial, other in enumerate(others, start=1)]
    straight, loop = metrics(rollout(*path), *rivals), metrics(rollout(*looped), *rivals)
    assert loop["efficiency"] < straight["efficiency"] <= 1
    assert loop["redundant_step_frac"] > straight["redundant_step_frac"] or len(set(path)) < len(path)
    assert loop["recovery"] == pytest.approx(straight["recovery"])


@few
@given(path=PATHS, place=st.integers(0, 6), failures=st.integers(1, 4), policies=st.integers(1, 2))
def test_a_dip_with_rebound_raises_recovery(
    path: list[Turn], place: int, failures: int, policies: int
) -> None:
    rivals = [rollout(LIST, FELL, trial=trial, reward=0.0) for trial in range(1, failures + 1)]
    rivals += [rollout(LIST, *path, trial=trial, model=f"m{trial % policies}") for trial in range(5, 9)]
    dipped = [LIST, *path[:place], FELL, *path[place:], WRITE]
    straight, dip = metrics(rollout(LIST, *path, WRITE), *rivals), metrics(rollout(*dipped), *rivals)
    assert dip["recovery"] > straight["recovery"]
    assert metrics(rollout(*dipped), *rivals, setbacks="drop")["recovery"] > 0


@few
@given(path=PATHS, others=st.lists(PATHS, min_size=1, max_size=3))
def test_a_repeated_trial_is_the_same_walk_again(path: list[Turn], others: list[list[Turn]]) -> None:
    rivals = [rollout(*other, trial=trial) for trial, other in enumerate(others, start=1)]
    once = metrics(rollout(*path), *rivals)
    twice = metrics(rollout(*path), rollout(*path, trial=9), *rivals)
    assert (once["efficiency"], once["redundant_step_frac"]) == (
        twice["efficiency"],
        twice["redundant_step_frac"],
    )


def test_a_shortest_way_may_be_asked_to_keep_to_the_moves_of_successes() -> None:
    # The failure moves from list to write at once, and no success does.
    success, failure = rollout(LIST, do("look"), WRITE), rollout(LIST, WRITE, trial=1, reward=0.0)
    assert metrics(success, failure)["efficiency"] == 3 / 4
    assert metrics(success, failure, geodesic="successes")["efficiency"] == 1.0


def test_an_unusual_policy_is_no_setback() -> None:
    # A weak policy alone passes through `look`; relative to its own rate that says nothing against the state.
    weak = [rollout(do("look"), trial=trial, model="weak", reward=0.0) for trial in range(8)]
    weak.append(rollout(LIST, do("look"), WRITE, trial=8, model="weak"))
    strong = [rollout(LIST, WRITE, trial=trial, model="strong") for trial in range(4)]
    pooled = [rollout(LIST, WRITE, trial=trial, model="weak") for trial in range(10, 14)]
    apart = metrics(weak[-1], *weak[:-1], *strong, setbacks="drop")["recovery"]
    together = metrics(weak[-1], *weak[:-1], *pooled, setbacks="drop")["recovery"]
    assert apart < together / 2


@pytest.mark.parametrize(
    ("same_way", "elsewhere", "recovery"),
    [([1, 1, 1], [], 1 / 10), ([1, 0], [0, 0, 0, 0, 0], 7 / 30), ([1, 1, 1, 0], [1, 0, 0], 4 / 15)],
)
def test_a_fall_of_just_the_least_that_counts_is_a_setback(
    same_way: list[int], elsewhere: list[int], recovery: float
) -> None:
    # `list` is visited by k others of which s succeed, the policy's rate is r: (s - k r) / (k + 2) is 1/10 on paper.
    ways = [(LIST, reward) for reward in same_way] + [
        (WRITE if reward else FELL, reward) for reward in elsewhere
    ]
    others = [rollout(turn, trial=trial, reward=reward) for trial, (turn, reward) in enumerate(ways, start=1)]
    success = rollout(LIST, do("odd"), WRITE)
    assert metrics(success, *others, setbacks="drop")["recovery"] == pytest.approx(recovery)


def test_figures_of_the_task_are_given_to_each_of_its_groups() -> None:
    trials = rollout(LIST, WRITE), rollout(LIST, FELL, model="other", reward=0.0)
    unknown = rollout(LIST, task="unknown", reward=None)
    groups = TopologyMetrics().compute(frames(*trials, unknown))["group"]
    known = groups.filter(pl.col("group_id") != unknown.group_id)
    assert known["task_state_count"].to_list() == [3, 3]
    assert known["branch_count"].to_list() == [1, 1]
    assert known["error_branch_ratio"].to_list() == [0.5, 0.5]
    assert known["strategic_heterogeneity"].to_list() == [1.0, 1.0]
    alone = groups.row(by_predicate=pl.col("group_id") == unknown.group_id, named=True)
    assert alone.items() >= {"error_branch_ratio": None, "branch_count": 0, "task_state_count": 0}.items()


def test_states_are_chosen_by_name() -> None:
    near = do("look", {"item": "red cup"}), do("look", {"item": "red cups"})
    assert metrics(rollout(*near))["redundant_step_frac"] == 0
    assert metrics(rollout(*near), equivalence="lexical")["redundant_step_frac"] == 0.5
    lexical = TopologyMetrics(equivalence="lexical", equivalence_parameters={"window": 3})
    assert '"window": 3' in lexical.stage_version
    assert lexical.stage_version != TopologyMetrics(equivalence="lexical").stage_version


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"equivalence": "exactly"}, UnknownNameError),
        ({"equivalence_parameters": {"tau": 1}}, RecipeError),
        ({"recovery_drop": 0.0}, RecipeError),
        ({"setbacks": "all"}, RecipeError),
        ({"geodesic": "shortest"}, RecipeError),
    ],
)
def test_parameters_that_mean_nothing_are_refused(parameters: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"exactly|tau|recovery_drop|setbacks|geodesic"):
        TopologyMetrics(**parameters)


@cache
def planted(seed: int) -> pl.DataFrame:
    """Give the metrics of simulated successes beside the labels that the simulation planted."""
    whole, truth = simulated_frames(
        tasks=SIMULATED_TASKS, trials=SIMULATED_TRIALS, seed=seed, rendering="verbose"
    )
    rollouts = make_rollouts(tasks=SIMULATED_TASKS, trials=SIMULATED_TRIALS, seed=seed)
    labels = [
        {label for step in json.loads(encode_truth(made))["steps"] for label in step["labels"]}
        for made in rollouts
    ]
    labelled = truth.select(
        "trajectory_id",
        is_recovered=pl.Series(["recovery" in found for found in labels]),
        is_redundant=pl.Series(["redundant_repeat" in found for found in labels]),
    )
    found = TopologyMetrics().compute(whole)["trajectory"]
    return found.drop_nulls("recovery").join(labelled, on="trajectory_id").fill_null(0)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("metric", "label"), [("recovery", "is_recovered"), ("redundant_step_frac", "is_redundant")]
)
def test_ranks_what_the_simulation_planted(metric: str, label: str, seed: int) -> None:
    rows = planted(seed)
    assert rows[label].sum() > 10
    assert roc_auc_score(rows[label], rows[metric]) >= 0.95
