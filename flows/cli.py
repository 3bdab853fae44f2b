"""The command `winnow`. Each command says what it did in figures; results go to stdout, the rest to stderr.

Exit codes: 0 done, 1 it could not be done (the message says why and how to fix it), 2 the command line is wrong,
3 done, but some raw records were refused and `--strict` was given.
"""

import sys
from collections import Counter
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.text import Text

from flows import settings, terminal
from flows.commands.corrupt import corrupt
from flows.commands.dataset import dataset_app
from flows.commands.protect import protect
from flows.commands.repair import repair_app
from flows.commands.replay import replay_app
from flows.terminal import ResultFormat
from schemas.errors import WinnowError

EXIT_FAULT = 1
EXIT_REJECTS = 3

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
app.add_typer(topology_app, name="topology")
app.add_typer(dataset_app, name="dataset")
app.add_typer(repair_app, name="repair")
app.add_typer(replay_app, name="replay")
app.command()(corrupt)
app.command()(protect)

WarehouseOption = Annotated[
    Path | None,
    typer.Option(
        "--warehouse", envvar=settings.WAREHOUSE_VARIABLE, help="Folder of the store [default: .winnow]."
    ),
]
PathsArgument = Annotated[
    list[str], typer.Argument(help="Files, folders, quoted globs, archives or object-store URIs.")
]
FormatOption = Annotated[
    str, typer.Option("--format", help="Rollout format, or `auto`: told from the content.")
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="Your name for the source [default: name of the file or folder]."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 3 if any record is refused.")]
RecipeArgument = Annotated[Path, typer.Argument(help="Recipe file (YAML), see flows/recipes/.")]


def main() -> None:
    """Run `winnow`; turn our own errors into one message and exit code 1."""
    terminal.mute_interpreter_exit()
    try:
        app()
    except WinnowError as exc:
        terminal.errors.print(Text(f"{type(exc).__name__}: {exc}", style="red"))
        sys.exit(EXIT_FAULT)


@app.command()
def run(
    recipe: RecipeArgument,
    paths: PathsArgument,
    warehouse: WarehouseOption = None,
    format_name: FormatOption = "auto",
    source: SourceOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the exports [default: WAREHOUSE/exports].")
    ] = None,
    strict: StrictOption = False,
) -> None:
    """Ingest, score, curate and export in one go; safe to repeat, also after a crash.

    Example: winnow run flows/recipes/demo.yaml rollouts/
    """
    root = _prepare(warehouse)
    from flows.nightly import nightly

    with terminal.progress_bars():
        report = nightly(
            warehouse=root, recipe=recipe, paths=paths, format_name=format_name, source_name=source, out=out
        )
    terminal.show_counts("ingested", asdict(report.ingested))
    terminal.show_counts("scored", asdict(report.scored))
    _show_curation(report.curated)
    for exported in report.exported:
        terminal.show_counts(
            f"exported {exported.format}", {"rows": exported.row_count, "folder": exported.folder}
        )
    _exit_on_rejects(report.ingested.rejected_count, strict=strict)


@app.command()
def ingest(
    paths: PathsArgument,
    warehouse: WarehouseOption = None,
    format_name: FormatOption = "auto",
    source: SourceOption = None,
    mapping: Annotated[
        Path | None, typer.Option(help="YAML that maps other JSON to rollouts, instead of a format.")
    ] = None,
    suggest_mapping: Annotated[
        bool, typer.Option("--suggest-mapping", help="Print a mapping for the first records, ingest nothing.")
    ] = False,
    judges: Annotated[
        str | None,
        typer.Option(
            help="Which rollouts label files among PATHS speak of: a source's name, a folder on their paths, or a glob of paths."
        ),
    ] = None,
    scan_privacy: Annotated[
        bool, typer.Option("--scan", help="Then look for secrets and personal data, as `winnow scan` does.")
    ] = False,
    strict: StrictOption = False,
) -> None:
    """Read raw rollouts, and files of scores about them, into the warehouse; what is there already adds nothing.

    Example: winnow ingest 'runs/**/*.traj' results.json --source nightly-eval
    """
    if suggest_mapping:
        from flows.suggestion import suggested_mapping

        terminal.screen.print(Text(suggested_mapping(paths)), end="", soft_wrap=True)
        return
    root = _prepare(warehouse)
    from flows.ingest import ingest as ingest_flow
    from flows.summary import after_ingest

    with terminal.progress_bars():
        counts = ingest_flow(
            warehouse=root,
            paths=paths,
            format_name=format_name,
            source_name=source,
            mapping=mapping,
            judges=judges,
        )
    terminal.show_counts("ingested", asdict(counts))
    for title, rows in after_ingest(root).items():
        terminal.show_rows(rows, title=title)
    if scan_privacy:
        _show_scan(root)
    _exit_on_rejects(counts.rejected_count, strict=strict)


