"""The commands that show what is there: `sql`, `dashboard`, `status`, `formats`, `signals`, `topology report`."""

import sys
from typing import Annotated

import typer

from flows import settings, terminal
from flows.commands.options import ResultFileOption, ResultFormatOption, WarehouseOption, prepare, split_pairs
from flows.terminal import ResultFormat
from schemas.errors import WinnowError


def sql(
    query: Annotated[str | None, typer.Argument(help="One query; without it, a prompt.")] = None,
    warehouse: WarehouseOption = None,
    ask: Annotated[str | None, typer.Option(help="A named question instead; `list` names them.")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for `$NAME` in the query; may be repeated.")
    ] = None,
    at: Annotated[
        list[str] | None, typer.Option(help="TABLE=VERSION: read a past version of a table; may be repeated.")
    ] = None,
    result_format: ResultFormatOption = ResultFormat.TABLE,
    out: ResultFileOption = None,
) -> None:
    """Ask the warehouse anything, read-only, in DuckDB's SQL.

    Example: winnow sql "SELECT status, count(*) FROM trajectories GROUP BY ALL" --format csv
    """
    from flows.catalogue import questions_table
    from warehouse import Warehouse
    from warehouse.queries import named_query

    if ask == "list":
        terminal.write_rows(questions_table(), result_format, out)
        return
    query = named_query(ask) if ask is not None else query
    root = settings.warehouse_path(warehouse)
    with Warehouse(root).console(versions=_versions(at), timeout_s=None) as console:
        if query is None and sys.stdin.isatty():
            names = [name for (name,) in console.sql("SHOW TABLES").rows()]
            terminal.prompt_for_queries(
                lambda text: console.sql(text).to_arrow(), names, root / "console_history"
            )
        else:
            rows = console.sql(sys.stdin.read() if query is None else query, _parameters(values)).to_arrow()
            terminal.write_rows(rows, result_format, out)


def dashboard(
    warehouse: WarehouseOption = None,
    port: Annotated[int, typer.Option(help="Port to listen on, this machine only.")] = 8501,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
) -> None:
    """Open the dashboard in the browser.

    Example: winnow dashboard --port 8600
    """
    from flows.serve import open_dashboard

    sys.exit(open_dashboard(settings.warehouse_path(warehouse), port=port, headless=headless))


def status(warehouse: WarehouseOption = None) -> None:
    """Show tables, rows, versions, last changes and size on disk.

    Example: winnow status
    """
    root = prepare(warehouse, starts_server=False)
    from flows.runs import last_runs
    from warehouse import Warehouse
    from warehouse.status import status as describe

    house = Warehouse(root)
    terminal.show_rows(describe(house).to_arrow(), title="tables")
    terminal.show_rows(last_runs(house).to_arrow(), title="last runs")


def formats() -> None:
    """List the rollout formats that come in and the training formats that go out.

    Example: winnow formats
    """
    from flows.catalogue import formats_table

    terminal.show_rows(formats_table())


def signals(
    name: Annotated[
        str | None, typer.Argument(help="One signal, to see its columns; without it all.")
    ] = None,
) -> None:
    """List the signals that `winnow score` computes, or what the columns of one mean.

    Example: winnow signals process
    """
    from flows.signal_catalogue import signal_columns_table, signals_table

    terminal.show_rows(signals_table() if name is None else signal_columns_table(name))


def report_topology(
    warehouse: WarehouseOption = None,
    result_format: ResultFormatOption = ResultFormat.TABLE,
    out: ResultFileOption = None,
) -> None:
    """Show how well potentials and signals tell passes from failures within one policy and task; changes nothing.

    Example: winnow topology report --format csv
    """
    from flows.topology_report import topology_report

    report = topology_report(settings.warehouse_path(warehouse))
    terminal.write_rows(report.to_arrow(), result_format, out)


def _parameters(values: list[str] | None) -> dict[str, str] | None:
    """Read `--set NAME=VALUE`; null when there is none, for a query without parameters takes none."""
    return dict(split_pairs("--set", values)) or None


def _versions(values: list[str] | None) -> dict[str, int]:
    """Read `--at TABLE=VERSION`.

    Raises:
        WinnowError: a version that is no number.
    """
    pairs = dict(split_pairs("--at", values))
    wrong = [value for value in pairs.values() if not value.isdecimal()]
    if wrong:
        raise WinnowError(f"--at takes TABLE=VERSION with a number, got {wrong[0]!r}.\n\nHint: winnow status")
    return {table: int(version) for table, version in pairs.items()}
