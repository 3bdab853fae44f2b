"""What every writer promises: its document reads as the trajectory that was written, but for the losses it counts."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from schemas.interchange import LOSSES, ROLLOUT_WRITERS, whole_trajectories
from schemas.rollouts import ROLLOUT_FORMATS
from schemas.trajectory import Trajectory
from tests.schemas.interchange.atif_rules import check_document
from tests.schemas.interchange.normal_form import WITHOUT, lost, read, without
from tests.schemas.interchange.trajectories import MARKER, trajectories
from tests.schemas.rollouts.test_formats_contract import samples_of, trajectories_of

every_writer = pytest.mark.parametrize("target", ROLLOUT_WRITERS)


def check(trajectory: Trajectory, target: str) -> None:
    """Assert all that a writer promises for one trajectory."""
    written = ROLLOUT_WRITERS[target].write(trajectory)
    found = read(written.raw, expected=target)
    assert without(found, written.losses) == without(trajectory, written.losses)
    assert written.losses == lost(trajectory, found)
    assert b"\n" not in written.raw
    assert MARKER.encode() not in written.raw
    assert ROLLOUT_WRITERS[target].write(trajectory) == written
    if target == "atif":
        check_document(written.raw)


@every_writer
@pytest.mark.parametrize("source", ROLLOUT_FORMATS)
def test_real_and_full_records_of_every_format_come_back(source: str, target: str, real_data: Path) -> None:
    for sample in samples_of(source, real_data):
        for trajectory in whole_trajectories(trajectories_of(sample)):
            check(trajectory, target)


@every_writer
@settings(max_examples=100, deadline=None)
@given(trajectory=trajectories())
def test_any_trajectory_comes_back(target: str, trajectory: Trajectory) -> None:
    check(trajectory, target)


@every_writer
def test_what_only_looks_like_a_call_comes_back_as_what_it_was(target: str) -> None:
    said = read(
        b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',
        expected="openai_chat",
    )
    user, agent = said.messages
    for extra in ('{"function_call":{"name":"n"}}', '{"tool_calls":[{"function":{"name":"n"}}]}'):
        check(replace(said, messages=(user, replace(agent, extra=extra))), target)


@every_writer
@settings(max_examples=30, deadline=None)
@given(trajectory=trajectories())
def test_what_came_back_once_comes_back_without_loss(target: str, trajectory: Trajectory) -> None:
    writer = ROLLOUT_WRITERS[target]
    once = read(writer.write(trajectory).raw, expected=target)
    assert writer.write(once).losses == {}


def test_names_are_those_of_the_formats_that_read() -> None:
    assert {name: writer.name for name, writer in ROLLOUT_WRITERS.items()} == {
        name: ROLLOUT_FORMATS[name].name for name in ROLLOUT_WRITERS
    }
    assert all(writer.version for writer in ROLLOUT_WRITERS.values())


def test_each_loss_is_known() -> None:
    assert set(WITHOUT) == set(LOSSES)