@app.command()
def rejects(
    warehouse: WarehouseOption = None,
    reason: Annotated[str | None, typer.Option(help="List those of this reason.")] = None,
    every: Annotated[bool, typer.Option("--list", help="List them one by one.")] = False,
    limit: Annotated[int, typer.Option(help="List at most so many.", min=1, max=terminal.SHOWN_ROWS)] = 50,
) -> None:
    """Show what was refused and what to do about it; ingesting the mended file from the same place settles it.

    Example: winnow rejects --reason truncated_json
    """
    from flows.rejects import grouped_rejects, listed_rejects
    from warehouse import Warehouse

    house = Warehouse(settings.warehouse_path(warehouse))
    if every or reason is not None:
        terminal.show_rows(listed_rejects(house, reason=reason, limit=limit), title="refused records")
    else:
        terminal.show_rows(grouped_rejects(house), title="refused records by reason")


@app.command()
def convert(
    paths: PathsArgument,
    to: Annotated[str, typer.Option("--to", help="Rollout format to write: `atif` or `openai_chat`.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the documents.")],
    format_name: FormatOption = "auto",
    source: SourceOption = None,
    own_files: Annotated[
        bool, typer.Option("--own-files", help="One file per trajectory instead of JSON lines.")
    ] = False,
    strict: StrictOption = False,
) -> None:
    """Turn rollouts of any format into documents of another, without a warehouse; say what these cannot carry.

    Example: winnow convert runs/ --to atif --out converted/
    """
    from flows.convert import convert as convert_files

    with terminal.progress_bars():
        report = convert_files(
            paths, to, out, format_name=format_name, source_name=source, has_own_files=own_files
        )
    refused = report.refused
    figures = {name: value for name, value in vars(report).items() if isinstance(value, int)}
    terminal.show_counts("converted", figures | {"refused_count": len(refused)})
    terminal.show_counts("not carried", dict(report.losses))
    terminal.show_counts("refused", Counter(refusal.reason for refusal in refused))
    _exit_on_rejects(len(refused), strict=strict)


@app.command()
def score(
    warehouse: WarehouseOption = None,
    signals: Annotated[
        list[str] | None, typer.Option("--signals", help="Only these signals [default: all].")
    ] = None,
) -> None:
    """Compute steps, topology and signals for what changed since the last time.

    Example: winnow score --signals loops --signals failures
    """
    root = _prepare(warehouse)
    from flows.score import score as score_flow

    with terminal.progress_bars():
        counts = score_flow(warehouse=root, signals=_listed(signals))
    terminal.show_counts("scored", asdict(counts))


@topology_app.command("report")
def report_topology(
    warehouse: WarehouseOption = None,
    result_format: Annotated[
        ResultFormat, typer.Option("--format", help="How to print.")
    ] = ResultFormat.TABLE,
    out: Annotated[Path | None, typer.Option(help="File to write instead of stdout.")] = None,
) -> None:
    """Show how well potentials and signals tell passes from failures within one policy and task; changes nothing.

    Example: winnow topology report --format csv
    """
    from flows.topology_report import topology_report

    report = topology_report(settings.warehouse_path(warehouse))
    terminal.write_rows(report.to_arrow(), result_format, out)


