"""The conversations of a mapped record: from a list of messages, from prompt and responses, or from steps."""

from collections.abc import Iterable, Iterator

import msgspec

from schemas.reasons import RejectReason
from schemas.rollouts.mapping.json_paths import JsonPath, Node
from schemas.rollouts.mapping.spec import Calls, MappingSpec, Messages, RoleLookup, Steps
from schemas.rollouts.parts.chat import ORIGINS, chat_messages, read_content
from schemas.rollouts.parts.fields import REAL, TEXT, Fields
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role, ToolCall

ROLES = {role.value: role for role in Role}


def mapped_conversations(root: Node, spec: MappingSpec) -> list[tuple[Message, ...]]:
    """Read the conversations that a record holds: one, or one per response.

    Raises:
        RecordFault: a path leads to a value of a wrong kind.
    """
    start = list(_spoken(_find(root, spec.system), Role.SYSTEM))
    if spec.messages is not None:
        turns = [_message(element, spec.messages) for element in _elements(root, spec.messages.path)]
        return [_in_order([*start, *turns])]
    if spec.steps is not None:
        steps = [_turn(element, spec.steps) for element in _elements(root, spec.steps.path)]
        return [_in_order([*start, *(message for turn in steps for message in turn)])]
    start += _prompt(_find(root, spec.prompt))
    responses = [] if spec.response is None else root.all_at(spec.response)
    return [_in_order([*start, *_spoken(response, Role.ASSISTANT)]) for response in responses]


def word(node: Node) -> str:
    """Read a string; of any other value its exact JSON."""
    return node.read(TEXT) if node.raw.startswith(b'"') else node.raw.decode()


def taken_word(node: Node | None) -> str | None:
    """Take a string, or the exact JSON of any other value."""
    if node is None:
        return None
    node.take()
    return word(node)


def _find(node: Node, path: JsonPath | None) -> Node | None:
    return None if path is None else node.at(path)


def _elements(root: Node, path: JsonPath) -> list[Node]:
    if path.is_many:
        return root.all_at(path)
    holder = root.at(path)
    if holder is None:
        return []
    if holder.elements is None:
        raise holder.fault("The mapping wants a list here.")
    return holder.elements


def _in_order(messages: Iterable[Message]) -> tuple[Message, ...]:
    return link_results([msgspec.structs.replace(message, seq=seq) for seq, message in enumerate(messages)])


def _prompt(node: Node | None) -> Iterator[Message]:
    """Read a prompt; what an assistant says in it was not sampled in this rollout."""
    for message in _spoken(node, Role.USER):
        is_context = message.origin is Origin.SAMPLED
        yield msgspec.structs.replace(message, origin=Origin.COPIED) if is_context else message


def _spoken(node: Node | None, role: Role) -> Iterator[Message]:
    """Read what one role says: a text, or a list of chat messages, which name their roles themselves."""
    if node is None or node.is_null:
        return
    if node.elements and all(element.raw.startswith(b"{") for element in node.elements):
        node.take()
        yield from chat_messages(Fields(element.raw, element.place) for element in node.elements)
        return
    text, content_json = _content(node)
    yield Message(seq=0, role=role, origin=ORIGINS[role], text=text, content_json=content_json)


def _content(node: Node | None) -> tuple[str | None, str | None]:
    """Take content: a string, parts, or a bare number or flag, whose text is its spelling."""
    if node is None:
        return None, None
    raw = node.take()
    if raw.startswith((b'"', b"[", b"{")):
        return read_content(Fields(b'{"content":%s}' % raw, node.place), "content")
    return raw.decode(), raw.decode()


def _message(element: Node, spec: Messages) -> Message:
    role = _role(element, spec.role)
    text, content_json = _content(element.at(spec.content))
    message = Message(
        seq=0,
        role=role,
        origin=ORIGINS[role],
        text=text,
        content_json=content_json,
        reasoning=taken_word(_find(element, spec.reasoning)),
        tool_calls=_tool_calls(element, spec.tool_calls) if role is Role.ASSISTANT else (),
        tool_call_id=taken_word(_find(element, spec.tool_call_id)) if role is Role.TOOL else None,
        name=taken_word(_find(element, spec.name)),
        reward=_reward(_find(element, spec.reward)),
        extra=element.rest(),
    )
    element.take()
    return message


def _role(element: Node, spec: RoleLookup) -> Role:
    """Read who speaks; a word that is not the role's own stays, and so ends in `extra`."""
    node = element.at(spec.path)
    if node is None:
        raise element.fault(f"No role at {spec.path.text!r}.", RejectReason.MISSING_FIELD)
    known = ROLES | spec.values
    role = known.get(word(node))
    if role is None:
        raise node.fault(f"Unknown role {word(node)!r}. Known to the mapping: {', '.join(sorted(known))}.")
    if word(node) == role.value:
        node.take()
    return role


def _tool_calls(element: Node, spec: Calls | None) -> tuple[ToolCall, ...]:
    holder = None if spec is None else element.at(spec.path)
    if spec is None or holder is None:
        return ()
    nodes = element.all_at(spec.path) if spec.path.is_many else holder.elements
    return tuple(_tool_call(call, spec) for call in ([holder] if nodes is None else nodes))


def _tool_call(call: Node, spec: Calls) -> ToolCall:
    name = call.at(spec.name)
    if name is None:
        raise call.fault(f"A call has no name at {spec.name.text!r}.", RejectReason.MISSING_FIELD)
    tool_call = ToolCall(
        name=taken_word(name) or "",
        arguments=taken_word(call.at(spec.arguments)) or "",
        call_id=taken_word(call.at(spec.id)),
        extra=call.rest(),
    )
    call.take()
    return tool_call


def _reward(node: Node | None) -> float | None:
    if node is None:
        return None
    reward = node.read(REAL)
    node.take()
    return reward


def _turn(element: Node, spec: Steps) -> list[Message]:
    """Read one step: what was seen, what was done; what is left of the step goes with the last of them."""
    seen, done = _find(element, spec.observation), element.at(spec.action)
    messages = []
    if seen is not None:
        text, content_json = _content(seen)
        messages.append(
            Message(seq=0, role=Role.USER, origin=Origin.INJECTED, text=text, content_json=content_json)
        )
    if done is not None:
        messages.append(_action(element, done, spec))
    if spec.first == "action":
        messages.reverse()
    if messages:
        messages[-1] = msgspec.structs.replace(messages[-1], extra=element.rest())
        element.take()
    return messages


def _action(element: Node, done: Node, spec: Steps) -> Message:
    """Read what was done; an action that is an object was said as its JSON."""
    text, content_json = _content(done)
    return Message(
        seq=0,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        text=content_json if text is None else text,
        content_json=content_json,
        reasoning=taken_word(_find(element, spec.reasoning)),
        reward=_reward(_find(element, spec.reward)),
    )
