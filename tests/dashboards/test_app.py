from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboards.literals import GROUP, TRIALS

Open = Callable[[Path], AppTest]


def test_says_which_command_makes_a_warehouse_when_there_is_none(open_app: Open, tmp_path: Path) -> None:
    app = open_app(tmp_path / "nowhere")
    assert not app.exception
    assert app.title[0].value == "No warehouse yet"
    assert str(tmp_path / "nowhere") in app.text[0].value
    assert app.code[0].value.startswith("winnow run ")


def test_names_the_empty_warehouse_in_the_command_that_fills_it(open_app: Open, empty_folder: Path) -> None:
    app = open_app(empty_folder)
    assert not app.exception
    assert app.title[0].value == "The warehouse is empty"
    assert app.code[0].value.endswith(f"--warehouse {empty_folder}")


def test_names_the_warehouse_in_the_sidebar(open_app: Open, filled_folder: Path) -> None:
    assert open_app(filled_folder).sidebar.code[0].value == str(filled_folder)


@pytest.mark.parametrize(
    ("name", "value", "title"),
    [("trajectory", TRIALS[0].trajectory_id, "Trajectory"), ("group", GROUP, "Task")],
)
def test_address_without_a_page_leads_to_the_page_of_its_id(
    open_app: Open, filled_folder: Path, name: str, value: str, title: str
) -> None:
    app = open_app(filled_folder)
    app.query_params[name] = value
    app.run()
    assert not app.exception
    assert app.title[0].value == title


@pytest.mark.parametrize("page", ["funnel", "trajectory", "task"])
def test_draws_nothing_but_what_the_page_says(visit: Callable[..., AppTest], page: str) -> None:
    # Streamlit draws every bare string of a script; the pages have none.
    assert not [element for element in visit(page).markdown if "badge" not in element.value]
