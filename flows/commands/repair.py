"""The commands `winnow repair ...`."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.text import Text

from flows import settings, terminal
from flows.commands.options import ResultFormatOption, WarehouseOption
from flows.terminal import ResultFormat
from schemas.alignment import Change

if TYPE_CHECKING:
    from flows.repair_view import BeforeAfter, Row

repair_app = typer.Typer(
    help="What repairs made of trajectories, before and after.\n\nExample: winnow repair list --rule rollback",
    no_args_is_help=True,
)
KEPT_CHARS = 100
"""What is shown of a message that stayed."""
MARKS = {
    Change.KEPT: (" ", "dim", ""),
    Change.CHANGED: ("~", "yellow", ""),
    Change.REMOVED: ("-", "red", "[-{}-]"),
    Change.ADDED: ("+", "green", "{{+{}+}}"),
}
"""Sign of a row, its colour, and how a piece of text is marked, so that it is read without colours too."""


@repair_app.command("list")
def list_command(
    *,
    rule: Annotated[str, typer.Option(help="Only this repair's.")] = "",
    warehouse: WarehouseOption = None,
    limit: Annotated[int, typer.Option(help="List at most so many.", min=1)] = terminal.SHOWN_ROWS,
    result_format: ResultFormatOption = ResultFormat.TABLE,
) -> None:
    """List repaired trajectories with their parents.

    Example: winnow repair list --rule splice
    """
    from flows.repair_view import list_repairs
    from warehouse import Warehouse

    house = Warehouse(settings.warehouse_path(warehouse))
    found = list_repairs(house, rule=rule, limit=limit)
    terminal.write_rows(found.to_arrow(), result_format, None)


@repair_app.command()
def show(
    *,
    child: Annotated[str, typer.Argument(help="Id of a repaired trajectory, or its start.")],
    warehouse: WarehouseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show a repaired trajectory beside its parent: what stayed, changed, went and came, and why.

    Example: winnow repair show 3f2a
    """
    from flows.repair_view import before_after
    from warehouse import Warehouse

    told = before_after(Warehouse(settings.warehouse_path(warehouse)), child)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(told.to_json()), indent=2).decode())
        return
    terminal.screen.print(written(told), soft_wrap=True)


def written(told: "BeforeAfter") -> Text:
    """Write a child beside its parent as text."""
    facts = [f"{name}: {value}" for name, value in told.facts.items() if value is not None]
    reasons = [
        f"{one['dataset']}: {one['rule']}: {one['reason']}" + (f" ({one['detail']})" if one["detail"] else "")
        for one in told.decisions
    ]
    text = terminal.harmless("\n".join([*facts, *reasons, "", ""]))
    for row in told.rows:
        text.append_text(_written_row(row))
    return text


def _written_row(row: "Row") -> Text:
    sign, style, _ = MARKS[row.change]
    places = " -> ".join(str(seq) for seq in (row.before_seq, row.after_seq) if seq is not None)
    text = Text(f"{sign} {places} {row.role} ({row.origin})\n", style=style)
    if row.change is Change.KEPT:
        words = terminal.spelled_out(" ".join((row.after or "").split()))
        cut = f"{words[:KEPT_CHARS]} …" if len(words) > KEPT_CHARS else words
        return text.append(f"    {cut}\n")
    if row.pieces:
        for change, piece in row.pieces:
            _, colour, mark = MARKS[change]
            shown = terminal.spelled_out(piece)
            text.append(mark.format(shown) if mark else shown, style=colour)
        return text.append("\n")
    whole = row.after if row.before is None else row.before
    return text.append(terminal.spelled_out(f"{whole}\n"), style=style)
