"""Agents of several skills, each a generator over actions and replies.

A skill says how an agent behaves, never how it ends: whether a guess passes is up to the world.
Add one: a function here, a line in `SKILLS` and a weight in `MIX`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import Final

from simulation.episode import Action, Reply
from simulation.moves import (
    act,
    is_wanted,
    look_alikes,
    open_case,
    rule,
    search,
    search_at_once,
    settle,
    wrong_tool,
)
from simulation.tasks import Request
from simulation.world import MALFORMED, UNKNOWN, Call, Row

PARALLEL_RATE: Final = 0.15
"""How often a careful agent looks at all look-alikes in one turn."""

PEEK_RATE: Final = 0.05
"""How often a hasty agent with more than two look-alikes looks at the first before it guesses."""

MISUSE_RATE: Final = 0.06
"""How often a hasty agent tries a tool first that the record's status forbids."""

STUCK_ON_WRITE_RATE: Final = 0.5
"""How often a looping agent is stuck on a write rather than on a wrong id."""

ENDING_WEIGHTS: Final = {"truncated": 0.5, "stop": 0.35, "break": 0.15}
"""How a looping agent ends: cut off, giving up, or breaking out of the loop."""

ASK_BEFORE_STOP_RATE: Final = 0.4
"""How often a quitter asks for a yes and gives up all the same."""

Script = Generator[Action, Reply, None]
Skill = Callable[[Request, Random], Script]

DONE: Final = Action(say="done")
STOP: Final = Action(say="stop")


def careful(request: Request, rng: Random) -> Script:
    """Look at the look-alikes until one is the wanted one, then act once."""
    listing = yield from open_case(request)
    candidates = look_alikes(request, listing)
    find = search_at_once if rng.random() < PARALLEL_RATE else search
    yield from _finish(request, (yield from find(request, candidates)), rng)


def redundant(request: Request, rng: Random) -> Script:
    """Do as the careful one does, with needless repeats and looks on the way."""
    listing = yield from open_case(request)
    candidates = look_alikes(request, listing)
    habits = rng.sample(("list", "others", "again"), k=rng.choice((1, 1, 2)))
    if "list" in habits:
        yield from act(Call("list"))
    if "others" in habits:
        yield from search(request, [row for row in listing if row.item != request.item][:1])
    row = yield from search(request, candidates)
    if row is not None and ("again" in habits or habits == ["others"]):
        yield from act(Call("look", row.position))
    yield from _finish(request, row, rng)


def hasty(request: Request, rng: Random) -> Script:
    """Pick one of the look-alikes unseen and act on it."""
    listing = yield from open_case(request)
    candidates = look_alikes(request, listing)
    if candidates[2:] and rng.random() < PEEK_RATE:
        row = yield from search(request, [candidates.pop(0)])
        if row is not None:
            yield from _finish(request, row, rng)
            return
    guess = rng.choice(candidates)
    if rng.random() < MISUSE_RATE:
        yield from act(Call(wrong_tool(request, guess), guess.position))
    yield from settle(request, guess, rng)
    yield DONE


def recovering(request: Request, rng: Random) -> Script:
    """Slip once, notice, and put it right."""
    listing = yield from open_case(request)
    candidates = look_alikes(request, listing)
    slip = rng.choice(("guess", "guess", "tool", "target"))
    if slip == "guess":
        yield from _guess_and_check(request, candidates, rng)
        return
    if slip == "target":
        yield from act(Call("look", rng.choice((MALFORMED, UNKNOWN))))
    row = yield from search(request, candidates)
    if slip == "tool" and row is not None:
        yield from act(Call(wrong_tool(request, row), row.position))
    yield from _finish(request, row, rng)


def looping(request: Request, rng: Random) -> Script:
    """Repeat a call that cannot succeed, whatever it says; a few break out in time."""
    listing = yield from open_case(request)
    candidates = look_alikes(request, listing)
    stuck = rng.choice(candidates)
    call = Call("look", rng.choice((MALFORMED, UNKNOWN)))
    if rng.random() < STUCK_ON_WRITE_RATE:
        call = Call(wrong_tool(request, stuck), stuck.position)
    ending = rng.choices(list(ENDING_WEIGHTS), weights=list(ENDING_WEIGHTS.values()))[0]
    for _ in range(rng.randint(3, 5) if ending != "truncated" else 99):
        yield Action((call,))
    if ending == "stop":
        yield STOP
        return
    yield from _finish(request, (yield from search(request, candidates)), rng)


def quitter(request: Request, rng: Random) -> Script:
    """Begin well and give up before anything is changed."""
    listing = yield from open_case(request)
    candidates = look_alikes(request, listing)
    for row in candidates[: rng.randrange(len(candidates))]:
        yield from act(Call("look", row.position))
    if rng.random() < ASK_BEFORE_STOP_RATE:
        yield Action(say="ask", target=candidates[0].position)
    yield STOP


def _finish(request: Request, row: Row | None, rng: Random) -> Script:
    if row is None:
        yield STOP
        return
    yield from settle(request, row, rng)
    yield DONE


def _guess_and_check(request: Request, candidates: Sequence[Row], rng: Random) -> Script:
    guess = rng.choice(candidates)
    tool = rule(request, guess)
    yield from act(Call(tool, guess.position))
    check = yield from act(Call("look", guess.position))
    seen = check.rows[0]
    if is_wanted(request, seen) and not seen.final:
        yield DONE
        return
    yield from act(Call("undo", guess.position))
    if is_wanted(request, seen):
        yield from act(Call("pass", guess.position))
        yield DONE
        return
    row = yield from search(request, [other for other in candidates if other is not guess])
    yield from _finish(request, row, rng)


SKILLS: Final[dict[str, Skill]] = {
    "careful": careful,
    "redundant": redundant,
    "recovering": recovering,
    "hasty": hasty,
    "looping": looping,
    "quitter": quitter,
}
"""Every skill by name."""

MIX: Final[dict[str, float]] = {
    "careful": 0.06,
    "redundant": 0.04,
    "recovering": 0.12,
    "hasty": 0.66,
    "looping": 0.06,
    "quitter": 0.06,
}
"""How often each skill is drawn: a weak policy, more than half of whose successes rest on a guess."""
