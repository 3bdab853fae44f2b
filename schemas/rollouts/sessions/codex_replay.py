"""What the model saw, replayed from a Codex rollout file: compactions and rollbacks start another conversation."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.rollouts.chats.responses_items import item_messages, number_messages
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields
from schemas.rollouts.sessions.codex_lines import Line, read_event
from schemas.trajectory import Message, Origin, Relation, Role

ORIGINS = {Role.SYSTEM: Origin.INJECTED, Role.USER: Origin.SCRIPTED, Role.ASSISTANT: Origin.SAMPLED}
"""A developer's message is Codex's own (permissions, modes); the base instructions are no item."""
COPIED = dict.fromkeys(ORIGINS, Origin.COPIED)
INJECTED_STARTS = (
    "<environment_context>",
    "<user_instructions>",
    "<turn_aborted>",
    "<permissions instructions>",
    "<skill>",
    "<subagent_notification>",
    "# AGENTS.md instructions",
)
"""How texts begin that Codex puts in under the user's role."""


class Item(NamedTuple):
    """One item of the prompt or of an answer."""

    raw: bytes
    wrapping: str | None
    is_copied: bool = False
    """Taken over when the history was compacted."""


class Conversation(NamedTuple):
    """The items of one context."""

    items: tuple[Item, ...]
    relation: Relation
    summary: str | None = None
    """What stands for all that a compaction left out, when no items do."""


def replay(lines: Iterable[Line]) -> list[Conversation]:
    """Give the conversations of a file, in order; each but the first came from the one before it."""
    found: list[Conversation] = []
    items: list[Item] = []
    relation, summary = Relation.ATTEMPT, None
    for line in lines:
        event = read_event(line) if line.kind == "event_msg" else None
        if line.kind == "response_item":
            items.append(Item(line.payload, line.wrapping))
        elif line.kind == "compacted" or (event is not None and event.type == "thread_rolled_back"):
            found.append(Conversation(tuple(items), relation, summary))
            if line.kind == "compacted":
                relation, (summary, items) = Relation.CONTINUATION, _compacted(line)
            else:
                relation = Relation.BRANCH
                items = _rolled_back(items, read_event(line).num_turns or 0)
    found.append(Conversation(tuple(items), relation, summary))
    return [one for one in found if one.items or one.summary is not None]


def conversation_messages(instructions: str | None, conversation: Conversation) -> tuple[Message, ...]:
    """Make the linked messages of one context.

    Args:
        instructions: the system prompt, when the file holds it.
        conversation: its items.
    """
    opening = [] if instructions is None else [_said(Role.SYSTEM, Origin.SCRIPTED, instructions)]
    if conversation.summary is not None:
        opening.append(_said(Role.USER, Origin.INJECTED, conversation.summary))
    copied = [item for item in conversation.items if item.is_copied]
    own = [item for item in conversation.items if not item.is_copied]
    read = [*item_messages(_opened(copied), COPIED), *item_messages(_opened(own), ORIGINS)]
    return number_messages(opening, map(_marked, read))


def _compacted(line: Line) -> tuple[str | None, list[Item]]:
    """Read what a compaction leaves: a new history, or in old files a summary alone."""
    payload = Fields(line.payload, "$.payload")
    history = payload.take("replacement_history", ELEMENTS)
    if history is not None:
        return None, [Item(bytes(raw), None, is_copied=True) for raw in history]
    return payload.take_if("message", TEXT), []


def _rolled_back(items: Sequence[Item], turn_count: int) -> list[Item]:
    """Take the last turns off: each begins with what the user says."""
    starts = [index for index, item in enumerate(items) if _is_user_turn(item)]
    cut = starts[-turn_count:] if turn_count else []
    return list(items[: cut[0]] if cut else items)


def _is_user_turn(item: Item) -> bool:
    fields = Fields(item.raw, "$.payload")
    if fields.take_if("type", TEXT) != "message" or fields.take_if("role", TEXT) != "user":
        return False
    (message,) = item_messages(_opened([item]), ORIGINS)
    return _marked(message).origin is not Origin.INJECTED


def _opened(items: Iterable[Item]) -> list[Fields]:
    opened = []
    for item in items:
        fields = Fields(item.raw, "$.payload")
        fields.put("line", item.wrapping)
        opened.append(fields)
    return opened


def _marked(message: Message) -> Message:
    """Tell what Codex says under the user's role by how it begins."""
    is_scripted_user = message.role is Role.USER and message.origin is Origin.SCRIPTED
    is_injected = is_scripted_user and (message.text or "").lstrip().startswith(INJECTED_STARTS)
    return replace(message, origin=Origin.INJECTED) if is_injected else message


def _said(role: Role, origin: Origin, text: str) -> Message:
    return Message(seq=0, role=role, origin=origin, text=text)
