"""The commands from stored rollouts to training sets: `run`, `score`, `curate`, `export`."""

from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer

from flows import settings, terminal
from flows.commands.options import (
    PathsArgument,
    RecipeArgument,
    RolloutFormatOption,
    SourceOption,
    StrictOption,
    WarehouseOption,
    exit_on_rejects,
    listed,
    prepare,
)
from flows.terminal import ResultFormat


def run(
    recipe: RecipeArgument,
    paths: PathsArgument,
    warehouse: WarehouseOption = None,
    format_name: RolloutFormatOption = "auto",
    source: SourceOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the exports [default: WAREHOUSE/exports].")
    ] = None,
    strict: StrictOption = False,
) -> None:
    """Ingest, score, curate and export in one go; safe to repeat, also after a crash.

    Example: winnow run flows/recipes/demo.yaml rollouts/
    """
    root = prepare(warehouse)
    from flows.nightly import nightly

    settings.spare_loaded()
    with terminal.progress_bars():
        report = nightly(
            warehouse=root, recipe=recipe, paths=paths, format_name=format_name, source_name=source, out=out
        )
    terminal.show_counts("ingested", report.ingested.told())
    terminal.show_counts("scored", asdict(report.scored))
    _show_curation(report.curated)
    for exported in report.exported:
        _show_export(exported)
    exit_on_rejects(report.ingested.rejected_count, strict=strict)


def score(
    warehouse: WarehouseOption = None,
    signals: Annotated[
        list[str] | None, typer.Option("--signals", help="Only these signals [default: all].")
    ] = None,
) -> None:
    """Compute steps, topology and signals for what changed since the last time.

    Example: winnow score --signals loops --signals failures
    """
    root = prepare(warehouse)
    from flows.score import score as score_flow

    with terminal.progress_bars():
        counts = score_flow(warehouse=root, signals=listed(signals))
    terminal.show_counts("scored", asdict(counts))


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
    root = prepare(warehouse)
    from flows.curate import curate as curate_flow
    from flows.explain import explain_decision

    if explain is not None:
        explanation = explain_decision(root, recipe, explain)
        if as_json:
            terminal.write_rows(explanation.rows.to_arrow(), ResultFormat.JSON, None)
        else:
            terminal.screen.print(terminal.harmless("\n\n".join(explanation.paragraphs)))
        return
    with terminal.progress_bars():
        _show_curation(curate_flow(warehouse=root, recipe=recipe, dry_run=dry_run))


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
    root = prepare(warehouse)
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
            redact=listed(redact) or (),
        )
    _show_export(report)
    if report.redactions:
        terminal.show_counts("redacted", {kind: count for kind, count in report.redactions.items() if count})


def _show_curation(counts: Any) -> None:
    figures = asdict(counts)
    reasons, made = figures.pop("reasons"), figures.pop("made")
    examples = figures.pop("examples")
    terminal.show_counts("curated", figures)
    terminal.show_counts("decisions", reasons)
    if made:
        terminal.show_counts("pairs and samples", made)
    for rule in (rule for rule, count in made.items() if count == 0):
        _warn(f"{rule} made nothing of what is kept.")
    for (rule, reason), group in groupby(examples, key=itemgetter("rule", "reason")):
        rows = [{name: row[name] for name in ("trajectory_id", "task", "detail")} for row in group]
        terminal.show_rows(pa.Table.from_pylist(rows), title=f"examples of {rule}: {reason}")


def _show_export(report: Any) -> None:
    terminal.show_counts(f"exported {report.format}", {"rows": report.row_count, "folder": report.folder})
    if not report.row_count:
        _warn(f"{report.format} has no row: nothing of the dataset that was asked for fits the format.")


def _warn(words: str) -> None:
    terminal.errors.print(terminal.harmless(f"Warning: {words}"), style="yellow")
