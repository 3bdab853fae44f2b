"""What several commands share: their options, and what they do first and last."""

from pathlib import Path
from typing import Annotated

import typer

from flows import settings
from flows.prefect_server import prepare_prefect
from flows.terminal import ResultFormat
from schemas.errors import WinnowError

EXIT_REJECTS = 3

WarehouseOption = Annotated[
    Path | None,
    typer.Option(
        "--warehouse", envvar=settings.WAREHOUSE_VARIABLE, help="Folder of the store [default: .winnow]."
    ),
]


def _as_text(paths: list[str]) -> list[str]:
    """Spell paths that are not UTF-8 as `file://` URIs: Prefect sends them to its server as text."""
    from flows.sources.places import as_text

    return [as_text(path) for path in paths]


PathsArgument = Annotated[
    list[str],
    typer.Argument(help="Files, folders, quoted globs, archives or object-store URIs.", callback=_as_text),
]
RolloutFormatOption = Annotated[
    str, typer.Option("--format", help="Rollout format, or `auto`: told from the content.")
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="Your name for the source [default: name of the file or folder]."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 3 if any record is refused.")]
RecipeArgument = Annotated[Path, typer.Argument(help="Recipe file (YAML), see flows/recipes/.")]
ResultFormatOption = Annotated[ResultFormat, typer.Option("--format", help="How to print.")]
ResultFileOption = Annotated[Path | None, typer.Option("--out", help="File to write instead of stdout.")]


def prepare(warehouse: Path | None, *, starts_server: bool = True) -> Path:
    """Choose the warehouse and make Prefect ready, before any flow is imported."""
    root = settings.warehouse_path(warehouse)
    settings.tune_memory()
    prepare_prefect(root, starts_server=starts_server)
    return root


def exit_on_rejects(rejected_count: int, *, strict: bool) -> None:
    """End with `EXIT_REJECTS` if the user is strict and records were refused."""
    if strict and rejected_count:
        raise typer.Exit(EXIT_REJECTS)


def listed(names: list[str] | None) -> list[str] | None:
    """Accept `--signals a --signals b` and `--signals a,b` alike."""
    return None if names is None else [part for name in names for part in name.split(",") if part]


def split_pairs(option: str, values: list[str] | None) -> list[tuple[str, str]]:
    """Split `NAME=VALUE` entries.

    Raises:
        WinnowError: an entry without `=`.
    """
    split = [value.partition("=") for value in values or ()]
    wrong = [name for name, equals, _ in split if not equals]
    if wrong:
        raise WinnowError(f"{option} takes NAME=VALUE, got {wrong[0]!r}.")
    return [(name, value) for name, _, value in split]
