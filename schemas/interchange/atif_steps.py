"""The steps of an ATIF document: a message is one, but results stand in the observation of the step before them.

A step with calls observes the tool messages right behind it, a step of the agent without calls what the environment
puts in next. A tool message anywhere else is a step of the user, and `winnow` tells that a tool speaks.
"""

from collections.abc import Sequence

import msgspec

from schemas.interchange.atif_shapes import (
    AGENT_STEP,
    CALL,
    OBJECT,
    PARTS,
    RESULT,
    STEP,
    fits,
    fitting_fields,
)
from schemas.interchange.json_pieces import fields_of, one_line
from schemas.interchange.telling import Columns, Told, known
from schemas.rollouts.parts.own_facts import KEY
from schemas.trajectory import Message, Origin, Role, ToolCall

SOURCES = {Role.SYSTEM: "system", Role.USER: "user", Role.ASSISTANT: "agent", Role.TOOL: "user"}


def write_steps(messages: Sequence[Message], told: Told) -> list[Columns]:
    """Write messages as steps, numbered from 1."""
    steps: list[Columns] = []
    agent: Message | None = None
    for message in messages:
        if agent is not None and _is_observed(message, agent):
            observation = steps[-1].setdefault("observation", {"results": []})
            observation["results"].append(_result(message, steps[-1], told))
            continue
        steps.append({"step_id": len(steps) + 1} | _step(message, told))
        agent = message if message.role is Role.ASSISTANT else None
    return steps


def _is_observed(message: Message, agent: Message) -> bool:
    if agent.tool_calls:
        return message.role is Role.TOOL
    return message.role is Role.USER and message.origin is Origin.INJECTED


def _step(message: Message, told: Told) -> Columns:
    is_agent = message.role is Role.ASSISTANT
    left = fitting_fields(message.extra, AGENT_STEP if is_agent else STEP)
    step: Columns = {"source": SOURCES[message.role], "message": _content(message) or ""}
    if message.origin is Origin.COPIED:
        step["is_copied_context"] = True
    if is_agent:
        step |= _agent_fields(message, left)
    return _completed(step, left, told.of(message))


def _agent_fields(message: Message, left: Columns) -> Columns:
    """Give what only the agent's steps have; one without an LLM call may have neither reasoning nor metrics."""
    tokens = {"prompt_tokens": message.prompt_tokens, "completion_tokens": message.completion_tokens}
    metrics = known(tokens) | fields_of(left.pop("metrics", None))
    fields: Columns = {}
    if message.reasoning is not None:
        fields["reasoning_content"] = message.reasoning
    if metrics:
        fields["metrics"] = metrics
    if fields and bytes(left.get("llm_call_count", b"")) == b"0":
        del left["llm_call_count"]
    if not fields and message.origin is Origin.SCRIPTED:
        fields["llm_call_count"] = 0
    if message.tool_calls:
        fields["tool_calls"] = [_call(call, message, index) for index, call in enumerate(message.tool_calls)]
    return fields


def _call(call: ToolCall, message: Message, index: int) -> Columns:
    """Write a call; arguments that are no object go where Harbor's converters keep them."""
    left = fitting_fields(call.extra, CALL)
    extra: Columns = {**fields_of(left.get("extra"))}
    arguments: object = left.get("arguments", {})
    if fits(OBJECT, call.arguments):
        arguments = one_line(call.arguments)
    else:
        extra |= {"raw_arguments": call.arguments}
    written: Columns = {
        "tool_call_id": f"call_{message.seq}_{index}" if call.call_id is None else call.call_id,
        "function_name": call.name,
        "arguments": arguments,
    }
    return written | {"extra": extra} if extra else written


def _result(message: Message, step: Columns, told: Told) -> Columns:
    """Write what a step observes; a result names a call only when the step has one of that id."""
    left = fitting_fields(message.extra, RESULT)
    result: Columns = {"content": _content(message)}
    if message.tool_call_id in {call["tool_call_id"] for call in step.get("tool_calls", ())}:
        result["source_call_id"] = message.tool_call_id
    return _completed(known(result), left, told.of(message))


def _content(message: Message) -> msgspec.Raw | str | None:
    """Give the parts of a message when they are ATIF's, else its text."""
    if message.content_json is not None and fits(PARTS, message.content_json):
        return one_line(message.content_json)
    return message.text


def _completed(written: Columns, left: Columns, columns: Columns) -> Columns:
    """Add what an `extra` held of ATIF's own, and what is told."""
    completed = written | {name: raw for name, raw in left.items() if name not in written}
    if columns:
        own = fields_of(left.get("extra"))
        completed["extra"] = own | {KEY: columns}
    return completed
