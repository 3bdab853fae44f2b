"""Short sequences of actions that several skills share.

Each is a generator: it yields actions, is sent replies, and returns what it learned. It knows
only what the replies told it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Final

from simulation.episode import Action, Reply
from simulation.tasks import Request, right_tool
from simulation.world import BUSY, Call, Result, Row

if TYPE_CHECKING:
    from random import Random

CONFIRM_RATE: Final = 0.5
"""How often an agent of any skill asks for a yes before a change; a habit, not a sign of care."""

Listing = Sequence[Row]


def act(call: Call) -> Generator[Action, Reply, Result]:
    """Make one call, once more after each temporary error."""
    action = Action((call,))
    reply = yield action
    while reply.results[0].error == BUSY:
        reply = yield action
    return reply.results[0]


def open_case(request: Request) -> Generator[Action, Reply, Listing]:
    """Learn who the user is and list their records."""
    if not request.introduced:
        yield Action(say="who")
    yield from act(Call("find"))
    result = yield from act(Call("list"))
    return result.rows


def look_alikes(request: Request, listing: Listing) -> list[Row]:
    """Return the listed records that could be the wanted one."""
    return [row for row in listing if row.item == request.item]


def search(request: Request, rows: Sequence[Row]) -> Generator[Action, Reply, Row | None]:
    """Look at records one by one until one is the wanted one; None when none is."""
    for row in rows:
        result = yield from act(Call("look", row.position))
        if result.rows and is_wanted(request, result.rows[0]):
            return result.rows[0]
    return None


def search_at_once(request: Request, rows: Sequence[Row]) -> Generator[Action, Reply, Row | None]:
    """Look at all records in one turn with parallel calls; those that met an error again."""
    reply = yield Action(tuple([Call("look", row.position) for row in rows]))
    wanted = [result.rows[0] for result in reply.results if result.rows]
    wanted = [row for row in wanted if is_wanted(request, row)]
    if wanted:
        return wanted[0]
    failed = {result.call.target for result in reply.results if result.error is not None}
    return (yield from search(request, [row for row in rows if row.position in failed]))


def is_wanted(request: Request, row: Row) -> bool:
    """Tell whether a looked-at record is the one that the user means."""
    return row.item == request.item and row.variant == request.variant


def settle(request: Request, row: Row, rng: Random) -> Generator[Action, Reply, Result]:
    """Do what the rules ask for with a record, at times after a yes from the user."""
    if rng.random() < CONFIRM_RATE:
        yield Action(say="ask", target=row.position)
    return (yield from act(Call(rule(request, row), row.position)))


def rule(request: Request, row: Row) -> str:
    """Name the tool that the rules ask for, as far as the row tells."""
    return right_tool(request.goal, row.status, final=bool(row.final))


def wrong_tool(request: Request, row: Row) -> str:
    """Name a tool that the system refuses for this record."""
    return "refund" if row.status == "open" else ("cancel" if request.goal == "drop" else "move")
