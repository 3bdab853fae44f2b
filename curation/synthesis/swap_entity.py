"""Act on the wrong thing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy, replaced
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import is_own
from curation.synthesis.values import Path, Scalar, entities, parse, place_of, respell, with_leaf
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, ToolCall, Trajectory


@dataclass(frozen=True, kw_only=True)
class _Place:
    """One value of one call."""

    message: Message
    call_index: int
    path: Path
    value: Scalar

    @property
    def call(self) -> ToolCall:
        return self.message.tool_calls[self.call_index]

    @property
    def argument(self) -> tuple[str, str]:
        return self.call.name, place_of(self.path)

    @property
    def name(self) -> str:
        return f"{self.message.seq} {self.call_index} {self.path!r}"


@dataclass(frozen=True, kw_only=True)
class SwapEntity(Corruption):
    """Exchanges one value of one call for another that the same argument of the same tool has elsewhere.

    A wrong object, after Guardian (arXiv 2512.01946). The value is one that the trajectory gives that argument nowhere;
    result and later behaviour stay the parent's. Calls that the scaffold took from words are left alone.
    """

    name: ClassVar[str] = "swap_entity"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.RESPONSE_CORRUPTION
    published_as: ClassVar[str | None] = "guardian:swap_entity"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Exchange a value."""
        places, key = list(_places(trajectory)), self.key(trajectory)
        used: dict[tuple[str, str], set[Scalar]] = {}
        for place in places:
            used.setdefault(place.argument, set()).add(place.value)
        for place in ordered_by_hash(places, key, name=lambda place: place.name):
            for value in stock.values[place.argument].walk(key) if place.argument in stock.values else ():
                if value in used[place.argument] or type(value) is not type(place.value):
                    continue
                if (changed := _exchanged(place, value)) is not None:
                    return Edit(
                        messages=replaced(trajectory.messages, changed),
                        detail={
                            "tool": place.call.name,
                            "argument": place_of(place.path),
                            "from": place.value,
                            "to": value,
                        },
                    )
        return CorruptionReason.NO_OTHER_VALUE if places else CorruptionReason.NO_FITTING_STEP


def _places(trajectory: Trajectory) -> Iterator[_Place]:
    for message in filter(is_own, trajectory.messages):
        for index, call in enumerate(message.tool_calls):
            for path, value in entities(call.arguments):
                yield _Place(message=message, call_index=index, path=path, value=value)


def _exchanged(place: _Place, value: Scalar) -> Message | None:
    arguments = parse(place.call.arguments)
    spelled = respell(place.call.arguments, arguments, with_leaf(arguments, place.path, value))
    if spelled is None:
        return None
    calls = list(place.message.tool_calls)
    calls[place.call_index] = msgspec.structs.replace(place.call, arguments=spelled, extra=None)
    return synthetic(msgspec.structs.replace(place.message, tool_calls=tuple(calls)))
