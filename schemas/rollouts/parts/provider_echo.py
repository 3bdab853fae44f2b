"""What a provider answered, beside what the scaffold made of it: keep what the answer adds, drop what it repeats.

Some scaffolds store the whole response of the provider with each message. Its words are the message's words once
more; finish reasons, ids, token details and reasoning are there only.
"""

from collections.abc import Mapping

import msgspec

from schemas.rollouts.parts.fields import ELEMENTS, Fields


def strip_choice(choice: Fields, said: Mapping[str, object]) -> None:
    """Drop from a completion's choice what its message repeats.

    Args:
        choice: an object with `message`; keeps what is not a repeat.
        said: the message as the scaffold tells it, in the provider's shape, parsed.
    """
    message = choice.take_object("message")
    for name, value in said.items():
        raw = message.take_raw(name)
        if raw is not None and msgspec.json.decode(raw) != value:
            message.put(name, raw.decode())
    choice.put("message", message.rest())


def strip_response(response: Fields, said: Mapping[str, object]) -> None:
    """Drop from a whole response what its only choice repeats; several choices stay as they are."""
    raw = response.take_raw("choices")
    if raw is None:
        return
    choices = ELEMENTS.decode(raw) if raw.startswith(b"[") else []
    if len(choices) != 1:
        response.put("choices", raw.decode())
        return
    choice = Fields(choices[0], "$.choices[0]")
    strip_choice(choice, said)
    response.put("choices", f"[{choice.rest() or '{}'}]")
