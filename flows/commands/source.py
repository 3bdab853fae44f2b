"""The commands `winnow source ...`."""

from typing import Annotated

import typer

from flows import settings, terminal
from flows.commands.options import ResultFormatOption, WarehouseOption
from flows.terminal import ResultFormat

source_app = typer.Typer(
    help="What was ingested, and its licences: list, license.\n\nExample: winnow source list",
    no_args_is_help=True,
)


@source_app.command("list")
def list_command(
    warehouse: WarehouseOption = None,
    result_format: ResultFormatOption = ResultFormat.TABLE,
) -> None:
    """List the sources with their licence, who told it and where, and where they are from.

    Example: winnow source list --format csv
    """
    from flows.licences.listing import list_sources
    from warehouse import Warehouse

    sources = list_sources(Warehouse(settings.warehouse_path(warehouse)))
    terminal.write_rows(sources.to_arrow(), result_format, None)


@source_app.command("license")
def license_command(
    *,
    source: Annotated[str, typer.Argument(help="A source's id or the start of it, or the name of sources.")],
    licence: Annotated[str, typer.Argument(help="SPDX id: MIT, CC-BY-4.0 ...; NOASSERTION for unknown.")],
    url: Annotated[str | None, typer.Option("--source-url", help="Where it is from.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Say under which licence sources were given out; no file is read. Datasets that are curated later tell it.

    Example: winnow source license tau_bench MIT --source-url https://github.com/sierra-research/tau-bench
    """
    from flows.licences.listing import tell_licence
    from warehouse import Warehouse

    told = tell_licence(Warehouse(settings.warehouse_path(warehouse)), source, licence, url=url)
    terminal.show_counts("licences", {"sources": told.source_count, "of these changed": told.changed_count})
