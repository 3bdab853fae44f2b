"""The dashboard in a real browser: what AppTest cannot see is whether anything is drawn, and what the network is asked."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, expect, sync_playwright

from tests.dashboards.literals import GROUP, HOSTILE, TRIALS

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
START_TIMEOUT_S = 120
SEE_TIMEOUT_MS = 60_000


@pytest.fixture
def address(filled_folder: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a running dashboard over the filled warehouse."""
    port = free_port()
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    with (tmp_path / "streamlit.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(APP), *options],
            env=os.environ | {"WINNOW_WAREHOUSE": str(filled_folder)},
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture
def page() -> Iterator[Page]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"no browser at {CHROMIUM} (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1500, "height": 1600})
        page.set_default_timeout(SEE_TIMEOUT_MS)
        yield page
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_TIMEOUT_S * 5):
        assert server.poll() is None, "streamlit stopped"
        try:
            with urllib.request.urlopen(address):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail("streamlit did not start")


@pytest.mark.slow
def test_three_pages_draw_in_a_browser_and_ask_nothing_of_the_network(
    address: str, page: Page, tmp_path: Path
) -> None:
    expect.set_options(timeout=SEE_TIMEOUT_MS)
    hosts: set[str | None] = set()
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("dialog", refuse)

    # A deep link is the server's first visitor: its page must come with the frame around it.
    page.goto(f"{address}/task?group={GROUP}")
    expect(page.get_by_role("heading", name="Quotient graph")).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .points path").first).to_be_visible()
    expect(page.get_by_text("5 of 5 states")).to_be_visible()
    page.screenshot(path=tmp_path / "task.png")

    page.get_by_role("link", name="Funnel").click()
    expect(page.get_by_text("7 = 4 + 1 + 2")).to_be_visible()
    expect(page.locator(".js-plotly-plot .barlayer .point path").first).to_be_visible()
    page.screenshot(path=tmp_path / "funnel.png")

    page.goto(f"{address}/trajectory?trajectory={TRIALS[0].trajectory_id}")
    expect(page.get_by_text(HOSTILE, exact=True).last).to_be_visible()
    expect(page.get_by_text("I look it up, trial 0.")).to_be_visible()
    page.screenshot(path=tmp_path / "trajectory.png")

    assert hosts <= {"127.0.0.1", None, ""}
    assert not dialogs
    assert page.locator("section[data-testid=stMain] script").count() == 0
    assert page.locator("img[src*='x.png']").count() == 0
