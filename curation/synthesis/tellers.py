"""Which messages of one conversation tell a value: searched in one joined text, which beats an index of its words."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from curation.synthesis.values import LEAST_TELLING_CHARS, Scalar
from schemas.trajectory import Message

_BREAK: Final = "\0"


class Tellers:
    """The texts, the reasoning and the arguments of calls of one conversation."""

    def __init__(self, messages: Sequence[Message]) -> None:
        """Join what the messages say; they are numbered from 0."""
        said = [_BREAK.join((*_texts(message), "")) for message in messages]
        self._messages = messages
        self._starts = list(accumulate(map(len, said), initial=0))
        self._text = "".join(said)

    def before(self, seq: int, value: Scalar) -> Iterator[Message]:
        """Give the messages before one that tell a value as a whole word, in order; too short a value is told by none."""
        spelled, place, end = str(value), 0, self._starts[seq]
        if len(spelled) < LEAST_TELLING_CHARS:
            return
        while (place := self._text.find(spelled, place, end)) >= 0:
            if self._is_whole(place, place + len(spelled)):
                teller = bisect_right(self._starts, place) - 1
                yield self._messages[teller]
                place = self._starts[teller + 1]
            else:
                place += 1

    def _is_whole(self, start: int, end: int) -> bool:
        around = self._text[start - 1 : start] + self._text[end : end + 1]
        return not any(sign.isalnum() or sign == "_" for sign in around)


def _texts(message: Message) -> list[str]:
    said = (message.text, message.reasoning, *(call.arguments for call in message.tool_calls))
    return [text for text in said if text]
