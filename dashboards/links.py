"""Links between the pages, as addresses that can be shared: `trajectory?trajectory=ID`, `task?group=ID`."""

from urllib.parse import urlencode

import polars as pl
import streamlit as st

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


def show_linked(rows: pl.DataFrame) -> None:
    """Show a table whose `trajectory` column, from `with_trajectory_links`, opens the trajectory page in a new tab."""
    link = st.column_config.LinkColumn(
        "trajectory",
        help="Opens the trajectory page in a new tab.",
        display_text=rf"trajectory=([0-9a-f]{{1,{SHORT_ID_CHARS}}})",
        width="small",
    )
    st.dataframe(rows, hide_index=True, placeholder="—", column_config={"trajectory": link})
