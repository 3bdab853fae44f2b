"""Check calls against the JSON schemas of tools: what can be told for sure, and no more.

Of JSON Schema only `type`, `required`, `properties`, `additionalProperties: false`, `items` and `enum` are read; anything
else (`$ref`, `anyOf`, formats) refuses nothing.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Schema = Mapping[str, Any]


class CallFault(StrEnum):
    """How a call breaks its schema; the first that holds is told."""

    ARGUMENTS_NOT_JSON = "arguments_not_json"
    ARGUMENTS_NOT_OBJECT = "arguments_not_object"
    UNKNOWN_TOOL = "unknown_tool"
    MISSING_ARGUMENT = "missing_argument"
    UNKNOWN_ARGUMENT = "unknown_argument"
    WRONG_TYPE = "wrong_type"


TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def read_tools(tools: str) -> Mapping[str, Schema] | None:
    """Read the schemas of arguments by tool, from an array of tools as OpenAI, Anthropic or MCP spell it.

    Returns:
        Null when it lists no tool that can be read: then nothing is known.

    Examples:
        >>> read_tools('[{"name": "look", "input_schema": {"required": ["id"]}}]')
        {'look': {'required': ['id']}}
    """
    try:
        entries = json.loads(tools)
    except ValueError:
        return None
    functions = (
        [entry.get("function", entry) for entry in entries if isinstance(entry, dict)]
        if isinstance(entries, list)
        else []
    )
    named = [function for function in functions if isinstance(function, dict) and "name" in function]
    return {function["name"]: _arguments_schema(function) for function in named} or None


def _arguments_schema(function: Schema) -> Schema:
    given = (function.get(name) for name in ("parameters", "input_schema", "inputSchema"))
    return next((schema for schema in given if isinstance(schema, dict)), {})


def find_fault(name: str, arguments: str, tools: Mapping[str, Schema] | None) -> CallFault | None:
    """Say how a call breaks the schema of its tool.

    Text that is no object is a fault of a listed tool only: actions in a language of their own are no function calls.

    Args:
        name: of the tool.
        arguments: the raw string; an empty one stands for no arguments.
        tools: schemas by tool; null when they are not known.

    Returns:
        Null when nothing is known against it.

    Examples:
        >>> find_fault("look", "{}", {"look": {"required": ["id"]}})
        <CallFault.MISSING_ARGUMENT: 'missing_argument'>
    """
    text = arguments.strip() or "{}"
    is_listed = tools is not None and name in tools
    if not is_listed and not text.startswith("{"):
        return None
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return CallFault.ARGUMENTS_NOT_JSON
    if not isinstance(given, dict):
        return CallFault.ARGUMENTS_NOT_OBJECT
    if tools is None:
        return None
    return _fault(given, tools[name]) if is_listed else CallFault.UNKNOWN_TOOL


def _fault(value: object, schema: object) -> CallFault | None:
    """Say how a value breaks a schema; what is no schema allows everything."""
    if not isinstance(schema, dict):
        return None
    if not _is_of_type(value, schema.get("type")) or value not in _allowed(schema, value):
        return CallFault.WRONG_TYPE
    if isinstance(value, dict):
        return _object_fault(value, schema)
    if isinstance(value, list):
        faults = (_fault(item, schema.get("items")) for item in value)
        return next((fault for fault in faults if fault), None)
    return None


def _object_fault(value: Mapping[str, object], schema: Schema) -> CallFault | None:
    required, properties = schema.get("required"), schema.get("properties")
    known: Schema = properties if isinstance(properties, dict) else {}
    if isinstance(required, list) and any(name not in value for name in required):
        return CallFault.MISSING_ARGUMENT
    if schema.get("additionalProperties") is False and value.keys() - known.keys():
        return CallFault.UNKNOWN_ARGUMENT
    faults = (_fault(item, known.get(name)) for name, item in value.items())
    return next((fault for fault in faults if fault), None)


def _allowed(schema: Schema, value: object) -> list[object]:
    choices = schema.get("enum")
    return choices if isinstance(choices, list) else [value]


def _is_of_type(value: object, kinds: object) -> bool:
    """Tell whether a value has one of the types; an unknown type is any type."""
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(_is_of_one(value, name) for name in names)


def _is_of_one(value: object, name: object) -> bool:
    if not isinstance(name, str) or name not in TYPES:
        return True
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[name])
