"""The message graph of a verifiers trace: each message once, and conversations as paths from a root to a leaf.

Every node tells whether a model call produced its message; its role does not. What a node holds beside the message
(token ids, masks, logprobs, timestamps) is kept in the message's `extra.node`, with the node's index, by which `calls` and
`semantic_parents` refer to it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.evals.verifiers_messages import unpack_calls
from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import COUNT, FLAG, Fields, json_text
from schemas.trajectory import Message, Origin, Role


class Node(NamedTuple):
    """One message of the graph."""

    parent: int | None
    is_sampled: bool
    message: bytes
    """The message's exact JSON."""
    place: str
    rest: str
    """What else the node holds, as a JSON object."""


def read_nodes(objects: Sequence[Fields]) -> list[Node]:
    """Read the nodes of a graph.

    Raises:
        RecordFault: a node has no message, or its parent does not stand before it.
    """
    return [_node(fields, index) for index, fields in enumerate(objects)]


def conversations(nodes: Sequence[Node]) -> list[tuple[Message, ...]]:
    """Give the conversation of each leaf, in the order of the leaves.

    Raises:
        RecordFault: a message is not a chat message.
    """
    parents = {node.parent for node in nodes}
    sampled = frozenset(node.message for node in nodes if node.is_sampled)
    return [_conversation(_path(nodes, leaf), sampled) for leaf in range(len(nodes)) if leaf not in parents]


def _node(fields: Fields, index: int) -> Node:
    parent, is_sampled = fields.take("parent", COUNT), fields.take("sampled", FLAG)
    if parent is not None and parent >= index:
        raise fields.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Parent {parent} is not before the node. Allowed: null, 0 to {index - 1}.",
        )
    message = fields.take_raw("message")
    if message is None:
        raise fields.fault(RejectReason.MISSING_FIELD, "The node has no 'message'.")
    fields.put("index", json_text(index))
    return Node(parent, bool(is_sampled), message, f"$.nodes[{index}].message", fields.rest() or "{}")


def _path(nodes: Sequence[Node], leaf: int) -> list[Node]:
    path: list[Node] = []
    index: int | None = leaf
    while index is not None:
        path.append(nodes[index])
        index = nodes[index].parent
    return path[::-1]


def _conversation(path: Sequence[Node], sampled: frozenset[bytes]) -> tuple[Message, ...]:
    read: list[Fields] = []
    for node in path:
        fields = unpack_calls(Fields(node.message, node.place))
        fields.put("node", node.rest)
        read.append(fields)
    begun = next((seq for seq, node in enumerate(path) if node.is_sampled), len(path))
    return tuple(
        replace(message, origin=_origin(message, node, sampled, is_prompt=message.seq < begun))
        for message, node in zip(chat_messages(read), path, strict=True)
    )


def _origin(message: Message, node: Node, sampled: frozenset[bytes], *, is_prompt: bool) -> Origin:
    """Tell who made a message; an answer that a later prompt repeats is trained where it was sampled."""
    if message.role is Role.ASSISTANT:
        if node.is_sampled:
            return Origin.SAMPLED
        return Origin.COPIED if node.message in sampled else Origin.SCRIPTED
    return message.origin if is_prompt else Origin.INJECTED
