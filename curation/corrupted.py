"""Corrupted children of what is curated: no trial, no candidate, but what critics learn from."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, kw_only=True, eq=False)
class Corrupted:
    """The labelled children of one batch; rows in any order."""

    labels: pl.DataFrame
    """Rows of the table `corruptions`."""
    trajectories: pl.DataFrame
    """Rows of the table `trajectories`: the children."""
    steps: pl.DataFrame
    """Rows of the table `steps`, as `build_steps` gives them for the children's messages."""
