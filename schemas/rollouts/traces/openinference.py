"""Model calls in OpenInference's attributes: flattened messages, or the whole input and output as text.

Read from the conventions (openinference-semantic-conventions 0.1.42); no real file was at hand.
"""

from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.traces.call_chains import Call, payload_call
from schemas.rollouts.traces.flat_attributes import take_elements
from schemas.rollouts.traces.llm_payloads import is_structured, with_role
from schemas.rollouts.traces.otlp import Attributes, Span

KIND = "openinference.span.kind"


def take_openinference_call(span: Span) -> Call | None:
    """Take a call out of a span; None for a span that is no model call."""
    attributes = span.attributes
    prompt = [with_role(one, "user") for one in _messages(attributes, "llm.input_messages")]
    answers = [with_role(one, "assistant") for one in _messages(attributes, "llm.output_messages")]
    if prompt or answers:
        return Call(chat_messages(prompt), tuple(chat_messages([answer]) for answer in answers))
    if attributes.peek_text(KIND) != "LLM":
        return None
    asked, answered = attributes.take_json("input.value"), attributes.take_json("output.value")
    if asked is None and answered is None:
        return None
    return payload_call(asked, answered)


def take_openinference_tools(attributes: Attributes) -> str | None:
    """Take the tool schemas, as a JSON array."""
    elements = take_elements(attributes, "llm.tools")
    return f"[{','.join(map(_tool, elements))}]" if elements else None


def _tool(element: Fields) -> str:
    """Give a tool's schema, which is a string of JSON; with anything else beside it, all that there is."""
    tool = element.take_object("tool")
    schema = tool.take_if("json_schema", TEXT)
    if schema is not None and is_structured(schema) and tool.is_empty and element.is_empty:
        return schema
    tool.put("json_schema", None if schema is None else json_text(schema))
    element.put("tool", tool.rest())
    return element.rest() or "{}"


def _messages(attributes: Attributes, prefix: str) -> list[Fields]:
    found = []
    for element in take_elements(attributes, prefix):
        message = element.take_object("message")
        _unwrap(message, "tool_calls", "tool_call", "tool_calls")
        _unwrap(message, "contents", "message_content", "content")
        message.put("element", element.rest())
        found.append(message)
    return found


def _unwrap(message: Fields, name: str, wrapper: str, target: str) -> None:
    """Take each element of a list out of the object around it."""
    elements = message.take_objects(name)
    if not elements:
        return
    inner: list[str] = []
    for element in elements:
        held = element.take_object(wrapper)
        held.put("element", element.rest())
        inner.append(held.rest() or "{}")
    message.put(target, f"[{','.join(inner)}]")
