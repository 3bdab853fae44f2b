from itertools import pairwise
from random import Random

import pytest

from simulation.world import ALLOWED_FROM, BUSY, MALFORMED, RESULT_OF, UNKNOWN, Call, Record, World

RECORDS = (
    Record(position=1, item="cup", variant="red", status="open", final=False),
    Record(position=2, item="cup", variant="blue", status="sent", final=True),
)


def opened_world(faults: Random | None = None) -> World:
    world = World(RECORDS, faults, introduced=True)
    while world.call(Call("find")).error is not None:
        pass
    return world


def test_refuses_everything_before_the_user_is_found() -> None:
    world = World(RECORDS, None, introduced=False)
    assert world.call(Call("find")).error == "bad"
    assert world.call(Call("list")).error == "denied"
    world.introduce()
    assert world.call(Call("find")).error is None
    assert world.call(Call("list")).error is None


def test_list_hides_what_tells_look_alikes_apart() -> None:
    rows = opened_world().call(Call("list")).rows
    assert [(row.position, row.item, row.variant, row.final) for row in rows] == [
        (1, "cup", None, None),
        (2, "cup", None, None),
    ]


def test_look_shows_variant_and_final_mark() -> None:
    (row,) = opened_world().call(Call("look", 2)).rows
    assert (row.variant, row.final, row.status) == ("blue", True, "sent")


@pytest.mark.parametrize(("target", "error"), [(MALFORMED, "bad"), (UNKNOWN, "missing"), (3, "missing")])
def test_wrong_targets_are_errors(target: int, error: str) -> None:
    assert opened_world().call(Call("look", target)).error == error


@pytest.mark.parametrize("tool", ["cancel", "refund", "move", "pass"])
def test_writes_are_allowed_from_their_statuses_only(tool: str) -> None:
    for record in RECORDS:
        world = opened_world()
        result = world.call(Call(tool, record.position))
        if record.status in ALLOWED_FROM[tool]:
            assert result.error is None
            assert world.statuses[record.position - 1] == RESULT_OF[tool]
        else:
            assert result.error == "denied"
            assert world.statuses[record.position - 1] == record.status


def test_undo_restores_a_changed_record_and_refuses_an_unchanged_one() -> None:
    world = opened_world()
    assert world.call(Call("undo", 1)).error == "denied"
    world.call(Call("cancel", 1))
    assert world.call(Call("undo", 1)).error is None
    assert world.statuses == ["open", "sent"]


def test_temporary_errors_come_and_never_twice_in_a_row_for_one_call() -> None:
    world = opened_world(Random(1))
    errors = [world.call(Call("look", 1)).error for _ in range(2000)]
    assert 60 < errors.count(BUSY) < 200
    assert all(not (a == b == BUSY) for a, b in pairwise(errors))
