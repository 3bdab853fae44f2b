"""The commands `winnow dataset ...`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import polars as pl
import typer

from flows import terminal
from flows.commands.options import ResultFormatOption, WarehouseOption, prepare
from flows.terminal import ResultFormat

if TYPE_CHECKING:
    from warehouse import Warehouse

dataset_app = typer.Typer(
    help="Curated datasets: list, show, compare, rebuild, merge, delete, push.\n\nExample: winnow dataset list",
    no_args_is_help=True,
)
DIFFERS = 1
"""Exit code when two things that were compared are not the same."""

DatasetArgument = Annotated[
    str, typer.Argument(help="Name of a recipe (its newest dataset), or a dataset id.")
]


@dataset_app.command("list")
def list_command(
    warehouse: WarehouseOption = None, result_format: ResultFormatOption = ResultFormat.TABLE
) -> None:
    """List the datasets, the newest last: what each keeps, which exports it has, which one its name means now.

    Example: winnow dataset list
    """
    from flows.datasets.find import list_datasets

    terminal.write_rows(list_datasets(_open(warehouse)).to_arrow(), result_format, None)


@dataset_app.command()
def lengths(
    export: Annotated[Path, typer.Argument(help="Folder of an export in the format `tokens`.")],
    max_tokens: Annotated[
        list[int] | None,
        typer.Option("--max-tokens", min=1, help="A length to think about; may be repeated."),
    ] = None,
    result_format: ResultFormatOption = ResultFormat.TABLE,
) -> None:
    """Say how long the rows are, what a maximum length would cut off, and how well they pack.

    Example: winnow dataset lengths exports/tokens --max-tokens 8192 --max-tokens 32768
    """
    from flows.datasets.lengths import lengths_table

    terminal.write_rows(lengths_table(export, sorted(set(max_tokens or ()))), result_format, None)


@dataset_app.command()
def show(
    *,
    dataset: DatasetArgument,
    warehouse: WarehouseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="Instead: one row per kept trajectory, with its source.")
    ] = False,
    result_format: ResultFormatOption = ResultFormat.TABLE,
) -> None:
    """Show what a dataset is: recipe, versions, funnel, splits, origins, what each view trains, exports.

    Example: winnow dataset show airline --json
    """
    from flows.datasets.find import find_dataset
    from flows.datasets.show import describe, kept_rows

    house = _open(warehouse)
    built = find_dataset(house, dataset)
    if rows:
        terminal.write_rows(kept_rows(house, built).to_arrow(), result_format, None)
        return
    described = describe(house, built)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(described), indent=2).decode())
        return
    for title, content in described.items():
        if isinstance(content, list) and content:
            terminal.show_rows(pl.DataFrame(content, infer_schema_length=None).to_arrow(), title=title)
        elif isinstance(content, dict) and content:
            terminal.show_counts(title, content)
        elif content not in ([], {}):
            terminal.show_counts("", {title: content})


@dataset_app.command()
def diff(
    *,
    first: DatasetArgument,
    second: DatasetArgument,
    warehouse: WarehouseOption = None,
    ids: Annotated[bool, typer.Option("--ids", help="Instead: one row per trajectory that differs.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Instead: one row per pair that differs.")] = False,
    samples: Annotated[
        bool, typer.Option("--samples", help="Instead: one row per sample that differs.")
    ] = False,
    result_format: ResultFormatOption = ResultFormat.TABLE,
) -> None:
    """Compare two datasets: recipes, what each keeps and why, which messages each trains, pairs and samples.

    Example: winnow dataset diff airline 0a1b2c3d --ids --format csv
    """
    from flows.datasets.diff import diff_datasets
    from flows.datasets.find import find_dataset

    house = _open(warehouse)
    found = diff_datasets(house, find_dataset(house, first), find_dataset(house, second))
    listed = {"ids": found.trajectories, "pairs": found.pairs.rows, "samples": found.samples.rows}
    for name, is_asked in (("ids", ids), ("pairs", pairs), ("samples", samples)):
        if is_asked:
            terminal.write_rows(listed[name].to_arrow(), result_format, None)
            return
    for name, (old, new) in found.facts.items():
        terminal.show_counts(name, {"a": old, "b": new})
    terminal.screen.print(terminal.harmless("\n".join(found.recipe) or "the recipes mean the same"))
    terminal.show_rows(found.changes.to_arrow(), title="trajectories with another fate")
    terminal.show_rows(found.labels.to_arrow(), title="labels of what both keep")
    terminal.show_rows(found.pairs.counts.to_arrow(), title="pairs by rule")
    terminal.show_rows(found.samples.counts.to_arrow(), title="samples by rule")


@dataset_app.command()
def rebuild(
    *,
    target: Annotated[
        str, typer.Argument(help="manifest.json of an export or its folder; or a dataset's name or id.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; with --from-scratch nothing is written.")
    ] = None,
    warehouse: WarehouseOption = None,
    from_scratch: Annotated[
        bool,
        typer.Option("--from-scratch", help="Decide anew over the tables as they were, and compare that."),
    ] = False,
) -> None:
    """Make an export again and compare every byte, or a dataset's decisions and compare each.

    Exit code 1 when anything differs.

    Example: winnow dataset rebuild exports/airline/trl_sft/manifest.json --out again/
    """
    house = _open(warehouse)
    if from_scratch:
        is_same = _show_redecided(house, target)
    elif out is not None:
        is_same = _show_rebuilt(house, target, out)
    else:
        raise typer.BadParameter("--out is needed, unless --from-scratch is given.")
    if not is_same:
        raise typer.Exit(DIFFERS)


@dataset_app.command()
def merge(
    *,
    datasets: Annotated[list[str], typer.Argument(help="Two or more datasets, by name or id.")],
    name: Annotated[str, typer.Option("--name", help="What to call the merged dataset.")],
    splits: Annotated[
        str | None,
        typer.Option(
            "--splits", help="The split of each task that they have in different ones: test, train."
        ),
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Merge datasets: what any of them keeps, each trajectory once; of one in several the first named counts.

    Example: winnow dataset merge airline retail --name tau --splits test
    """
    house = _open(warehouse)
    from flows.datasets.merge import merge as merge_flow

    report = merge_flow(warehouse=house.root, datasets=datasets, name=name, splits=splits)
    figures = asdict(report)
    counts = figures.pop("counts")
    terminal.show_counts("merged", figures)
    terminal.show_counts("trajectories by part", counts)


