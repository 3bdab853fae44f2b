"""Writers behind a chat endpoint, for members of recipes that need a text which nobody sampled.

Any server with OpenAI's chat completions will do. Each text is written once, ever: it is kept beside the warehouse by the
hash of endpoint, model, options and prompt, so that building again needs no endpoint and gives the same bytes.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from curation.members import build_member, convert_parameters
from flows.chat_endpoint import Endpoint, ask, find_fault
from schemas.errors import RecipeError
from schemas.identity import digest
from schemas.recipe import Rule
from warehouse import Warehouse

Member = TypeVar("Member", bound=Any)

TEXTS = "written_texts.sqlite"
"""File in the warehouse's folder that keeps what endpoints wrote."""
TABLE = (
    "CREATE TABLE IF NOT EXISTS texts (text_key TEXT PRIMARY KEY, writer TEXT NOT NULL, text TEXT NOT NULL)"
)
LOCK_S = 60.0

TASK = (
    "You write one message of an agent's conversation with a user and tools. Answer with the words of that message only: "
    "no quotes, no heading, no tool call."
)
PROMPTS = {
    "revision": "The agent sees that its last step was wrong and says, in one or two sentences, that it goes back to "
    "where it was right and takes another way.",
    "objection": "The user says, in one sentence, that what the agent said last does not settle the request.",
    "go_on": "The user says, in a few words, that the agent may go on.",
    "critique": "A critic judges the attempt of an agent. Give, in one to three sentences, the reason for exactly the "
    "verdict that is named below, whatever you think of it. Do not name the verdict, the number of a step or the kind of fault.",
    "guidance": "An earlier attempt failed. Guide the next one, in two or three sentences from outside the "
    "conversation: what went wrong at this step, and what to do instead. Do not guess the answer to the task.",
}
"""What each kind of text is, for a model; ours."""


@dataclass(frozen=True, kw_only=True)
class EndpointWriter:
    """Writes texts through an endpoint, and remembers them."""

    endpoint: Endpoint
    cache: Path
    """An SQLite file of texts; made where it is not there."""

    @property
    def name(self) -> str:
        """Name the writer by what its texts depend on; part of the identity of what is made with them."""
        return self.endpoint.name

    def write(self, kind: str, facts: Mapping[str, str]) -> str:
        """Write a text, or recall it.

        Raises:
            WinnowError: the endpoint gives no text; the message says why.
        """
        told = "\n".join(f"{name}: {facts[name]}" for name in sorted(facts) if facts[name])
        messages = [
            {"role": "system", "content": TASK},
            {"role": "user", "content": f"{PROMPTS[kind]}\n\nWhat is known of the step:\n{told}"},
        ]
        key = digest("written", self.name, *(part for one in messages for part in one.values()))
        with closing(self._open()) as store, store:
            known = store.execute("SELECT text FROM texts WHERE text_key = ?", [key]).fetchone()
            if known is not None:
                return str(known[0])
        text = ask(self.endpoint, messages)
        with closing(self._open()) as store, store:
            store.execute("INSERT OR IGNORE INTO texts VALUES (?, ?, ?)", [key, self.name, text])
            (kept,) = store.execute("SELECT text FROM texts WHERE text_key = ?", [key]).fetchone()
        return str(kept)

    def has_written(self) -> bool:
        """Tell whether it ever wrote a text that is still there."""
        if not self.cache.is_file():
            return False
        with closing(self._open()) as store:
            return store.execute("SELECT 1 FROM texts WHERE writer = ?", [self.name]).fetchone() is not None

    def _open(self) -> sqlite3.Connection:
        store = sqlite3.connect(self.cache, timeout=LOCK_S)
        store.execute(TABLE)
        return store


def build_written(
    kind: str, registry: Mapping[str, type[Member]], rule: Rule, *, house: Warehouse, where: str
) -> Member:
    """Build a member whose parameter `writer` may be an endpoint: a mapping with `endpoint`, `model` and options.

    Args:
        kind: the family, for messages.
        registry: the family's members by name.
        rule: name and parameters.
        house: beside which texts are kept.
        where: the recipe, for messages.

    Raises:
        UnknownNameError: no member has that name.
        RecipeError: a wrong parameter, or an endpoint that does not answer and whose texts are not kept.
    """
    options = rule.parameters.get("writer")
    if not isinstance(options, Mapping):
        return build_member(kind, registry, rule, where=where)
    writer = _endpoint_writer(options, house, where=f"`writer` of {kind} {rule.name!r} in {where}")
    named = Rule(name=rule.name, parameters={**rule.parameters, "writer": writer.name})
    member = build_member(kind, registry, named, where=where)
    _check_endpoint(writer, where=where)
    bound: Member = replace(member, bound_writer=writer)
    return bound


def _endpoint_writer(options: Mapping[str, Any], house: Warehouse, *, where: str) -> EndpointWriter:
    known = Endpoint.__dataclass_fields__
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise RecipeError(
            f"{where} has no option {', '.join(map(repr, unknown))}. Options: {', '.join(sorted(known))}"
        )
    try:
        endpoint = convert_parameters(options, Endpoint)
    except (msgspec.ValidationError, ValueError, TypeError) as exc:
        raise RecipeError(f"{where}: {exc}") from exc
    return EndpointWriter(endpoint=endpoint, cache=house.root / TEXTS)


def _check_endpoint(writer: EndpointWriter, *, where: str) -> None:
    """Ask an endpoint that never wrote for anything at all, before work is done that needs it."""
    if writer.has_written():
        return
    fault = find_fault(writer.endpoint)
    if fault is not None:
        raise RecipeError(
            f"The writer of {where} cannot be asked, and none of its texts are kept: {fault}\n\n"
            "Hint: start the endpoint, or choose `writer: template`"
        )
