"""Whether a grader quotes its task: what it says in other words must not be lost, and nothing is kept twice."""

import msgspec

ANYTHING: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)


def says_the_same(quoted: bytes | str, own: bytes | str | None) -> bool:
    """Tell whether two JSON texts hold one value, however they are spaced and in whatever order their keys are.

    Args:
        quoted: what the grader says.
        own: what the task says; nothing is like one that says nothing.

    Examples:
        >>> says_the_same('{"a": 1, "b": []}', '{"b":[],"a":1}')
        True
        >>> says_the_same("1", "true")
        False
    """
    return own is not None and _plain(quoted) == _plain(own)


def _plain(text: bytes | str) -> bytes:
    return msgspec.json.encode(ANYTHING.decode(text), order="sorted")
