"""A branch is stored without the start that its parent holds, and read with it."""

import polars as pl
import pytest
from msgspec.structs import replace

from schemas.rollouts.parts.branches import part_branches
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Relation, Role, ToolCall, Trajectory
from tests.warehouse.rollout_batches import BUCKET_COUNT, make_records, make_rows, make_trajectory
from warehouse import Warehouse
from warehouse.integrity import check
from warehouse.whole import read_conversations


def conversation(*texts: str) -> tuple[Message, ...]:
    """A user message, then pairs of a call and its result; the last text has no result."""
    messages = [Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text=texts[0])]
    for text in texts[1:]:
        call = ToolCall(name="f", arguments=text, call_id=text)
        messages.append(
            Message(seq=len(messages), role=Role.ASSISTANT, origin=Origin.SAMPLED, tool_calls=(call,))
        )
        messages.append(
            Message(seq=len(messages), role=Role.TOOL, origin=Origin.INJECTED, text=text, tool_call_id=text)
        )
    return link_results(messages[:-1])


PATHS = (
    conversation("ask", "a", "b", "c"),
    conversation("ask", "a", "b", "d", "e"),
    conversation("ask", "a", "b", "d", "f", "g"),
)


@pytest.fixture
def branched(warehouse: Warehouse) -> list[Trajectory]:
    """One record with a main path, a branch, and a branch of that branch."""
    trajectories: list[Trajectory] = []
    made = make_trajectory(0)
    for part, branch in enumerate(part_branches(PATHS)):
        parent = None if branch.parent is None else trajectories[branch.parent].trajectory_id
        trajectories.append(
            replace(
                made,
                record_part=part,
                messages=branch.own,
                shared_count=branch.shared_count,
                parent_id=parent,
                relation=Relation.ATTEMPT if parent is None else Relation.BRANCH,
            )
        )
    records = make_records([0])
    count = records.column_names.index("trajectory_count")
    records = records.set_column(count, records.schema.field(count), pl.Series([3]).to_arrow())
    warehouse.insert_rollouts(make_rows(trajectories), records)
    return trajectories


def test_a_shared_message_is_one_row(warehouse: Warehouse, branched: list[Trajectory]) -> None:
    assert [trajectory.shared_count for trajectory in branched] == [0, 5, 7]
    stored = warehouse.store.read("messages")
    assert stored.height == len(PATHS[0]) + (len(PATHS[1]) - 5) + (len(PATHS[2]) - 7)
    assert check(warehouse).is_empty()


def test_every_branch_reads_whole_with_its_start_as_context(
    warehouse: Warehouse, branched: list[Trajectory]
) -> None:
    trajectories = warehouse.store.read("trajectories")
    whole = read_conversations(warehouse, range(BUCKET_COUNT), trajectories)
    for trajectory, path in zip(branched, PATHS, strict=True):
        rows = whole.filter(pl.col("trajectory_id") == trajectory.trajectory_id)
        assert rows["seq"].to_list() == list(range(len(path)))
        assert rows["text"].to_list() == [message.text for message in path]
        origins = [message.origin.value for message in path]
        shared = trajectory.shared_count
        assert rows["origin"].to_list() == ["copied"] * shared + origins[shared:]


def test_sql_and_frames_read_the_same(warehouse: Warehouse, branched: list[Trajectory]) -> None:
    trajectories = warehouse.store.read("trajectories")
    whole = read_conversations(warehouse, range(BUCKET_COUNT), trajectories)
    asked = warehouse.sql(
        "SELECT trajectory_id, seq, origin, text FROM conversations ORDER BY ALL"
    ).to_polars()
    assert asked.rows() == whole.select("trajectory_id", "seq", "origin", "text").sort(pl.all()).rows()


def test_a_shared_call_does_not_point_at_a_result_of_the_other_branch(warehouse: Warehouse) -> None:
    main = conversation("ask", "a", "b")
    cut = (
        *main[:2],
        Message(seq=2, role=Role.USER, origin=Origin.SCRIPTED, text="stop"),
    )
    branches = part_branches([main, link_results([replace(m, call_seq=None) for m in cut])])
    assert branches[1].shared_count == 2
    made = make_trajectory(0)
    parent = replace(made, messages=branches[0].own)
    child = replace(
        made, record_part=1, messages=branches[1].own, shared_count=2,
        parent_id=parent.trajectory_id, relation=Relation.BRANCH,
    )  # fmt: skip
    warehouse.insert_rollouts(make_rows([parent, child]), make_records([0]))
    trajectories = warehouse.store.read("trajectories")
    whole = read_conversations(warehouse, range(BUCKET_COUNT), trajectories)
    calls = {
        row["trajectory_id"]: row["tool_calls"][0]["result_seq"]
        for row in whole.filter(pl.col("seq") == 1).to_dicts()
    }
    assert calls == {parent.trajectory_id: 2, child.trajectory_id: None}
