from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.frames import polars_schema
from curation.topology.choices import GraphChoices
from curation.topology.quotient import Topology, build_topology
from curation.topology.walks import END_FAILURE, END_SUCCESS, START
from schemas.errors import RecipeError
from schemas.tables import TABLES
from schemas.trajectory import Relation, Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups

LIST, LOOK, OTHER, WRITE = do("list"), do("look"), do("look", {"id": 2}, BAD), do("write")


def graph(*trajectories: Trajectory, include_text_turns: bool = False, **choices: Any) -> Topology:
    return build_topology(
        frames(*trajectories), include_text_turns=include_text_turns, choices=GraphChoices(**choices)
    )


def node(topology: Topology, label: str) -> dict[str, object]:
    return topology.nodes.row(by_predicate=pl.col("action_label").str.starts_with(label), named=True)


def task(topology: Topology) -> dict[str, object]:
    return topology.tasks.row(0, named=True)


def test_turns_with_equal_action_and_observation_are_one_state() -> None:
    topology = graph(rollout(LIST, LOOK, WRITE), rollout(LIST, WRITE, trial=1, reward=0.0))
    assert node(topology, "list").items() >= {"visit_count": 2, "success_count": 1, "depth": 1}.items()
    assert node(topology, "list")["success_potential"] == 0.5
    assert node(topology, "look")["success_potential"] == pytest.approx(2 / 3)
    assert topology.nodes.height == 6


def test_starts_and_ends_are_states() -> None:
    topology = graph(rollout(LIST), rollout(LIST, trial=1, reward=0.0))
    kinds = dict(topology.nodes.select("node_id", "kind").iter_rows())
    ends = {START: "start", END_SUCCESS: "end_success", END_FAILURE: "end_failure"}
    assert kinds.items() >= ends.items()
    assert topology.edges.height == 3


def test_depth_is_the_shortest_way_whoever_walked_it() -> None:
    topology = graph(rollout(LIST, LOOK, WRITE), rollout(LIST, WRITE, trial=1, reward=0.0))
    assert node(topology, "write")["depth"] == 2
    assert task(topology)["shortest_success_edges"] == 3


def test_cycles_are_kept_and_do_no_harm() -> None:
    topology = graph(rollout(LIST, LOOK, LOOK, LIST, WRITE))
    assert task(topology).items() >= {"edge_count": 6, "shortest_success_edges": 3}.items()


def test_states_on_a_cycle_are_condensed_to_one_component() -> None:
    topology = graph(rollout(LIST, LOOK, LIST, WRITE))
    looked, written = node(topology, "look"), node(topology, "write")
    assert node(topology, "list")["component"] == looked["component"] == 1
    assert written["component"] == 2
    assert task(topology)["cycle_count"] == 1
    assert task(graph(rollout(LIST, LIST, WRITE)))["cycle_count"] == 0


def test_trials_of_all_policies_are_in_the_graph_of_their_task() -> None:
    trials = rollout(LIST), rollout(LIST, trial=1), rollout(LIST, model="other", reward=0.0)
    topology = graph(*trials, rollout(LIST, task="another"))
    assert topology.tasks["trial_count"].sort().to_list() == [1, 3]
    shared = topology.nodes.filter(pl.col("policy_count") == 2)
    assert shared["kind"].sort().to_list() == ["start", "turn"]
    assert topology.tasks.filter(pl.col("trial_count") == 3)["policy_count"].item() == 2


def test_a_potential_has_the_interval_that_is_chosen() -> None:
    listed = node(graph(rollout(LIST), rollout(LIST, trial=1)), "list")
    assert listed["success_potential"] == 0.75
    # Beta(3, 1) has quantiles q ** (1 / 3).
    low, high = listed["success_potential_low"], listed["success_potential_high"]
    assert (low, high) == pytest.approx((0.025 ** (1 / 3), 0.975 ** (1 / 3)))
    half = node(graph(rollout(LIST), rollout(LIST, trial=1), interval_level=0.5), "list")
    assert half["success_potential_low"] == pytest.approx(0.25 ** (1 / 3))


def test_words_are_states_only_when_asked() -> None:
    trajectory = rollout(say(), LIST, say())
    assert graph(trajectory).nodes.height == 3
    assert graph(trajectory, include_text_turns=True).nodes.height == 4


def test_repairs_and_unknown_outcomes_are_not_in_the_graph() -> None:
    parent = rollout(LIST)
    repair = msgspec.structs.replace(
        parent, relation=Relation.REPAIR, parent_id=parent.trajectory_id, repair_rule="rule"
    )
    topology = graph(parent, repair, rollout(WRITE, trial=2, reward=None))
    assert task(topology)["trial_count"] == 1
    assert topology.nodes.height == 3


