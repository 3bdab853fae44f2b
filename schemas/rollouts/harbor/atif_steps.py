"""The messages of an ATIF session: a step is one, and each result of its calls is one of its own."""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.reasons import RejectReason
from schemas.rollouts.parts.chat import read_content
from schemas.rollouts.parts.fields import COUNT, FLAG, TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.own_facts import MESSAGE_FACTS, MessageFacts, restore_messages, take_facts_inside
from schemas.trajectory import Message, Origin, Role, ToolCall

ROLES = {"system": Role.SYSTEM, "user": Role.USER, "agent": Role.ASSISTANT}


class _Read(NamedTuple):
    message: Message
    told: MessageFacts | None
    """What we once wrote of it, see `own_facts.py`."""


def session_messages(document: Fields) -> tuple[Message, ...]:
    """Take the steps of one document, linked, with results behind the calls that they answer.

    Raises:
        RecordFault: there is no step, or one is not what ATIF promises.
    """
    steps = document.take_objects("steps")
    if not steps:
        raise document.fault(RejectReason.EMPTY_CONVERSATION, "`steps` is empty.")
    read = list(_step_messages(steps))
    messages = link_results([one.message for one in read])
    return restore_messages(messages, [one.told for one in read], document)


def _step_messages(steps: list[Fields]) -> Iterator[_Read]:
    seq = 0
    for number, step in enumerate(steps, start=1):
        _drop_number(step, number)
        observation = step.take_object("observation")
        results = observation.take_objects("results")
        step.put("observation", observation.rest())
        told = take_facts_inside(step, "extra", MESSAGE_FACTS)
        message = _step_message(step, seq)
        yield _Read(message, told)
        for offset, result in enumerate(results, start=1):
            told = take_facts_inside(result, "extra", MESSAGE_FACTS)
            yield _Read(_result_message(result, seq + offset, message), told)
        seq += 1 + len(results)


def _drop_number(step: Fields, number: int) -> None:
    """Take the step's number when it says no more than its place."""
    raw = step.take_raw("step_id")
    if raw is not None and raw != b"%d" % number:
        step.put("step_id", raw.decode())


def _step_message(step: Fields, seq: int) -> Message:
    source = step.require("source", TEXT)
    if source not in ROLES:
        raise step.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Unknown source {source!r}. Known sources: {', '.join(sorted(ROLES))}.",
        )
    role = ROLES[source]
    origin = _origin(step, role)
    calls = tuple(_tool_call(call) for call in step.take_objects("tool_calls"))
    text, content_json = read_content(step, "message")
    metrics = step.take_object("metrics")
    prompt_tokens, completion_tokens = (
        metrics.take("prompt_tokens", COUNT),
        metrics.take("completion_tokens", COUNT),
    )
    step.put("metrics", metrics.rest())
    return Message(
        seq=seq,
        role=role,
        origin=origin,
        text=text,
        content_json=content_json,
        reasoning=step.take("reasoning_content", TEXT),
        tool_calls=calls,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        extra=step.rest(),
    )


def _origin(step: Fields, role: Role) -> Origin:
    """Tell where a step's words come from: copied context (v1.5), or a step without any LLM call (v1.7).

    The count of LLM calls stays in `extra` unless the origin says as much.
    """
    is_copied = step.take("is_copied_context", FLAG)
    llm_call_count = step.take("llm_call_count", COUNT)
    is_scripted = role is Role.ASSISTANT and llm_call_count == 0 and not is_copied
    if llm_call_count is not None and not is_scripted:
        step.put("llm_call_count", json_text(llm_call_count))
    if is_copied:
        return Origin.COPIED
    return Origin.SAMPLED if role is Role.ASSISTANT and not is_scripted else Origin.SCRIPTED


def _tool_call(fields: Fields) -> ToolCall:
    """Read one call; converters keep arguments that were no JSON object in `extra.raw_arguments`."""
    call_id, name = fields.take("tool_call_id", TEXT), fields.require("function_name", TEXT)
    arguments = fields.take_raw("arguments") or b"{}"
    extra = fields.take_object("extra")
    written = extra.take_if("raw_arguments", TEXT)
    if written is not None and arguments != b"{}":
        fields.put("arguments", arguments.decode())
    fields.put("extra", extra.rest())
    return ToolCall(
        name=name,
        arguments=arguments.decode() if written is None else written,
        call_id=call_id,
        extra=fields.rest(),
    )


def _result_message(result: Fields, seq: int, step: Message) -> Message:
    """Read one result: a tool's answer, or, of a step without calls, what the environment says next."""
    text, content_json = read_content(result, "content")
    return Message(
        seq=seq,
        role=Role.TOOL if step.tool_calls else Role.USER,
        origin=Origin.COPIED if step.origin is Origin.COPIED else Origin.INJECTED,
        text=text,
        content_json=content_json,
        tool_call_id=result.take("source_call_id", TEXT) if step.tool_calls else None,
        extra=result.rest(),
    )
