"""What the command line shows: progress bars, query results, the interactive SQL prompt."""

import atexit
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from flows import progress
from flows.interruption import stopping_in_order
from schemas.errors import WinnowError

PIPED_COLUMNS = 240
"""Width of what goes into a pipe or a file, where no terminal sets one."""

screen = Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS)
"""Where results go."""
errors = Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_COLUMNS)
"""Where progress and faults go, so that results can be piped."""

SHOWN_ROWS = 100
SHOWN_CHARS = 200
COMMANDS_OF_TERMINALS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 but for tab and newline, and what turns the direction of writing."""


def mute_interpreter_exit() -> None:
    """Keep DuckDB's binding from listing "leaked" objects on stderr when the interpreter ends.

    Prefect's threads outlive the program's last line and hold references, so nanobind's check at exit always finds some
    (nanobind.readthedocs.io, refleaks). Exit functions run last in, first out: call this first, so that it comes last.
    """
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))


def spelled_out(text: str) -> str:
    r"""Write what a terminal would obey as its escape, and leave the rest as it is.

    Examples:
        >>> print(spelled_out("a\x1b[2J b"))
        a\x1b[2J b
    """
    return COMMANDS_OF_TERMINALS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def harmless(text: str) -> Text:
    """Make text of data fit to be shown, see `spelled_out`; brackets in it are no markup."""
    return Text(spelled_out(text))


class ResultFormat(StrEnum):
    """How `winnow sql` prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


class Amount(ProgressColumn):
    """How much is done, of how much, and how fast: bytes as MB, everything else as a number."""

    def render(self, task: Task) -> Text:
        """Draw the cell of one stage."""
        show = decimal if task.fields["unit"] == progress.BYTES else "{:,}".format
        total = "" if task.total is None else f"/{show(int(task.total))}"
        rate = "" if task.speed is None else f"  {show(int(task.speed))}/s"
        return Text(f"{show(int(task.completed))}{total}{rate}")


class Bars:
    """A reporter that draws one bar per stage on a terminal."""

    def __init__(self, bars: Progress) -> None:
        """Draw into `bars`."""
        self._bars = bars
        self._stages: dict[str, TaskID] = {}

    def start(self, stage: str, total: int | None, unit: str) -> None:
        """Add a bar."""
        self._stages[stage] = self._bars.add_task(f"{stage} ({unit})", total=total, unit=unit)

    def advance(self, stage: str, amount: int) -> None:
        """Move a bar."""
        self._bars.advance(self._stages[stage], amount)


@contextmanager
def progress_bars() -> Iterator[None]:
    """Show the progress of the flows that run in the block, and let Ctrl-C stop them in order.

    Nothing is shown when stderr is no terminal.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        Amount(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        stopping_in_order(),
        Progress(*columns, console=errors, disable=not errors.is_terminal) as bars,
        progress.shown_by(Bars(bars)),
    ):
        yield


def show_counts(title: str, counts: Mapping[str, object]) -> None:
    """Print figures one a line, names as in the tables."""
    table = Table(title=title, show_header=False, title_justify="left", box=None)
    for name, value in counts.items():
        table.add_row(harmless(name), f"{value:,}" if isinstance(value, int) else harmless(str(value)))
    screen.print(table)


def show_rows(rows: pa.Table, *, title: str | None = None, limit: int = SHOWN_ROWS) -> None:
    """Print a result as a table, its first rows and the start of long texts only, and say so."""
    table = Table(title=title, title_justify="left")
    for name in rows.column_names:
        # An id that was cut is of no use to the program at the other end of a pipe.
        table.add_column(harmless(name), no_wrap=name.endswith("_id") and not screen.is_terminal)
    for row in rows.slice(0, limit).to_pylist():
        table.add_row(*(harmless(_short(value)) for value in row.values()))
    screen.print(table)
    hidden = rows.num_rows - limit
    screen.print(f"{rows.num_rows:,} rows" + (f", {hidden:,} not shown (use --format)" if hidden > 0 else ""))


def write_rows(
    rows: pa.Table,
    result_format: ResultFormat,
    out: Path | None,
    *,
    title: str | None = None,
    limit: int = SHOWN_ROWS,
) -> None:
    """Write a whole result to a file or to stdout, in the format asked for; on a screen `limit` rows under a title."""
    if result_format is ResultFormat.TABLE and out is None:
        show_rows(rows, title=title, limit=limit)
    elif out is None:
        if result_format is ResultFormat.PARQUET and sys.stdout.isatty():
            raise WinnowError("Parquet is no text for a terminal.\n\nHint: add --out FILE, or pipe it")
        _encode(rows, result_format, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        with out.open("wb") as stream:
            _encode(rows, result_format, stream)


def prompt_for_queries(run: Callable[[str], pa.Table], words: list[str], history: Path) -> None:
    """Read queries until the end of input; a query ends with `;`. A fault of one query ends nothing.

    Args:
        run: runs one query.
        words: names to complete.
        history: file that keeps earlier queries.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory

    history.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)), completer=WordCompleter(words, ignore_case=True)
    )
    screen.print(
        "Read-only SQL (DuckDB). End a query with `;`, leave with Ctrl-D. `SHOW TABLES;` lists the tables."
    )
    pending = ""
    while True:
        try:
            pending += session.prompt("winnow> " if not pending else "   ...> ") + "\n"
        except KeyboardInterrupt:
            pending = ""
            continue
        except EOFError:
            return
        if pending.strip().endswith(";"):
            query, pending = pending, ""
            try:
                show_rows(run(query))
            except WinnowError as exc:
                errors.print(harmless(f"Error: {exc}"), style="red")
        elif not pending.strip():
            pending = ""


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…"


def _encode(rows: pa.Table, result_format: ResultFormat, stream: IO[bytes]) -> None:
    if result_format is ResultFormat.PARQUET:
        pq.write_table(rows, stream, compression="zstd")
    elif result_format is ResultFormat.CSV:
        pa_csv.write_csv(_with_nested_as_json(rows), stream)
    elif result_format is ResultFormat.JSON:
        pl.DataFrame(rows).write_ndjson(stream)
    else:
        stream.write(_plain_table(rows).encode())


def _with_nested_as_json(rows: pa.Table) -> pa.Table:
    """Turn lists and structs, which CSV does not have, into JSON text."""
    columns = [
        pa.array(
            [None if cell is None else msgspec.json.encode(cell).decode() for cell in column.to_pylist()]
        )
        if pa.types.is_nested(column.type)
        else column
        for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def _plain_table(rows: pa.Table) -> str:
    with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=SHOWN_CHARS):
        return spelled_out(f"{pl.DataFrame(rows)}\n")
