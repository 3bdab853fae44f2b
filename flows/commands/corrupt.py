"""The command `winnow corrupt`."""

from typing import Annotated

import typer

from flows import terminal
from flows.commands.options import WarehouseOption, prepare


def corrupt(
    *,
    dataset: Annotated[
        str, typer.Argument(help="Name or id of a curated dataset: what it keeps is corrupted.")
    ],
    warehouse: WarehouseOption = None,
    modes: Annotated[
        list[str] | None,
        typer.Option("--mode", help="Kind of corruption; may be repeated [default: all]."),
    ] = None,
    per_trajectory: Annotated[
        int | None, typer.Option(help="Most children of one parent [default: one of each mode].", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed makes other children.")] = 0,
    where: Annotated[
        str, typer.Option(help="SQL predicate over trajectory_overview: which of them to corrupt.")
    ] = "true",
) -> None:
    """Make labelled corrupted copies of what a dataset keeps, to train critics or to test detectors.

    Example: winnow corrupt airline --mode drop_step --mode swap_entity --where is_success
    """
    root = prepare(warehouse)
    from flows.corrupt import corrupt as corrupt_flow
    from flows.corrupt import figures

    with terminal.progress_bars():
        counts = corrupt_flow(
            warehouse=root,
            dataset=dataset,
            modes=modes or (),
            per_trajectory=per_trajectory,
            seed=seed,
            where=where,
        )
    terminal.show_counts("corrupted", figures(counts))
    terminal.show_rows(counts.to_arrow(), title="modes")
