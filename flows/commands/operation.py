"""The commands that keep a warehouse going: `serve`, `upkeep`."""

from dataclasses import asdict
from typing import Annotated

import typer

from flows import terminal
from flows.commands.options import RecipeArgument, WarehouseOption, prepare
from schemas.errors import WinnowError


def serve(
    recipe: RecipeArgument,
    warehouse: WarehouseOption = None,
    cron: Annotated[str | None, typer.Option(help="Schedule [default: the recipe's own].")] = None,
    port: Annotated[int, typer.Option(help="Port of Prefect's API and UI, when none is running.")] = 4200,
) -> None:
    """Run a recipe on its schedule through Prefect until stopped.

    Example: winnow serve flows/recipes/demo.yaml --cron "0 2 * * *"
    """
    root = prepare(warehouse, starts_server=False)  # it starts one that has a UI
    from flows.serve import serve as serve_recipe

    serve_recipe(root, recipe, cron=cron, port=port)


def upkeep(
    warehouse: WarehouseOption = None,
    retain_hours: Annotated[int, typer.Option(help="Keep files of versions younger than this.")] = 168,
) -> None:
    """Compact small files, remove what no version needs, and check integrity.

    Example: winnow upkeep --retain-hours 24
    """
    root = prepare(warehouse)
    from flows.upkeep import upkeep as upkeep_flow

    with terminal.progress_bars():
        report = upkeep_flow(warehouse=root, retain_hours=retain_hours)
    figures = asdict(report)
    findings = figures.pop("findings")
    terminal.show_counts("upkeep", figures)
    if findings:
        raise WinnowError("The integrity check found:\n" + "\n".join(findings))
