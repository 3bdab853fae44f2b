"""Say one thing and do another."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy, replaced
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import is_own
from curation.synthesis.values import Scalar, entities, exchanged, mentions, place_of, with_text
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Trajectory

Place = tuple[Message, tuple[str, str], Scalar]
"""A message, the tool and argument whose value its words name, and that value."""


@dataclass(frozen=True, kw_only=True)
class InconsistentReasoning(Corruption):
    """Lets the words before a call name another value than the call does.

    Inconsistent reasoning, FM-2.6 of AEGIS (arXiv 2509.14295): the call stays right, the words that lead to it do not.
    The reasoning is changed where it names the value, else the text.
    """

    name: ClassVar[str] = "inconsistent_reasoning"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.RESPONSE_CORRUPTION
    published_as: ClassVar[str | None] = "aegis:FM-2.6"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Exchange a value in words."""
        key = self.key(trajectory)
        places = list(_places(trajectory))
        for message, argument, value in ordered_by_hash(
            places, key, name=lambda place: f"{place[0].seq} {place[1:]!r}"
        ):
            for other in stock.values[argument].walk(key) if argument in stock.values else ():
                changed = None if other == value else _exchanged(message, value, other)
                if changed is not None:
                    return Edit(
                        messages=replaced(trajectory.messages, synthetic(changed)),
                        detail={"argument": ".".join(argument), "from": value, "to": other},
                    )
        return CorruptionReason.NO_OTHER_VALUE if places else CorruptionReason.NO_FITTING_WORDS


def _places(trajectory: Trajectory) -> Iterator[Place]:
    for message in filter(is_own, trajectory.messages):
        for call in message.tool_calls:
            for path, value in entities(call.arguments):
                if mentions(message.reasoning, value) or mentions(message.text, value):
                    yield message, (call.name, place_of(path)), value


def _exchanged(message: Message, value: Scalar, other: Scalar) -> Message | None:
    if mentions(message.reasoning, value):
        return msgspec.structs.replace(message, reasoning=exchanged(message.reasoning, value, other))
    return with_text(message, exchanged(message.text, value, other))
