"""Messages of the GenAI semantic conventions of OpenTelemetry, in the three ways in which they were written down.

Now: `gen_ai.input.messages` and its kin, structured or as a JSON string, on the span or on its event
`gen_ai.client.inference.operation.details`. Before v1.37: one event per message. OpenLLMetry: `gen_ai.prompt.N.*`.
Read from the conventions' documents; no real file was at hand.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text
from schemas.rollouts.traces.call_chains import Call
from schemas.rollouts.traces.flat_attributes import take_elements
from schemas.rollouts.traces.llm_payloads import is_structured, with_role
from schemas.rollouts.traces.otlp import Attributes, Event, Span
from schemas.trajectory import Message, Origin, Role, ToolCall

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "tool": Role.TOOL,
}
ORIGINS = {
    Role.SYSTEM: Origin.SCRIPTED,
    Role.USER: Origin.SCRIPTED,
    Role.ASSISTANT: Origin.SAMPLED,
    Role.TOOL: Origin.INJECTED,
}
INSTRUCTIONS, INPUT, OUTPUT = (
    f"gen_ai.{name}" for name in ("system_instructions", "input.messages", "output.messages")
)
RESPONSE_NAMES = ("response", "result")
"""What a tool answered: the conventions' name, and that of their early versions."""
EVENT_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}


def take_genai_call(span: Span) -> Call | None:
    """Take a call out of a span; None when it holds none in these conventions."""
    for attributes in (span.attributes, *(event.attributes for event in span.events)):
        call = _written_call(attributes)
        if call is not None:
            return call
    return _evented_call(span.events) or _flat_call(span.attributes)


def _written_call(attributes: Attributes) -> Call | None:
    """Read whole messages; a string that a length limit cut is no JSON any more, and stays where it is."""
    found = [attributes.peek_json(name) for name in (INPUT, OUTPUT) if name in set(attributes)]
    if not found or not all(text is not None and text.startswith("[") for text in found):
        return None
    system, prompt, answers = (attributes.take_json(name) for name in (INSTRUCTIONS, INPUT, OUTPUT))
    opening = [] if system is None else _instructions(system)
    said = [message for one in _messages(prompt) for message in one]
    return Call((*opening, *said), tuple(tuple(answer) for answer in _messages(answers)))


def _instructions(text: str) -> list[Message]:
    """Read the system's words: parts, or one plain text."""
    parts = text if text.startswith("[") else f'[{{"type":"text","content":{text}}}]'
    return _read_parts(Fields(f'{{"parts":{parts}}}'.encode(), "system_instructions"), Role.SYSTEM)


def _messages(text: str | None) -> Iterator[list[Message]]:
    for index, raw in enumerate(ELEMENTS.decode(text) if text is not None else []):
        fields = Fields(raw, f"messages[{index}]")
        role = fields.take("role", TEXT) or "assistant"
        if role not in ROLES:
            raise fields.fault(
                RejectReason.UNEXPECTED_SHAPE,
                f"Unknown role {role!r}. Known roles: {', '.join(sorted(ROLES))}.",
            )
        if role != ROLES[role].value:
            fields.put("role", json_text(role))
        yield _read_parts(fields, ROLES[role])


def _read_parts(fields: Fields, role: Role) -> list[Message]:
    """Read one message: what tools answered are messages of their own, before what else it says."""
    results: list[Message] = []
    calls: list[ToolCall] = []
    thoughts: list[str] = []
    said: list[tuple[str, bytes]] = []
    for raw in fields.take("parts", ELEMENTS) or []:
        part = Fields(raw, "parts")
        kind = part.take("type", TEXT) or "text"
        if kind == "tool_call_response":
            results.append(_result(part))
        elif kind == "tool_call" and role is Role.ASSISTANT:
            calls.append(_call(part))
        elif kind == "reasoning" and (thought := _lone_text(part)) is not None:
            thoughts.append(thought)
        else:
            said.append((kind, bytes(raw)))
    text, content_json = _words(said)
    extra = fields.rest()
    if results and not (said or calls or thoughts):
        results[0] = replace(results[0], extra=results[0].extra or extra)
        return results
    message = Message(
        seq=0,
        role=role,
        origin=ORIGINS[role],
        text=text,
        content_json=content_json,
        reasoning="\n".join(thoughts) if thoughts else None,
        tool_calls=tuple(calls),
        extra=extra,
    )
    return [*results, message]


