"""Atropos' scored groups: one JSONL row is the rollouts of one prompt, with token ids, masks and scores.

Read in the published groups of one environment (NousResearch/atropos dd1b1fe), whose `messages` are texts rendered by
Llama 3's template. Message lists, per-rollout `overrides` and other parallel lists follow `ScoredDataGroup` in the code.

All rollouts of a row share one task; nothing counts them beyond their place. A group without messages holds token ids
only, which nobody can read without the tokenizer: it is refused. Of a rendered text `extra` names the template, and an
answer without its end mark is `is_cut_off`. Masks tell which turns were sampled: as many of the
last assistant turns as the mask has stretches of tokens; earlier ones are context (`COPIED`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec
from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import chat_messages, policy_text, prompt_key
from schemas.rollouts.parts.fields import ELEMENTS, REAL, TEXT, Fields, json_text
from schemas.rollouts.trainers.chat_markup import read_markup
from schemas.trajectory import Message, Origin, Role, Task, Trajectory

GROUP_FIELDS = frozenset({"tokens", "masks", "scores"})
MASK = msgspec.json.Decoder(list[int])
UNTRAINED = -100
"""The mask's value for a token that is context."""


@dataclass(frozen=True, kw_only=True)
class Atropos(RolloutFormat):
    """One group of rollouts of one prompt."""

    name: str = "atropos"
    version: str = "1"
    reads: str = (
        "a `ScoredDataGroup` row with messages, as lists or as text of the Llama 3 or ChatML template"
    )
    carries: str = (
        "messages, scores, exact token ids and masks, and whatever else the group says of each rollout"
    )
    lacks: str = "the environment's and the policy's name, tool schemas, trial numbers, how rollouts ended"
    example: str = "winnow ingest 'rollouts/groups_*.jsonl' --source cybersec"

    def recognises(self, record: object) -> bool:
        """Tell a group by its parallel lists."""
        return (
            isinstance(record, dict)
            and record.keys() >= GROUP_FIELDS
            and all(isinstance(record[name], list) for name in GROUP_FIELDS)
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one group.

        Raises:
            RecordFault: it has no messages, or its lists are not parallel.
        """
        scores = Fields(record.raw, "$").require("scores", ELEMENTS)
        group = msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw])
        shares = _shares(group, len(scores))
        told = [_messages(share, f"$[{index}]") for index, share in enumerate(shares)]
        if not told:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "The group has no rollouts.")
        task = Task(
            benchmark=source.name,
            task_key=prompt_key(told[0], record.record_id),
            policy=policy_text(told[0]),
        )
        return tuple(
            Trajectory(
                record_id=record.record_id,
                record_part=part,
                source_name=source.name,
                source_format=self.name,
                task=task,
                messages=messages,
                outcome_reward=share.take("scores", REAL),
                extra=share.rest(),
            )
            for part, (share, messages) in enumerate(zip(shares, told, strict=True))
        )


ATROPOS = Atropos()


def _shares(group: Mapping[str, msgspec.Raw], count: int) -> list[Fields]:
    """Give each rollout its elements of the parallel lists; what is said of the whole group is said of each.

    Raises:
        RecordFault: one of the lists that every group has is of another length.
    """
    shares: list[dict[str, msgspec.Raw]] = [{} for _ in range(count)]
    for name, raw in group.items():
        elements = _elements(raw)
        if elements is None or (len(elements) != count and name not in GROUP_FIELDS):
            elements = [raw] * count
        elif len(elements) != count:
            raise RecordFault(
                RejectReason.UNEXPECTED_SHAPE, f"$.{name} has {len(elements)} elements; `scores` has {count}."
            )
        for share, element in zip(shares, elements, strict=True):
            share[name] = element
    return [Fields(msgspec.json.encode(share), f"$[{index}]") for index, share in enumerate(shares)]


def _elements(raw: msgspec.Raw) -> list[msgspec.Raw] | None:
    try:
        return ELEMENTS.decode(raw)
    except msgspec.ValidationError:
        return None


def _messages(share: Fields, place: str) -> tuple[Message, ...]:
    raw = share.take_raw("messages")
    if raw is None:
        raise RecordFault(
            RejectReason.MISSING_FIELD, f"{place} has no messages; token ids alone cannot be read as words."
        )
    if raw.startswith(b'"'):
        template, messages = _rendered(TEXT.decode(raw), place)
        share.put("template", json_text(template))
    else:
        share.put("messages", raw.decode())
        messages = chat_messages(share.take_objects("messages"))
    if not messages:
        raise RecordFault(RejectReason.EMPTY_CONVERSATION, f"{place}.messages is empty.")
    mask = share.take_raw("masks")
    share.put("masks", None if mask is None else mask.decode())
    return messages if mask is None else _told_by(mask, messages)


def _rendered(text: str, place: str) -> tuple[str, tuple[Message, ...]]:
    found = read_markup(text)
    if found is None:
        raise RecordFault(
            RejectReason.UNEXPECTED_SHAPE,
            f"{place}.messages is a text of no known chat template. Known templates: chatml, llama3.",
        )
    template, turns = found
    objects: list[dict[str, object]] = [{"role": turn.role, "content": turn.text} for turn in turns]
    if not turns[-1].is_closed:
        objects[-1]["is_cut_off"] = True
    return template, chat_messages(Fields(msgspec.json.encode(each), place) for each in objects)


def _told_by(mask: bytes, messages: Sequence[Message]) -> tuple[Message, ...]:
    """Mark the assistant turns that are context; a mask of another shape tells nothing."""
    try:
        stretches = [
            is_trained for is_trained, _ in groupby(MASK.decode(mask), lambda value: value != UNTRAINED)
        ]
    except msgspec.ValidationError:
        return tuple(messages)
    spoken = [message.seq for message in messages if message.role is Role.ASSISTANT]
    context = set(spoken[: max(0, len(spoken) - sum(stretches))])
    return tuple(
        replace(message, origin=Origin.COPIED) if message.seq in context else message for message in messages
    )
