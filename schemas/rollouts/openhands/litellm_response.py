"""Read what LiteLLM logs of a model's response (`ModelResponse`): the message that was sampled, and its token counts."""

from msgspec.structs import replace

from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.content_parts import read_any_content
from schemas.rollouts.parts.fields import COUNT, Fields
from schemas.trajectory import Message


def read_response(response: Fields) -> Message | None:
    """Take the first choice's message and the token counts; all else stays in the response.

    Returns:
        The message, its `seq` still 0; null when the response holds no choice (the call failed).

    Raises:
        RecordFault: the message is not a chat message, or a count is no count.
    """
    choices = response.take_objects("choices")
    said = choices[0].take_object("message") if choices else None
    if any(not choice.is_empty for choice in choices):
        response.put("choices", f"[{','.join(choice.rest() or '{}' for choice in choices)}]")
    if said is None or said.is_empty:
        return None
    (message,) = chat_messages([said])
    usage = response.take_object("usage")
    prompt_tokens = usage.take("prompt_tokens", COUNT)
    completion_tokens = usage.take("completion_tokens", COUNT)
    response.put("usage", usage.rest())
    return replace(message, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)


def with_extra(message: Message, name: str, text: str | None) -> Message:
    """Add one field, as JSON text, to what a message keeps beside its columns; null adds nothing."""
    if text is None:
        return message
    extra = Fields((message.extra or "{}").encode(), "extra")
    extra.put(name, text)
    return replace(message, extra=extra.rest())


def read_message(fields: Fields) -> Message:
    """Read one chat message; content that is one text part is a text, and what else the part says stays in `extra`.

    Raises:
        RecordFault: it is not a chat message.
    """
    text, content_json = read_any_content(fields, "content")
    left = fields.take_raw("content")
    (message,) = chat_messages([fields])
    if text is not None or content_json is not None:
        message = replace(message, text=text, content_json=content_json)
    return with_extra(message, "content", None if left is None else left.decode())
