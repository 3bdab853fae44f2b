"""JSON text as pieces of a document that is one line."""

import msgspec

OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def one_line(text: str) -> msgspec.Raw:
    r"""Give JSON text to be spliced in: as it is spelled, but without white space where it has line breaks.

    Examples:
        >>> bytes(one_line('{"a": 1.0}')), bytes(one_line('{\n"a": 1.0}'))
        (b'{"a": 1.0}', b'{"a":1.0}')
    """
    return msgspec.Raw(compact(text) if "\n" in text or "\r" in text else text)


def compact(text: str) -> str:
    """Leave out the white space between tokens.

    Raises:
        msgspec.DecodeError: it is not JSON.
    """
    return msgspec.json.format(text, indent=-1)


def exact(text: str | None) -> msgspec.Raw | str | None:
    r"""Give JSON text so that nothing of its spelling is lost: itself where it fits, else a string.

    Examples:
        >>> bytes(exact('[1.0, 2]')), exact('[1.0,\n2]'), exact("7")
        (b'[1.0, 2]', '[1.0,\n2]', '7')
    """
    if text is None or not text.startswith(("{", "[")) or not text.endswith(("}", "]")):
        return text
    return msgspec.Raw(text) if "\n" not in text and "\r" not in text and is_json(text) else text


def is_json(text: str) -> bool:
    """Tell whether text is strict JSON, which any reader reads."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def fields_of(text: str | msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    """Give the fields of an object, to be spliced in; none for null, and for text that is no object."""
    known = spelled(text) if isinstance(text, msgspec.Raw) else text
    if known is None or not known.startswith("{") or (known is text and not is_json(known)):
        return {}
    return {name: one_line(spelled(raw)) for name, raw in OBJECT.decode(known).items()}


def spelled(raw: msgspec.Raw) -> str:
    """Give a piece as text."""
    return bytes(raw).decode()
