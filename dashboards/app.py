"""The dashboard's entry: `winnow dashboard` runs it through Streamlit. Chooses the page, and says what is missing."""

import shlex
from typing import NoReturn

import streamlit as st

from dashboards.links import FUNNEL_PAGE, TASK_PAGE, TRAJECTORY_PAGE
from dashboards.reader import Reader, open_reader
from schemas.errors import WarehouseNotFoundError, WinnowError

FIRST_COMMAND = "winnow run flows/recipes/demo.yaml ROLLOUTS --warehouse {folder}"
# Inline: an icon by name would be fetched from a font server, and the dashboard asks nothing of the network.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<path fill="#0072B2" d="M1 2h14L9.5 9v5l-3-1.5V9z"/></svg>'
)
# The page of each id that an address may name, for addresses without a page. (A comment: in a script that Streamlit
# runs, a bare string is drawn on the page.)
PAGES_OF_LINKS = {"trajectory": TRAJECTORY_PAGE, "group": TASK_PAGE}


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Winnow", page_icon=ICON, layout="wide")
    funnel = st.Page(FUNNEL_PAGE, title="Funnel", icon=":material/filter_alt:", default=True)
    trajectory = st.Page(TRAJECTORY_PAGE, title="Trajectory", icon=":material/forum:", url_path="trajectory")
    task = st.Page(TASK_PAGE, title="Task", icon=":material/account_tree:", url_path="task")
    page = st.navigation({"Winnow": [funnel, trajectory, task]})
    try:
        _show_warehouse(_reader_or_stop())
        if page is funnel:
            _follow_link()
        page.run()
    except WinnowError as exc:
        st.error("The warehouse could not answer.")
        st.code(str(exc), language=None, wrap_lines=True)


def _reader_or_stop() -> Reader:
    """Open the warehouse, or say which command makes one."""
    try:
        reader = open_reader()
    except WarehouseNotFoundError as exc:
        st.title("No warehouse yet")
        st.text(str(exc).partition("\n")[0])
        _show_first_command(None)
    if not reader.rows("SELECT 1 FROM sources UNION ALL SELECT 1 FROM trajectories LIMIT 1").height:
        st.title("The warehouse is empty")
        st.text(f"Nothing was ingested into {reader.folder}.")
        _show_first_command(reader.folder)
    return reader


def _show_first_command(folder: str | None) -> NoReturn:
    """Say how a warehouse is filled, and end the page."""
    st.text("Ingest rollouts, score them and apply a recipe:")
    st.code(FIRST_COMMAND.format(folder=shlex.quote(folder) if folder else "DIR"), language="bash")
    st.stop()


def _show_warehouse(reader: Reader) -> None:
    with st.sidebar:
        st.caption("Warehouse")
        st.code(reader.folder, language=None, wrap_lines=True)


def _follow_link() -> None:
    for name, page in PAGES_OF_LINKS.items():
        if name in st.query_params:
            st.switch_page(page, query_params=st.query_params.to_dict())


if __name__ == "__main__":
    main()
