"""The commands that bring rollouts in: `ingest`, `rejects`, `convert`, `scan`."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows import settings, terminal
from flows.commands.options import (
    PathsArgument,
    ResultFileOption,
    ResultFormatOption,
    RolloutFormatOption,
    SourceOption,
    StrictOption,
    WarehouseOption,
    exit_on_rejects,
    prepare,
)
from flows.terminal import ResultFormat

LISTED = 50
"""Refusals that are listed on a screen unless the user says how many."""


def ingest(
    paths: PathsArgument,
    warehouse: WarehouseOption = None,
    format_name: RolloutFormatOption = "auto",
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
    licence: Annotated[
        str | None,
        typer.Option("--license", help="SPDX id of the terms that PATHS were given out under, such as MIT."),
    ] = None,
    source_url: Annotated[
        str | None, typer.Option("--source-url", help="Where PATHS are from; the cards of datasets name it.")
    ] = None,
    buckets: Annotated[
        int | None,
        typer.Option(
            help="Parts into which a new warehouse spreads its tasks; each must fit in memory [default: 16].",
            min=1,
            max=settings.MOST_BUCKETS,
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

        terminal.screen.print(terminal.harmless(suggested_mapping(paths)), end="", soft_wrap=True)
        return
    root = prepare(warehouse)
    from flows.ingest import ingest as ingest_flow
    from flows.summary import after_ingest

    settings.spare_loaded()
    with terminal.progress_bars():
        counts = ingest_flow(
            warehouse=root,
            paths=paths,
            format_name=format_name,
            source_name=source,
            mapping=mapping,
            judges=judges,
            licence=licence,
            source_url=source_url,
            bucket_count=buckets,
        )
    terminal.show_counts("ingested", counts.told())
    for title, rows in after_ingest(root).items():
        terminal.show_rows(rows, title=title)
    if scan_privacy:
        _show_scan(root)
    exit_on_rejects(counts.rejected_count, strict=strict)


def rejects(
    warehouse: WarehouseOption = None,
    reason: Annotated[str | None, typer.Option(help="List those of this reason.")] = None,
    every: Annotated[bool, typer.Option("--list", help="List them one by one.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(help=f"List at most so many [default: {LISTED} in a table, else all].", min=1),
    ] = None,
    result_format: ResultFormatOption = ResultFormat.TABLE,
    out: ResultFileOption = None,
) -> None:
    """Show what was refused and what to do about it; ingesting the mended file from the same place settles it.

    Example: winnow rejects --reason truncated_json
    """
    from flows.rejects import grouped_rejects, listed_rejects
    from warehouse import Warehouse

    house = Warehouse(settings.warehouse_path(warehouse))
    if not every and reason is None:
        terminal.write_rows(grouped_rejects(house), result_format, out, title="refused records by reason")
        return
    is_shown = result_format is ResultFormat.TABLE and out is None
    rows = listed_rejects(house, reason=reason, limit=limit or (LISTED if is_shown else None))
    terminal.write_rows(rows, result_format, out, title="refused records", limit=rows.num_rows)
    if is_shown and rows.num_rows == (limit or LISTED):
        terminal.screen.print("There may be more: --limit N, or all with --format csv")


def convert(
    paths: PathsArgument,
    to: Annotated[str, typer.Option("--to", help="Rollout format to write: `atif` or `openai_chat`.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the documents.")],
    format_name: RolloutFormatOption = "auto",
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
    terminal.show_counts("converted", report.figures())
    terminal.show_counts("not carried", report.not_carried())
    terminal.show_counts("refused", Counter(refusal.reason for refusal in refused))
    exit_on_rejects(len(refused), strict=strict)


def scan(warehouse: WarehouseOption = None) -> None:
    """Find secrets and personal data in the stored messages, for what changed since the last time; edits none.

    Example: winnow scan
    """
    _show_scan(prepare(warehouse))


def _show_scan(root: Path) -> None:
    from flows.scan import privacy_report
    from flows.scan import scan as scan_flow

    with terminal.progress_bars():
        figures = asdict(scan_flow(warehouse=root))
    del figures["kinds"]  # the report has them
    terminal.show_counts("scanned", figures)
    terminal.show_rows(privacy_report(root), title="secrets and personal data")
