"""Corruptions of real successes: every child is a valid conversation, and repeats are what the loop signal finds."""

from pathlib import Path

import pytest

from curation.signals import SIGNALS
from curation.synthesis import CORRUPTIONS, Corrupted
from tests.curation.airline import airline_trajectories
from tests.curation.rollouts import frames
from tests.curation.synthesis.children import check_child, stock_of

Made = dict[str, list[Corrupted]]


@pytest.fixture(scope="module")
def made(airline_file: Path) -> Made:
    trials = airline_trajectories(airline_file)
    stock = stock_of(trials)
    successes = [trial for trial in trials if trial.outcome_reward == 1.0]
    return {
        name: [it for it in member().corrupt_all(successes, stock) if isinstance(it, Corrupted)]
        for name, member in CORRUPTIONS.items()
    }


def test_children_of_real_successes_are_valid(airline_file: Path, made: Made) -> None:
    parents = {it.trajectory_id: it for it in airline_trajectories(airline_file)}
    for name, children in made.items():
        assert len(children) >= (0 if name in {"removed_verification", "inconsistent_reasoning"} else 8), name
        for child in children:
            check_child(parents[str(child.trajectory.parent_id)], child)


def test_the_loop_signal_finds_what_stands_still(made: Made) -> None:
    children = [it.trajectory for it in made["no_progress"]]
    found = SIGNALS["loops"].compute(frames(*children))["trajectory"]["looped_step_count"] > 0
    assert found.sum() > 0.95 * len(found)