def test_error_branch_ratio_is_the_share_of_branches_that_mostly_fail() -> None:
    # START -> list -> {look -> success, other -> failure}: one of the two branches has potential 1/3.
    topology = graph(rollout(LIST, LOOK), rollout(LIST, OTHER, trial=1, reward=0.0))
    assert task(topology)["error_branch_ratio"] == 0.5
    assert task(topology)["branch_count"] == 1
    assert task(graph(rollout(LIST, LOOK)))["error_branch_ratio"] == 0.0


def test_what_leads_to_failure_can_be_told_by_the_rate_of_the_task() -> None:
    # Three of four succeed. Of `look` 1 of 1 does, of `other` 2 of 3; their potentials are 2/3 and 3/5.
    chains = (LIST, LOOK), (LIST, OTHER), (LIST, OTHER), (LIST, OTHER)
    rewards = 1.0, 1.0, 1.0, 0.0
    trials = [
        rollout(*chain, trial=trial, reward=reward)
        for trial, (chain, reward) in enumerate(zip(chains, rewards, strict=True))
    ]
    assert task(graph(*trials))["error_branch_ratio"] == 0.25
    assert task(graph(*trials, failing_potential=None))["error_branch_ratio"] == 0.5


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_no_branch_leads_to_failure_more_than_usual_where_all_trials_end_alike(reward: float) -> None:
    trials = [
        rollout(*chain, trial=trial, reward=reward)
        for trial, chain in enumerate([(LIST, LOOK), (LIST, OTHER), (LOOK,)])
    ]
    topology = graph(*trials, failing_potential=None)
    assert task(topology)["branch_count"] != 0
    assert task(topology)["error_branch_ratio"] == 0.0


def test_strategic_heterogeneity_counts_distinct_tool_chains_of_successes() -> None:
    chains = (LIST, LOOK), (LIST, OTHER), (LOOK, LIST), (LIST, LOOK)
    topology = graph(*(rollout(*chain, trial=trial) for trial, chain in enumerate(chains)))
    assert task(topology)["strategic_heterogeneity"] == 0.5
    assert task(graph(rollout(LIST, reward=0.0)))["strategic_heterogeneity"] == 0.0
    assert task(graph(rollout(LIST, reward=0.0)))["shortest_success_edges"] is None


def test_repeats_of_a_tool_make_another_chain_unless_left_out() -> None:
    trials = rollout(LIST, LOOK, WRITE), rollout(LIST, LOOK, OTHER, WRITE, trial=1)
    assert task(graph(*trials))["strategic_heterogeneity"] == 1.0
    assert task(graph(*trials, chains="without_repeats"))["strategic_heterogeneity"] == 0.5


@pytest.mark.parametrize(
    "choices",
    [{"interval": "wald"}, {"interval_level": 1.0}, {"failing_potential": 2.0}, {"chains": "sorted"}],
)
def test_choices_that_mean_nothing_are_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=next(iter(choices))):
        GraphChoices(**choices)


@few
@given(groups(), st.integers(0, 99))
def test_does_not_depend_on_the_order_of_rows(trials: list[Trajectory], seed: int) -> None:
    whole = frames(*trials)
    one, other = build_topology(whole), build_topology(shuffled(whole, seed))
    assert one.nodes.equals(other.nodes)
    assert one.edges.equals(other.edges)
    assert one.tasks.equals(other.tasks)


@few
@given(groups())
def test_a_copy_of_each_trial_adds_no_state_and_no_move(trials: list[Trajectory]) -> None:
    copies = [msgspec.structs.replace(trial, record_id=f"copy of {trial.record_id}") for trial in trials]
    one, two = graph(*trials), graph(*trials, *copies)
    placed = ("task_id", "node_id", "depth", "component")
    assert one.nodes.select(placed).equals(two.nodes.select(placed))
    ends = ("task_id", "source_node_id", "target_node_id")
    assert one.edges.select(ends).equals(two.edges.select(ends))


@few
@given(groups())
def test_every_figure_is_in_its_range(trials: list[Trajectory]) -> None:
    topology = graph(*trials)
    found = {
        "topology_nodes": topology.nodes,
        "topology_edges": topology.edges,
        "topology_tasks": topology.tasks,
    }
    for name, frame in found.items():
        assert frame.schema == polars_schema(TABLES[name])
        for column in TABLES[name].columns:
            values = frame[column.name]
            assert column.nullable or not values.null_count()
            assert column.minimum is None or (values.drop_nulls() >= column.minimum).all()
            assert column.maximum is None or (values.drop_nulls() <= column.maximum).all()
