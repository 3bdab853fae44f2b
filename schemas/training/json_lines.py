"""Write a row as one JSON line."""

import msgspec

from schemas.training.format import Row


def encode_jsonl(row: Row) -> bytes:
    r"""Write a row as one line, newline included, its keys in their own order.

    Tool schemas and parts are spliced in as the source spells them, but without white space between tokens, because a
    pretty-printed schema would break the line.

    Examples:
        >>> encode_jsonl({"tools": [msgspec.Raw(b'{"a":\n 1.0}')]})
        b'{"tools":[{"a":1.0}]}\n'
    """
    return msgspec.json.format(msgspec.json.encode(row), indent=-1) + b"\n"
