"""The command `winnow protect`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows import settings, terminal
from flows.commands.options import WarehouseOption


def protect(
    *,
    files: Annotated[
        list[Path], typer.Argument(help="JSON lines, CSV, Parquet, or plain text, one per line.")
    ],
    name: Annotated[str, typer.Option("--name", help="What recipes call the set.")],
    warehouse: WarehouseOption = None,
    text_column: Annotated[
        str | None, typer.Option(help="Column with the text [default: text, instruction, question ...].")
    ] = None,
    key_column: Annotated[
        str | None, typer.Option(help="Column with the task's name [default: task_key, task_id ...].")
    ] = None,
) -> None:
    """Keep texts that no training set may hold, for the rule `decontaminate`; a set of that name is replaced.

    Example: winnow protect gaia.jsonl --name gaia --text-column Question
    """
    from flows.protect import protect as protect_texts

    counts = protect_texts(
        warehouse=settings.warehouse_path(warehouse),
        paths=files,
        name=name,
        text_column=text_column,
        key_column=key_column,
    )
    terminal.show_counts("protected", asdict(counts))
