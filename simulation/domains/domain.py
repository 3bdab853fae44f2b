"""What a domain is: words, tools and records with realistic detail around the abstract world.

Add one: a module here that ends in a `Domain`, and a line in `DOMAINS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from simulation.domains.people import Account
    from simulation.world import Record

JsonObject = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A kind of thing, as it is called and what it costs."""

    name: str
    price_usd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """One line of business."""

    name: str
    noun: str
    """What a record is called: order, booking."""
    id_field: str
    id_shape: str
    """How a well-formed record id looks, for error texts."""
    items: Mapping[str, Item]
    """The verbose item of each terse word."""
    variants: Mapping[str, str]
    """The verbose variant of each terse word."""
    statuses: Mapping[str, str]
    """The verbose status of each status of the world."""
    tools: Mapping[str, str]
    """The verbose tool of each tool of the world."""
    schemas: tuple[JsonObject, ...]
    """The tools in the OpenAI form, in the order of `tools`."""
    policy: str
    """The system message."""
    openings: Mapping[str, tuple[str, ...]]
    """First user messages by goal, with {item}, {variant} and {change} to fill in."""
    goals: Mapping[str, str]
    """What the user privately wants, by goal, with the same fields."""
    changes: tuple[str, ...]
    """What a user may want changed (a new address, a new date), as the user says it."""
    make_id: Callable[[Random], str]
    make_record: Callable[[Random, Account, Record, str], JsonObject]
    """Detail of one record: (rng, account, record, record id), without its status."""
    summary_fields: tuple[str, ...]
    """The part of a record that a list shows; nothing that tells look-alikes apart."""
    write_arguments: Callable[[str, str, Account, str], JsonObject]
    """Arguments of a write next to the record id: (tool, goal, account, change)."""
    done: Mapping[str, str]
    """Closing sentence by tool of the last write, with {id} and {change}."""


def function_tool(name: str, description: str, **parameters: JsonObject) -> JsonObject:
    """Return one tool in the OpenAI form; all parameters are required.

    Args:
        name: of the function
        description: what the model reads
        parameters: JSON schema of each parameter
    """
    schema: JsonObject = {
        "type": "object",
        "properties": parameters,
        "required": list(parameters),
        "additionalProperties": False,
    }
    function: JsonObject = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


def text_parameter(description: str, *, choices: tuple[str, ...] = ()) -> JsonObject:
    """Return the JSON schema of a string parameter.

    Args:
        description: what the model reads
        choices: the only values allowed; empty for any
    """
    schema: JsonObject = {"type": "string", "description": description}
    if choices:
        schema["enum"] = list(choices)
    return schema
