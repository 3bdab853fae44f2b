import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, file_samples

TRACE = "5b8efff798038103d269b633813fc60c"
TOOLS = [{"type": "function", "name": "get_weather", "parameters": {"type": "object"}}]


def value(item: Any) -> dict[str, Any]:
    """Write a value as OTLP does."""
    if isinstance(item, bool):
        return {"boolValue": item}
    if isinstance(item, int):
        return {"intValue": str(item)}
    if isinstance(item, float):
        return {"doubleValue": item}
    if isinstance(item, str):
        return {"stringValue": item}
    if isinstance(item, list):
        return {"arrayValue": {"values": [value(one) for one in item]}}
    return {"kvlistValue": {"values": pairs(item)}}


def pairs(items: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(item)} for key, item in items.items()]


def span(span_id: str, start: int, attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    ids = {"traceId": TRACE, "spanId": span_id, "parentSpanId": fields.pop("parent", "")}
    times = {"startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 5)}
    return ids | times | {"name": span_id, "attributes": pairs(attributes)} | fields


def event(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"timeUnixNano": "7", "name": name, "attributes": pairs(attributes)}


def export(*spans: dict[str, Any]) -> dict[str, Any]:
    scope = {"scope": {"name": "tracer", "version": "1"}, "spans": spans}
    resource = {"attributes": pairs({"service.name": "weather"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope], "schemaUrl": "https://s"}]}


def says(role: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"role": role, "parts": list(parts), **fields}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}


ASKED = says("user", words("Weather in Paris?"))
CALLED = says(
    "assistant",
    {"type": "reasoning", "content": "Look it up."},
    {"type": "tool_call", "id": "c-1", "name": "get_weather", "arguments": {"location": "Paris"}},
)
REPEATED = says("assistant", CALLED["parts"][1])
ANSWERED = says("tool", {"type": "tool_call_response", "id": "c-1", "response": "rainy, 57°F"})


def chat(span_id: str, start: int, prompt: Any, answer: Any, **fields: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-x",
        "gen_ai.usage.input_tokens": start * 10,
        "gen_ai.usage.output_tokens": start,
        "gen_ai.input.messages": prompt,
        "gen_ai.output.messages": answer,
        **fields.pop("attributes", {}),
    }
    return span(span_id, start, attributes, **fields)


def agent(span_id: str, start: int, name: str, **fields: Any) -> dict[str, Any]:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
    return span(span_id, start, attributes | {"gen_ai.conversation.id": "conv-1"}, **fields)


EVALUATED = event(
    "gen_ai.evaluation.result",
    {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5, "gen_ai.evaluation.explanation": "ok"},
)  # fmt: skip
GENAI = [
    agent("a-1", 1, "main"),
    chat(
        "b-2", 4, [ASKED, REPEATED, ANSWERED], [says("assistant", words("It rains."), finish_reason="stop")], parent="a-1",
        attributes={"gen_ai.response.finish_reasons": ["stop"], "gen_ai.system_instructions": [words("Be kind.")], "gen_ai.tool.definitions": json.dumps(TOOLS)},
        events=[EVALUATED],
    ),
    chat(
        "b-1", 2, json.dumps([ASKED]), json.dumps([CALLED | {"finish_reason": "tool_call"}]), parent="a-1",
        attributes={"gen_ai.tool.definitions": TOOLS, "gen_ai.system_instructions": [words("Be kind.")]},
    ),
    span("t-1", 3, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "c-1"}, parent="a-1"),
    agent("a-2", 5, "helper", parent="t-1"),
    chat("b-3", 6, [says("user", words("Help."), {"type": "blob", "content": "aGk="})], [REPEATED], parent="a-2"),
    span("t-2", 7, {"gen_ai.tool.call.id": "c-1", "gen_ai.tool.call.result": "sunny"}, parent="a-2"),
]  # fmt: skip
EVENTED = [
    span(
        "e-1", 1, {"gen_ai.system": "openai", "gen_ai.usage.prompt_tokens": 3},
        events=[
            event("gen_ai.system.message", {"content": "Rules"}),
            event("gen_ai.user.message", {"gen_ai.event.content": json.dumps({"content": "Hi"})}),
            event("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "Hello"}}),
        ],
    )
]  # fmt: skip
LOGGED = {
    "resourceLogs": [
        {"scopeLogs": [{"logRecords": [
            {"timeUnixNano": "1", "eventName": "gen_ai.user.message", "body": value({"content": "Hi", "role": "user"}),
             "traceId": "f00", "spanId": "s-9", "attributes": pairs({"gen_ai.system": "openai"})},
            {"timeUnixNano": "2", "eventName": "gen_ai.choice", "traceId": "f00", "spanId": "s-9",
             "body": value({"index": 0, "message": {"role": "assistant", "tool_calls": [
                 {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}})},
        ]}]}
    ]
}  # fmt: skip
FLAT = [
    span(
        "f-1", 1,
        {
            "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Hi",
            "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c", "gen_ai.completion.0.tool_calls.0.name": "f",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"a": 1}', "llm.request.functions.0.name": "f",
        },
        status={"code": 2, "message": "boom"},
    )
]  # fmt: skip
MESSAGE = "llm.output_messages.0.message"
OPENINFERENCE = [
    span(
        "o-1", 1,
        {
            "openinference.span.kind": "LLM", "llm.model_name": "m", "llm.token_count.prompt": 5, "llm.token_count.completion": 2,
            "llm.input_messages.0.message.role": "system", "llm.input_messages.0.message.content": "Rules",
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.contents.0.message_content.type": "text",
            "llm.input_messages.1.message.contents.0.message_content.text": "Look",
            "llm.input_messages.1.message.contents.1.message_content.type": "image",
            "llm.input_messages.1.message.contents.1.message_content.image.image.url": "https://i",
            f"{MESSAGE}.role": "assistant", f"{MESSAGE}.tool_calls.0.tool_call.id": "c",
            f"{MESSAGE}.tool_calls.0.tool_call.function.name": "f",
            f"{MESSAGE}.tool_calls.0.tool_call.function.arguments": '{"a": 1}',
            "llm.tools.0.tool.json_schema": '{"name": "f"}', "llm.tools.1.tool.json_schema": '{"name": "g"}',
            "llm.invocation_parameters": '{"temperature": 0}', "output.value": "Looked",
        },
    ),
    span("o-2", 2, {"openinference.span.kind": "CHAIN", "input.value": "x", "session.id": "s"}),
]  # fmt: skip
PLAIN = [
    span(
        "p-1", 1,
        {
            "openinference.span.kind": "LLM",
            "input.value": json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}),
            "output.value": "Hello",
        },
    )
]  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Made by hand after the conventions: `shared/data` holds no trace."""
    lines = [export(*GENAI[:3]), export(*GENAI[3:])]
    content = "\n".join([*map(json.dumps, lines), '{"resourceSpans": [']).encode()
    yield from file_samples("genai.jsonl", content)
    for name, spans in {
        "evented": EVENTED,
        "flat": FLAT,
        "openinference": OPENINFERENCE,
        "plain": PLAIN,
    }.items():
        yield from file_samples(f"{name}.json", json.dumps(export(*spans)).encode())
    yield from file_samples("logs.json", json.dumps(LOGGED).encode())
