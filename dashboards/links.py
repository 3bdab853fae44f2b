"""Links between the pages, as addresses that can be shared: `trajectory?trajectory=ID`, `task?group=ID`."""

from urllib.parse import urlencode

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

FUNNEL_PAGE = "screens/funnel.py"
TRAJECTORY_PAGE = "screens/trajectory.py"
TASK_PAGE = "screens/task.py"

SHORT_ID_CHARS = 10


def short_id(identity: str) -> str:
    """Cut an id to what tells it apart on a screen."""
    return identity[:SHORT_ID_CHARS]


def with_trajectory_links(rows: pl.DataFrame, *, dataset_id: str | None = None) -> pl.DataFrame:
    """Put a `trajectory` column of addresses first, made from `trajectory_id`.

    Addresses are relative, so that they hold behind any base path.
    """
    suffix = f"&{urlencode({'dataset': dataset_id})}" if dataset_id else ""
    address = pl.lit("trajectory?trajectory=") + pl.col("trajectory_id") + pl.lit(suffix)
    return rows.select(address.alias("trajectory"), pl.exclude("trajectory_id"))


def trajectory_link_column() -> ColumnConfig:
    """Configure the `trajectory` column of `with_trajectory_links`."""
    return st.column_config.LinkColumn(
        "trajectory",
        help="Opens the trajectory page in a new tab.",
        display_text=r"trajectory=([0-9a-f]{1,10})",
        width="small",
    )
