"""The trajectory that a repair makes: its messages renumbered, its identity its parent's and the rule's."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
import polars as pl

from curation.frames import Frames
from curation.steps import build_steps
from schemas.rows import rollout_tables
from schemas.trajectory import Message, Relation, ToolCall, Trajectory

PARTNER_MARK = " with "


def child_of(
    parent: Trajectory, messages: Sequence[Message], *, rule: str, partner: Trajectory | None = None
) -> Trajectory:
    """Make a repaired trajectory; what described the parent's tokens, costs and judgements is unknown of it.

    Args:
        parent: what was repaired.
        messages: of the child, numbered, see `renumbered`.
        rule: the repair's rule, with everything that its result depends on besides parent and partner.
        partner: another trajectory that it has messages of; its id becomes part of the child's identity.
    """
    if partner is not None:
        rule = f"{rule}{PARTNER_MARK}{partner.trajectory_id}"
    return msgspec.structs.replace(
        parent,
        messages=tuple(messages),
        parent_id=parent.trajectory_id,
        relation=Relation.REPAIR,
        repair_rule=rule,
        scores=(),
        cost_usd=None,
        prompt_tokens=None,
        completion_tokens=None,
        extra=None,
    )


def partner_of(child: Trajectory) -> str | None:
    """Give the id of the trajectory, besides the parent, that a child has messages of; null when there is none."""
    _, mark, partner = (child.repair_rule or "").rpartition(PARTNER_MARK)
    return partner if mark and " " not in partner and "{" not in partner else None


def renumbered(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Number messages from 0 without gaps, with their links; behind the first change, contexts have unknown lengths.

    Args:
        messages: of one numbering, in their new order, some of them left out; a link to one that is left out becomes
            null.
    """
    seqs = {message.seq: seq for seq, message in enumerate(messages)}
    first = next((seq for seq, message in enumerate(messages) if message.seq != seq), len(messages))
    return tuple(
        msgspec.structs.replace(
            _linked(message, seqs), prompt_tokens=message.prompt_tokens if seq < first else None
        )
        for seq, message in enumerate(messages)
    )


def moved(messages: Sequence[Message], by: int, *, taken: Collection[str] = ()) -> tuple[Message, ...]:
    """Move messages to other numbers, so that they can stand among those of another trajectory.

    Args:
        messages: consecutive ones.
        by: what is added to every number and link; a link to a message that is not among them becomes null.
        taken: call ids of the other trajectory: equal ones get another name.
    """
    seqs = {message.seq: message.seq + by for message in messages}
    own = {call.call_id for message in messages for call in message.tool_calls if call.call_id}
    ids = {name: _free_id(name, {*taken, *own}) for name in own & set(taken)}
    return tuple(_linked(message, seqs, ids) for message in messages)


def frames_of(trajectories: Sequence[Trajectory]) -> Frames:
    """Spread records over the frames that rules are computed on."""
    tables = {
        name: pl.DataFrame(table) for name, table in rollout_tables(trajectories, bucket_count=1).items()
    }
    del tables["toolsets"]
    return Frames(**tables, steps=build_steps(tables["messages"]))


def _linked(message: Message, seqs: Mapping[int, int], ids: Mapping[str, str] | None = None) -> Message:
    """Give a message its new number, and its links those of what they name."""
    names = ids or {}

    def calls(held: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
        return tuple(
            msgspec.structs.replace(
                call,
                result_seq=_renamed(call.result_seq, seqs),
                call_id=call.call_id and names.get(call.call_id, call.call_id),
            )
            for call in held
        )

    return msgspec.structs.replace(
        message,
        seq=seqs[message.seq],
        call_seq=_renamed(message.call_seq, seqs),
        tool_calls=calls(message.tool_calls),
        text_calls=calls(message.text_calls),
        tool_call_id=message.tool_call_id and names.get(message.tool_call_id, message.tool_call_id),
    )


def _renamed(seq: int | None, seqs: Mapping[int, int]) -> int | None:
    return None if seq is None else seqs.get(seq)


def _free_id(call_id: str, taken: Collection[str]) -> str:
    """Find a name near an id that nothing has."""
    return next(name for number in range(2, len(taken) + 3) if (name := f"{call_id}-{number}") not in taken)
