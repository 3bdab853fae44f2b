"""What every rollout format promises, over real records; a new format is tested by its file in `samples/`."""

from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from schemas.rollouts import ROLLOUT_FORMATS, Rejection, decode_record
from schemas.trajectory import Origin, Relation, Role, Trajectory
from tests.rollout_rows import trajectory_rows
from tests.schemas.rollouts.leaves import lost_leaves
from tests.schemas.rollouts.real_files import Sample

PARENTS_ELSEWHERE = frozenset({"winnow_continuation"})
"""Formats whose records continue trajectories of other records."""

every_format = pytest.mark.parametrize("name", ROLLOUT_FORMATS)


def samples_of(name: str, data: Path) -> list[Sample]:
    return list(import_module(f"tests.schemas.rollouts.samples.{name}").samples(data))


def trajectories_of(sample: Sample) -> tuple[Trajectory, ...]:
    decoded = decode_record(sample.record, sample.source)
    assert not isinstance(decoded, Rejection), decoded
    return decoded.trajectories


@every_format
def test_tells_what_it_is(name: str) -> None:
    member = ROLLOUT_FORMATS[name]
    assert member.name == name
    assert all((member.version, member.reads, member.carries, member.lacks))
    assert member.example.startswith("winnow ingest ")
    assert all(member.ignored.values()), "each ignored leaf needs its reason"


@every_format
def test_recognises_its_own_records_and_reads_them_alike_each_time(name: str, real_data: Path) -> None:
    for sample in samples_of(name, real_data):
        decoded = decode_record(sample.record, sample.source)
        assert not isinstance(decoded, Rejection), decoded
        assert decoded.format_name == name
        assert decoded == decode_record(sample.record, sample.source)


@every_format
def test_each_change_of_a_leaf_changes_a_row_or_is_listed(name: str, real_data: Path) -> None:
    ignored = tuple(ROLLOUT_FORMATS[name].ignored)
    lost = {leaf for sample in samples_of(name, real_data) for leaf in lost_leaves(sample)}
    assert {leaf for leaf in lost if not _covered(leaf, ignored)} == set()


@every_format
def test_messages_follow_each_other_and_results_their_calls(name: str, real_data: Path) -> None:
    for sample in samples_of(name, real_data):
        for trajectory in trajectories_of(sample):
            sequence = [message.seq for message in trajectory.messages]
            assert sequence == list(range(trajectory.shared_count, trajectory.shared_count + len(sequence)))
            assert sequence
            for message in trajectory.messages:
                assert message.call_seq is None or message.call_seq < message.seq
                assert all(
                    call.result_seq is None or call.result_seq > message.seq for call in message.tool_calls
                )
                assert message.role is Role.ASSISTANT or not message.tool_calls
                assert message.origin is not Origin.SAMPLED or message.role is Role.ASSISTANT


@every_format
def test_parents_come_before_their_children_in_one_record(name: str, real_data: Path) -> None:
    for sample in samples_of(name, real_data):
        found = trajectories_of(sample)
        assert [trajectory.record_part for trajectory in found] == list(range(len(found)))
        seen: dict[str, Trajectory] = {}
        for trajectory in found:
            if trajectory.parent_id is None:
                assert trajectory.relation is Relation.ATTEMPT
                assert trajectory.shared_count == 0
            elif name not in PARENTS_ELSEWHERE:
                parent = seen[trajectory.parent_id]
                assert trajectory.shared_count <= parent.shared_count + len(parent.messages)
                assert trajectory.shared_count == 0 or trajectory.task.task_id == parent.task.task_id
            seen[trajectory.trajectory_id] = trajectory
        for one, other in pairwise(found):
            assert one.trajectory_id != other.trajectory_id


@every_format
def test_gold_answers_stay_in_quarantine(name: str, real_data: Path) -> None:
    for sample in samples_of(name, real_data):
        rows = trajectory_rows(trajectories_of(sample), bucket_count=1)
        for row in rows["task_secrets"]:
            gold = [row[column] for column in ("gold_actions", "gold_outputs") if row[column] is not None]
            extras = [str(trajectory["extra"]) for trajectory in rows["trajectories"]]
            assert not any(len(secret) > 40 and secret in extra for secret in gold for extra in extras)


def _covered(leaf: str, ignored: tuple[str, ...]) -> bool:
    return any(leaf == name or leaf.startswith(f"{name}.") for name in ignored)
