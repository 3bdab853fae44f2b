"""Ctrl-C as a terminal sends it: to all processes of the group, once or twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.interruption import EXIT_INTERRUPTED, INTERRUPTED, stopping_in_order
from warehouse import Warehouse
from warehouse.integrity import check

WINNOW = str(Path(sys.executable).parent / "winnow")
PATIENCE_S = 60.0
ROLLOUTS = 40_000
OBEYING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Runs a command that heeds Ctrl-C also where whoever runs the tests ignores it, as jobs in the background do."""
STUBBORN = """
import sys, time
from pathlib import Path
from flows.interruption import stopping_in_order

with stopping_in_order():
    try:
        Path(sys.argv[1]).touch()
        time.sleep(120)
    finally:
        Path(sys.argv[2]).touch()
        time.sleep(120)
"""


@contextmanager
def in_a_group(*command: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a command in a process group of its own, where Ctrl-C means what it means in a shell."""
    with subprocess.Popen(
        [sys.executable, "-c", OBEYING, *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def interrupt_when(path: Path, process: "subprocess.Popen[str]") -> None:
    """Press Ctrl-C as soon as there is a file."""
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert process.poll() is None, "it ended before it could be interrupted; the test tried nothing"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.slow
def test_an_ingest_stops_at_ctrl_c_with_a_whole_warehouse_and_says_how_to_go_on(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello " * 100}]
    with (tmp_path / "chats.jsonl").open("w", encoding="utf-8") as lines:
        for trial in range(ROLLOUTS):
            print(json.dumps({"messages": messages, "task_id": "t", "trial": trial}), file=lines)
    root = tmp_path / "warehouse"
    with in_a_group(WINNOW, "ingest", tmp_path / "chats.jsonl", "--warehouse", root) as process:
        interrupt_when(root / "winnow.json", process)
        _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == EXIT_INTERRUPTED
    assert INTERRUPTED in told.replace("\n", " ")
    assert "Traceback" not in told
    house = Warehouse(root)
    ((landed,),) = house.sql("SELECT count(*) FROM trajectories").rows()
    assert landed < ROLLOUTS
    assert check(house).is_empty()


def test_a_second_ctrl_c_ends_what_does_not_want_to_stop(tmp_path: Path) -> None:
    begun, ending = tmp_path / "begun", tmp_path / "ending"
    with in_a_group(sys.executable, "-c", STUBBORN, begun, ending) as process:
        interrupt_when(begun, process)
        interrupt_when(ending, process)
        _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == EXIT_INTERRUPTED
    assert "Ctrl-C again" in told
    assert "Traceback" not in told


def test_ctrl_c_means_what_it_meant_once_the_work_is_done() -> None:
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with stopping_in_order():
            assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, earlier)


def test_whoever_ignores_ctrl_c_goes_on_doing_so() -> None:
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stopping_in_order():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, earlier)
