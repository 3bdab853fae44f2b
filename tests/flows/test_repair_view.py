"""A repaired child beside its parent, as text and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from curation.repair.rollback import Rollback
from curation.repair.splice import Splice
from flows.cli import app
from flows.repair_view import before_after, list_repairs
from schemas.errors import WinnowError
from schemas.rows import arrow_table
from schemas.trajectory import Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say
from tests.flows.stored import insert
from warehouse import Warehouse

SUCCESS = rollout(do("look", 1), do("book", 1), say("done"), trial=0)
FAILURE = rollout(
    do("look", 1), do("book", 9, BAD, text="I try."), do("book", 2), say("sorry"), trial=1, reward=0.0
)


def made(child: Trajectory | None) -> Trajectory:
    assert child is not None
    return child


def spliced() -> Trajectory:
    (case,) = Splice().cases(frames(SUCCESS, FAILURE)).to_dicts()
    return made(Splice().apply(FAILURE, SUCCESS, seq=case["seq"], partner_seq=case["partner_seq"]))


@pytest.fixture
def house(tmp_path: Path) -> Warehouse:
    """Two trials with two children, one of which a dataset put in its parent's place."""
    stored = Warehouse(tmp_path / "warehouse", create=True, bucket_count=1)
    rolled = made(Rollback().apply(FAILURE))
    insert(stored, SUCCESS, FAILURE, rolled, spliced())
    decision = {
        "dataset_id": "d" * 32,
        "bucket": 0,
        "trajectory_id": FAILURE.trajectory_id,
        "task_id": FAILURE.task.task_id,
        "verdict": "repaired",
        "rule": "repair:rollback",
        "reason": "repaired_into_child",
        "detail": "because",
        "child_id": rolled.trajectory_id,
        "split": None,
    }
    stored.store.append("decisions", arrow_table("decisions", [decision]))
    return stored


def test_a_rollback_shows_the_turn_that_changed_and_what_went(house: Warehouse) -> None:
    rolled = made(Rollback().apply(FAILURE))
    told = before_after(house, rolled.trajectory_id[:12])
    assert told.facts["parent_id"] == FAILURE.trajectory_id
    assert told.facts["partner_id"] is None
    (decision,) = told.decisions
    assert (decision["rule"], decision["reason"]) == ("repair:rollback", "repaired_into_child")
    changes = [row.change.value for row in told.rows]
    assert changes == ["kept", "kept", "kept", "changed", "removed", "removed", "kept", "kept", "kept"]
    changed = told.rows[3]
    assert (changed.before_seq, changed.after_seq, changed.origin) == (3, 3, "repaired")
    assert "9" in [piece.text for piece in changed.pieces if piece.change.value == "removed"]


def test_a_splice_names_its_partner(house: Warehouse) -> None:
    told = before_after(house, spliced().trajectory_id)
    assert told.facts["partner_id"] == SUCCESS.trajectory_id
    assert told.decisions == []
    assert {row.origin for row in told.rows} >= {"copied", "synthetic", "repaired"}


def test_repairs_are_listed_by_rule(house: Warehouse) -> None:
    assert list_repairs(house)["rule"].to_list() == ["rollback", "splice"]
    assert list_repairs(house, rule="splice")["child_id"].to_list() == [spliced().trajectory_id]
    assert list_repairs(house, rule="roll").is_empty()
    assert list_repairs(house, limit=1).height == 1


def test_what_has_no_parent_or_no_clear_id_is_refused(house: Warehouse) -> None:
    with pytest.raises(WinnowError, match="has no parent: it is no repair"):
        before_after(house, SUCCESS.trajectory_id)
    with pytest.raises(WinnowError, match="No trajectory has an id that starts with 'nothing'"):
        before_after(house, "nothing")
    with pytest.raises(WinnowError, match="No trajectory has an id that starts with ''"):
        before_after(house, "")


def test_the_commands_print_marks_that_need_no_colour(house: Warehouse) -> None:
    root = ["--warehouse", str(house.root)]
    rolled = made(Rollback().apply(FAILURE)).trajectory_id
    shown = CliRunner().invoke(app, ["repair", "show", rolled, *root])
    assert shown.exit_code == 0, shown.output
    assert "repair:rollback: repaired_into_child (because)" in shown.output
    assert "[-9-]{+2+}" in shown.output
    assert f"- 4 tool (injected)\n{BAD}" in shown.output
    listed = CliRunner().invoke(app, ["repair", "list", "--rule", "rollback", "--format", "json", *root])
    assert listed.exit_code == 0, listed.output
    assert rolled in listed.output


def test_the_same_as_json(house: Warehouse) -> None:
    child = spliced().trajectory_id
    shown = CliRunner().invoke(app, ["repair", "show", child, "--json", "--warehouse", str(house.root)])
    told = json.loads(shown.output)
    assert told["child_id"] == child
    assert {row["change"] for row in told["messages"]} >= {"kept", "added"}
