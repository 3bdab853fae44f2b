"""Rollouts put into a warehouse without an ingest: for tests of what only reads the tables."""

from schemas.rows import rollout_tables
from schemas.trajectory import Trajectory
from warehouse import Warehouse


def insert(house: Warehouse, *trajectories: Trajectory) -> None:
    """Append the rows of rollouts."""
    for name, rows in rollout_tables(list(trajectories), bucket_count=house.bucket_count).items():
        house.store.append(name, rows)
