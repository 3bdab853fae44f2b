from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.dashboards.branched import branched_warehouse
from tests.dashboards.filled import fill_warehouse
from warehouse import Warehouse

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
Visit = Callable[..., AppTest]


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The filled warehouse; tests only read it."""
    return fill_warehouse(tmp_path_factory.mktemp("dashboards") / "warehouse").root


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    """A warehouse that nothing was ingested into."""
    return Warehouse(tmp_path / "empty", create=True).root


@pytest.fixture(autouse=True)
def _forget_cached() -> Iterator[None]:
    """Caches outlive a test, and an open console outlives the interpreter with a long complaint."""
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], AppTest]:
    """Open the dashboard over a folder."""

    def open_folder(folder: Path) -> AppTest:
        monkeypatch.setenv("WINNOW_WAREHOUSE", str(folder))
        return AppTest.from_file(str(APP), default_timeout=120).run()

    return open_folder


@pytest.fixture(scope="session")
def branched_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of one trial, a branch of it, and a verdict on it; tests only read it."""
    return branched_warehouse(tmp_path_factory.mktemp("dashboards") / "warehouse").root


@pytest.fixture
def visit(open_app: Callable[[Path], AppTest], filled_folder: Path) -> Visit:
    """Visit a page of the dashboard by its address, over the filled warehouse unless `folder` is another."""

    def visit_page(page: str, *, folder: Path = filled_folder, **query: str) -> AppTest:
        app = open_app(folder).switch_page(f"screens/{page}.py")
        app.query_params.clear()
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return visit_page