def _words(said: list[tuple[str, bytes]]) -> tuple[str | None, str | None]:
    texts = [_lone_text(Fields(raw, "parts"), kind="text") for kind, raw in said]
    if len(texts) == 1 and texts[0] is not None:
        return texts[0], None
    found = [text for text in texts if text is not None]
    raws = ",".join(raw.decode() for _, raw in said)
    return "\n".join(found) if found else None, f"[{raws}]" if said else None


def _lone_text(part: Fields, *, kind: str | None = None) -> str | None:
    """Give the text of a part that says nothing else."""
    if kind is not None and part.take("type", TEXT) != kind:
        return None
    text = part.take_if("content", TEXT)
    return text if part.is_empty else None


def _call(part: Fields) -> ToolCall:
    raw = part.take_raw("arguments") or b'""'
    return ToolCall(
        name=part.require("name", TEXT),
        arguments=TEXT.decode(raw) if raw.startswith(b'"') else raw.decode(),
        call_id=part.take_if("id", TEXT),
        extra=part.rest(),
    )


def _result(part: Fields) -> Message:
    found = (part.take_raw(name) for name in RESPONSE_NAMES)
    raw = next((raw for raw in found if raw is not None), None)
    is_text = raw is not None and raw.startswith(b'"')
    return Message(
        seq=0,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text=TEXT.decode(raw) if raw is not None and is_text else None,
        content_json=None if raw is None or is_text else raw.decode(),
        tool_call_id=part.take_if("id", TEXT),
        extra=part.rest(),
    )


def _evented_call(events: Iterable[Event]) -> Call | None:
    """Read one event per message, in the shape of chat messages; each choice is an answer."""
    prompt: list[Message] = []
    answers: list[tuple[Message, ...]] = []
    for event in events:
        if event.name not in EVENT_ROLES:
            continue
        fields = _event_message(event)
        (message,) = chat_messages([fields])
        if event.name == "gen_ai.choice":
            answers.append((message,))
        else:
            prompt.append(message)
    return Call(tuple(prompt), tuple(answers)) if prompt or answers else None


def _event_message(event: Event) -> Fields:
    """Make a chat message of an event: of its body, of its content attribute, or of its attributes."""
    content = event.take_body() or event.attributes.take_json("gen_ai.event.content")
    fields = Fields(
        (content if content is not None and content.startswith("{") else "{}").encode(), event.name
    )
    if content is not None and not content.startswith("{"):
        fields.put("content", content)
    for name in ("content", "role", "tool_calls", "id", "name", "message", "finish_reason", "index"):
        fields.put(name, event.attributes.take_json(name))
    message = fields.take_raw("message")
    if message is not None and message.startswith(b"{"):
        inner = Fields(message, event.name)
        for name in ("finish_reason", "index"):
            value = fields.take_raw(name)
            inner.put(name, None if value is None else value.decode())
        inner.put("event", fields.rest())
        fields = inner
    return with_role(fields, EVENT_ROLES[event.name])


def _flat_call(attributes: Attributes) -> Call | None:
    """Read OpenLLMetry's numbered attributes."""
    prompt = chat_messages(with_role(fields, "user") for fields in _flat(attributes, "gen_ai.prompt"))
    answers = [with_role(fields, "assistant") for fields in _flat(attributes, "gen_ai.completion")]
    call = Call(prompt, tuple(chat_messages([fields]) for fields in answers))
    return call if call.inputs or call.outputs else None


def _flat(attributes: Attributes, prefix: str) -> list[Fields]:
    found = []
    for element in take_elements(attributes, prefix):
        calls = element.take_objects("tool_calls")
        for call in calls:
            called = {name: call.take_raw(name) for name in ("name", "arguments")}
            held = Fields(b"{}", "function")
            for name, raw in called.items():
                held.put(name, None if raw is None else raw.decode())
            call.put("function", held.rest())
        element.put("tool_calls", f"[{','.join(call.rest() or '{}' for call in calls)}]" if calls else None)
        content = element.take_if("content", TEXT)
        if content is not None:
            is_parts = is_structured(content) and content.lstrip().startswith("[")
            element.put("content", content if is_parts else json_text(content))
        found.append(element)
    return found
