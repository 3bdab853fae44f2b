import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.frames import polars_schema
from curation.topology.quotient import Topology, build_topology
from curation.topology.walks import END_FAILURE, END_SUCCESS, START
from schemas.tables import TABLES
from schemas.trajectory import Relation, Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups

LIST, LOOK, OTHER, WRITE = do("list"), do("look"), do("look", {"id": 2}, BAD), do("write")


def graph(*trajectories: Trajectory, include_text_turns: bool = False) -> Topology:
    return build_topology(frames(*trajectories), include_text_turns=include_text_turns)


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
    assert task(graph(rollout(LIST, LOOK)))["error_branch_ratio"] == 0.0


def test_strategic_heterogeneity_counts_distinct_tool_chains_of_successes() -> None:
    chains = (LIST, LOOK), (LIST, OTHER), (LOOK, LIST), (LIST, LOOK)
    topology = graph(*(rollout(*chain, trial=trial) for trial, chain in enumerate(chains)))
    assert task(topology)["strategic_heterogeneity"] == 0.5
    assert task(graph(rollout(LIST, reward=0.0)))["strategic_heterogeneity"] == 0.0
    assert task(graph(rollout(LIST, reward=0.0)))["shortest_success_edges"] is None


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
    assert one.nodes.select("group_id", "node_id", "depth").equals(
        two.nodes.select("group_id", "node_id", "depth")
    )
    ends = ("group_id", "source_node_id", "target_node_id")
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
