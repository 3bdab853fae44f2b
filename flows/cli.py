"""The command `winnow`. Each command says what it did in figures; results go to stdout, the rest to stderr.

Exit codes: 0 done, 1 it could not be done (the message says why and how to fix it), 2 the command line is wrong,
3 done, but some raw records were refused and `--strict` was given, 130 Ctrl-C. The commands themselves are in `flows.commands`.
"""

import sys
from collections.abc import Callable

import typer

from flows import terminal
from flows.commands.corrupt import corrupt
from flows.commands.dataset import dataset_app
from flows.commands.operation import serve, upkeep
from flows.commands.pipeline import curate, export, run, score
from flows.commands.protect import protect
from flows.commands.questions import dashboard, formats, report_topology, signals, sql, status
from flows.commands.repair import repair_app
from flows.commands.replay import replay_app
from flows.commands.rollouts import convert, ingest, rejects, scan
from flows.commands.source import source_app
from flows.interruption import EXIT_INTERRUPTED, INTERRUPTED
from flows.prefect_server import prefect_home
from flows.system_faults import system_fault
from schemas.errors import WinnowError

EXIT_FAULT = 1

app = typer.Typer(
    name="winnow",
    help="Raw agent rollouts in, typed tables and curated training sets out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
topology_app = typer.Typer(
    help="What the quotient graphs of a scored corpus can tell.\n\nExample: winnow topology report",
    no_args_is_help=True,
)
topology_app.command("report")(report_topology)

COMMANDS: tuple[Callable[..., None], ...] = (
    *(run, ingest, rejects, convert, score, scan, curate, export, corrupt, protect),
    *(sql, serve, dashboard, status, formats, signals, upkeep),
)
for command in COMMANDS:
    app.command()(command)
for name, group in (
    ("source", source_app),
    ("topology", topology_app),
    ("repair", repair_app),
    ("replay", replay_app),
    ("dataset", dataset_app),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run `winnow`; turn our own errors, and what the system refuses, into one message and exit code 1."""
    terminal.mute_interpreter_exit()
    try:
        app()
    except SystemExit as exc:
        if exc.code == EXIT_INTERRUPTED:
            terminal.errors.print(INTERRUPTED)
        raise
    except Exception as exc:
        told = (
            f"{type(exc).__name__}: {exc}"
            if isinstance(exc, WinnowError)
            else system_fault(exc, prefect_home())
        )
        if told is None:
            raise
        terminal.errors.print(terminal.harmless(told), style="red")
        sys.exit(EXIT_FAULT)
