"""Act on what nobody told."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy, replaced
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.tellers import Tellers
from curation.synthesis.turns import is_own
from curation.synthesis.values import Scalar, entities, mentions, parse, respell, with_text, without_leaf
from schemas.reasons import CorruptionReason
from schemas.trajectory import Role, Trajectory


@dataclass(frozen=True, kw_only=True)
class HiddenInformation(Corruption):
    """Takes a value that a later call names out of the one message that tells it.

    Hide important information, FM-2.4 of AEGIS (arXiv 2509.14295), where the environment hides it: the entries of a JSON
    result, or the lines of a text, that tell the value are left out. The call then names what nobody told.
    """

    name: ClassVar[str] = "hidden_information"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.PROMPT_INJECTION
    published_as: ClassVar[str | None] = "aegis:FM-2.4"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:  # noqa: ARG002  # needs no stock
        """Take a value out."""
        told = sorted(set(_told_once(trajectory)), key=repr)
        for seq, value in ordered_by_hash(told, self.key(trajectory), name=repr):
            message = trajectory.messages[seq]
            text = _without(message.text or "", value)
            changed = None if text is None else with_text(message, text)
            if changed is not None:
                return Edit(
                    messages=replaced(trajectory.messages, synthetic(changed)),
                    detail={"hidden": value},
                )
        return CorruptionReason.NO_FITTING_WORDS


def _told_once(trajectory: Trajectory) -> Iterator[tuple[int, Scalar]]:
    """Give each value of a call with the one earlier message that tells it, where that is what the agent reads."""
    tellers = Tellers(trajectory.messages)
    for message in filter(is_own, trajectory.messages):
        for call in message.tool_calls + message.text_calls:
            for _, value in entities(call.arguments):
                told = list(islice(tellers.before(message.seq, value), 2))
                if len(told) == 1 and told[0].role in (Role.TOOL, Role.USER):
                    yield told[0].seq, value


def _without(text: str, value: Scalar) -> str | None:
    """Leave out what tells the value; null where then nothing is left, or the value still is."""
    whole = parse(text)
    if whole is not None:
        rest = without_leaf(whole, value)
        left = respell(text, whole, rest) if rest else None
    else:
        left = "\n".join(line for line in text.split("\n") if not mentions(line, value))
    return left if left and left.strip() and not mentions(left, value) else None