@app.command()
def scan(warehouse: WarehouseOption = None) -> None:
    """Find secrets and personal data in the stored messages, for what changed since the last time; edits none.

    Example: winnow scan
    """
    _show_scan(_prepare(warehouse))


@app.command()
def curate(
    recipe: RecipeArgument,
    warehouse: WarehouseOption = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the funnel and ten examples of each reason, write nothing."),
    ] = False,
    explain: Annotated[str | None, typer.Option(help="Say what happens to this trajectory, and why.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --explain: one JSON object per verdict instead of sentences.")
    ] = False,
) -> None:
    """Apply a recipe: repair, select, split; every decision becomes a row.

    Example: winnow curate flows/recipes/demo.yaml --dry-run
    """
    root = _prepare(warehouse)
    from flows.curate import curate as curate_flow
    from flows.explain import explain_decision

    if explain is not None:
        explanation = explain_decision(root, recipe, explain)
        if as_json:
            terminal.write_rows(explanation.rows.to_arrow(), ResultFormat.JSON, None)
        else:
            terminal.screen.print(Text("\n\n".join(explanation.paragraphs)))
        return
    with terminal.progress_bars():
        _show_curation(curate_flow(warehouse=root, recipe=recipe, dry_run=dry_run))


@app.command()
def export(
    dataset: Annotated[str, typer.Argument(help="Name of a recipe (its newest dataset), or a dataset id.")],
    to: Annotated[str, typer.Option("--to", help="Training format.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write; it is replaced as a whole.")],
    warehouse: WarehouseOption = None,
    where: Annotated[str, typer.Option(help="SQL predicate over trajectory_overview.")] = "true",
    view: Annotated[str, typer.Option(help="Training view of the recipe: what carries loss.")] = "default",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of the format, NAME=VALUE (YAML); may be repeated."),
    ] = None,
    redact: Annotated[
        list[str] | None,
        typer.Option(
            help="Replace this besides what the recipe names: a kind, credential, personal, or all; may be repeated."
        ),
    ] = None,
) -> None:
    """Write a curated dataset in a trainer's format, with its manifest.

    Example: winnow export demo --to trl_sft --out exports/demo
    """
    root = _prepare(warehouse)
    from flows.export import export as export_flow
    from flows.training_sets import parse_parameters

    with terminal.progress_bars():
        report = export_flow(
            warehouse=root,
            dataset=dataset,
            format_name=to,
            out=out,
            where=where,
            view=view,
            parameters=parse_parameters(parameters or ()),
            redact=_listed(redact) or (),
        )
    terminal.show_counts(f"exported {report.format}", {"rows": report.row_count, "folder": report.folder})
    if report.redactions:
        terminal.show_counts("redacted", {kind: count for kind, count in report.redactions.items() if count})


@app.command()
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
    result_format: Annotated[
        ResultFormat, typer.Option("--format", help="How to print.")
    ] = ResultFormat.TABLE,
    out: Annotated[Path | None, typer.Option(help="File to write instead of stdout.")] = None,
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


@app.command()
def serve(
    recipe: RecipeArgument,
    warehouse: WarehouseOption = None,
    cron: Annotated[str | None, typer.Option(help="Schedule [default: the recipe's own].")] = None,
    port: Annotated[int, typer.Option(help="Port of Prefect's API and UI, when none is running.")] = 4200,
) -> None:
    """Run a recipe on its schedule through Prefect until stopped.

    Example: winnow serve flows/recipes/demo.yaml --cron "0 2 * * *"
    """
    root = _prepare(warehouse)
    from flows.serve import serve as serve_recipe

    serve_recipe(root, recipe, cron=cron, port=port)


@app.command()
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


