"""A look at what came after a version: all of that, from few files."""

import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.rollout_batches import make_batch
from warehouse import Warehouse
from warehouse.recent import newest_versions, recent
from warehouse.upkeep import compact

TABLES = ("trajectories", "messages", "scores")


@pytest.fixture
def grown(warehouse: Warehouse) -> tuple[Warehouse, dict[str, int]]:
    """Ten rollouts, and the versions then; ten more came since."""
    warehouse.insert_rollouts(*make_batch(range(10)))
    since = newest_versions(warehouse, TABLES)
    warehouse.insert_rollouts(*make_batch(range(10, 20)))
    return warehouse, since


def test_shows_what_came_since_and_nothing_else(grown: tuple[Warehouse, dict[str, int]]) -> None:
    warehouse, since = grown
    fresh = recent(warehouse, since).store.read("trajectories", buckets=range(warehouse.bucket_count))
    old = warehouse.store.read("trajectories", version=since["trajectories"])
    expected = warehouse.store.read("trajectories").join(old, on="trajectory_id", how="anti")
    assert_frame_equal(fresh, expected)
    assert fresh.height == 10


def test_tables_that_are_not_named_are_whole(grown: tuple[Warehouse, dict[str, int]]) -> None:
    warehouse, since = grown
    assert_frame_equal(recent(warehouse, since).store.read("tasks"), warehouse.store.read("tasks"))


def test_since_before_the_first_version_is_everything(grown: tuple[Warehouse, dict[str, int]]) -> None:
    warehouse, _ = grown
    assert newest_versions(warehouse, ["verdicts"]) == {"verdicts": -1}
    look = recent(warehouse, {"messages": -1})
    assert_frame_equal(look.store.read("messages"), warehouse.store.read("messages"))


def test_after_a_compaction_nothing_that_came_since_is_missed(
    grown: tuple[Warehouse, dict[str, int]],
) -> None:
    warehouse, since = grown
    fresh = recent(warehouse, since).store.read("messages")
    compact(warehouse, "messages")
    after = recent(warehouse, since).store.read("messages")
    assert fresh.join(after, on=["trajectory_id", "seq"], how="anti").is_empty()