@dataset_app.command()
def delete(
    *,
    dataset: DatasetArgument,
    warehouse: WarehouseOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also when other datasets were merged from it.")
    ] = False,
) -> None:
    """Delete a dataset's decisions, labels and name; never trajectories, raw records or files that were written.

    Example: winnow dataset delete airline
    """
    house = _open(warehouse)
    from flows.datasets.delete import delete as delete_flow

    report = delete_flow(warehouse=house.root, dataset=dataset, force=force)
    terminal.show_counts(f"deleted {report.dataset_id}, rows", report.row_counts)


@dataset_app.command()
def push(
    *,
    source: Annotated[str, typer.Argument(help="Folder of an export; or a dataset, for all its exports.")],
    target: Annotated[
        str,
        typer.Argument(
            help="s3://, gs://, az://, abfs://, file:/// and a path, or hf://datasets/OWNER/NAME."
        ),
    ],
    warehouse: WarehouseOption = None,
    force: Annotated[bool, typer.Option("--force", help="Also over another dataset or other files.")] = False,
) -> None:
    """Push an export: data first, manifest last, and look whether all bytes arrived.

    Example: winnow dataset push exports/airline/trl_sft s3://bucket/airline
    """
    from flows.datasets.push import push as push_exports

    house = None if Path(source).is_dir() else _open(warehouse)
    for report in push_exports(house, source, target, force=force):
        figures = {"files": report.file_count, "bytes": report.bytes_count}
        terminal.show_counts(f"{'pushed to' if report.is_new else 'already at'} {report.target}", figures)


def _show_rebuilt(house: "Warehouse", target: str, out: Path) -> bool:
    from flows.datasets.rebuild import rebuild as rebuild_exports

    with terminal.progress_bars():
        rebuilt = rebuild_exports(house, target, out)
    for export in rebuilt:
        terminal.show_counts(
            "the same bytes" if export.is_same else "other bytes",
            {"folder": export.folder, "files compared": export.file_count, **export.differing},
        )
        for reason in export.reasons:
            terminal.screen.print(terminal.harmless(f"because {reason}"))
    return all(export.is_same for export in rebuilt)


def _show_redecided(house: "Warehouse", target: str) -> bool:
    from flows.datasets.rebuild import redecide

    decided = redecide(house, target)
    terminal.show_counts(
        "the same decisions" if decided.is_same else "other decisions",
        {
            "trajectories": decided.trajectory_count,
            "of these with another fate": decided.differing.height,
            "messages": decided.label_counts["message_count"],
            "of these with another label": decided.label_counts["changed_count"],
            "pairs": decided.pairs.figures["row_count"],
            "of these pairs not the same": decided.pairs.figures["changed_count"],
            "samples": decided.samples.figures["row_count"],
            "of these samples not the same": decided.samples.figures["changed_count"],
            "dataset id today": decided.dataset_id,
        },
    )
    return decided.is_same


def _open(warehouse: Path | None) -> "Warehouse":
    """Open the warehouse, and make Prefect ready before any flow is imported."""
    root = prepare(warehouse)
    from warehouse import Warehouse

    return Warehouse(root)
