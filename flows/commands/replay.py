"""The commands `winnow replay ...`."""

from pathlib import Path
from typing import Annotated

import typer

from flows import settings, terminal
from flows.commands.options import WarehouseOption, prepare

replay_app = typer.Typer(
    help="States of stored trials to act from again, for who has the environment.\n\n"
    "Example: winnow replay export --strategy restarts --out requests.jsonl",
    no_args_is_help=True,
)


@replay_app.command("export")
def export_command(
    *,
    strategy: Annotated[
        str, typer.Option("--strategy", help="failed_calls, reflect, restarts or reflector.")
    ],
    out: Annotated[Path, typer.Option("--out", help="JSON lines to write, a request each.")],
    warehouse: WarehouseOption = None,
    where: Annotated[
        str, typer.Option(help="SQL predicate over trajectory_overview: which trials to ask about.")
    ] = "true",
    per_trajectory: Annotated[
        int | None, typer.Option(help="Most requests of one trajectory [default: the strategy's].", min=1)
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of the strategy, NAME=VALUE (YAML); may be repeated."),
    ] = None,
) -> None:
    """Write replay requests: task, actions and messages up to a state, error, hint; never gold answers.

    Example: winnow replay export --strategy reflect --out requests.jsonl --where "benchmark = 'airline'"
    """
    root = prepare(warehouse)
    from flows.replay import export_requests
    from flows.training_sets import parse_parameters

    own = {} if per_trajectory is None else {"per_trajectory": per_trajectory}
    with terminal.progress_bars():
        counts = export_requests(
            warehouse=root,
            strategy=strategy,
            out=out,
            where=where,
            parameters=parse_parameters(parameters or ()) | own,
        )
    terminal.show_counts("replay requests", counts.figures())


@replay_app.command()
def answers(warehouse: WarehouseOption = None) -> None:
    """Show what was asked, by strategy, and what came back.

    Example: winnow replay answers
    """
    from flows.replay import answers as count_answers
    from warehouse import Warehouse

    house = Warehouse(settings.warehouse_path(warehouse))
    terminal.show_rows(count_answers(house).to_arrow(), title="replay requests and their answers")