@app.command()
def status(warehouse: WarehouseOption = None) -> None:
    """Show tables, rows, versions, last changes and size on disk.

    Example: winnow status
    """
    root = _prepare(warehouse)
    from flows.runs import last_runs
    from warehouse import Warehouse
    from warehouse.status import status as describe

    house = Warehouse(root)
    terminal.show_rows(describe(house).to_arrow(), title="tables")
    terminal.show_rows(last_runs(house).to_arrow(), title="last runs")


@app.command()
def formats() -> None:
    """List the rollout formats that come in and the training formats that go out.

    Example: winnow formats
    """
    from flows.catalogue import formats_table

    terminal.show_rows(formats_table())


@app.command()
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


@app.command()
def upkeep(
    warehouse: WarehouseOption = None,
    retain_hours: Annotated[int, typer.Option(help="Keep files of versions younger than this.")] = 168,
) -> None:
    """Compact small files, remove what no version needs, and check integrity.

    Example: winnow upkeep --retain-hours 24
    """
    root = _prepare(warehouse)
    from flows.upkeep import upkeep as upkeep_flow

    with terminal.progress_bars():
        report = upkeep_flow(warehouse=root, retain_hours=retain_hours)
    figures = asdict(report)
    findings = figures.pop("findings")
    terminal.show_counts("upkeep", figures)
    if findings:
        raise WinnowError("The integrity check found:\n" + "\n".join(findings))


def _prepare(warehouse: Path | None) -> Path:
    """Choose the warehouse and make Prefect ready, before any flow is imported."""
    root = settings.warehouse_path(warehouse)
    settings.reuse_memory()
    settings.prepare_prefect(root)
    return root


def _show_scan(root: Path) -> None:
    from flows.scan import privacy_report
    from flows.scan import scan as scan_flow

    with terminal.progress_bars():
        figures = asdict(scan_flow(warehouse=root))
    del figures["kinds"]  # the report has them
    terminal.show_counts("scanned", figures)
    terminal.show_rows(privacy_report(root), title="secrets and personal data")


def _show_curation(counts: Any) -> None:
    figures = asdict(counts)
    reasons = figures.pop("reasons")
    examples = figures.pop("examples")
    terminal.show_counts("curated", figures)
    terminal.show_counts("decisions", reasons)
    for (rule, reason), group in groupby(examples, key=itemgetter("rule", "reason")):
        rows = [{name: row[name] for name in ("trajectory_id", "task", "detail")} for row in group]
        terminal.show_rows(pa.Table.from_pylist(rows), title=f"examples of {rule}: {reason}")


def _exit_on_rejects(rejected_count: int, *, strict: bool) -> None:
    if strict and rejected_count:
        raise typer.Exit(EXIT_REJECTS)


def _listed(names: list[str] | None) -> list[str] | None:
    """Accept `--signals a --signals b` and `--signals a,b` alike."""
    return None if names is None else [part for name in names for part in name.split(",") if part]


def _parameters(values: list[str] | None) -> dict[str, str] | None:
    """Read `--set NAME=VALUE`; null when there is none, for a query without parameters takes none."""
    return dict(_pairs("--set", values)) or None


def _versions(values: list[str] | None) -> dict[str, int]:
    """Read `--at TABLE=VERSION`.

    Raises:
        WinnowError: a version that is no number.
    """
    pairs = dict(_pairs("--at", values))
    wrong = [value for value in pairs.values() if not value.isdecimal()]
    if wrong:
        raise WinnowError(f"--at takes TABLE=VERSION with a number, got {wrong[0]!r}.\n\nHint: winnow status")
    return {table: int(version) for table, version in pairs.items()}


def _pairs(option: str, values: list[str] | None) -> list[tuple[str, str]]:
    """Split `NAME=VALUE` entries.

    Raises:
        WinnowError: an entry without `=`.
    """
    split = [value.partition("=") for value in values or ()]
    wrong = [name for name, equals, _ in split if not equals]
    if wrong:
        raise WinnowError(f"{option} takes NAME=VALUE, got {wrong[0]!r}.")
    return [(name, value) for name, _, value in split]
