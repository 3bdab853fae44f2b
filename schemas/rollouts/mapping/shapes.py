"""Find the conversation in a sample of records, and write how a mapping reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.rollouts.mapping import words
from schemas.rollouts.mapping.survey import Found, Survey, survey
from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import Fields
from schemas.trajectory import Role

MAX_ROLES = 20
Lines = Mapping[str, object]
"""Keys of the YAML, to a path, a word, or lines below."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a sample's records hold their conversation."""

    lines: Lines
    paths: tuple[str, ...]
    """The paths that it reads."""
    record_count: int
    """Records that have it."""
    notes: tuple[str, ...] = ()
    """What was not understood."""
    responses: Found | None = None
    """The list of responses, when each is a rollout of its own."""


def find_shape(records: Survey) -> Shape | None:
    """Find a list of messages, else of steps, else a prompt with its response; None when there is none.

    A list of messages that is a prompt or a response itself is read as that.
    """
    lists = [found for found in records.found.values() if _is_list_of_objects(found)]
    answered = _responses(records)
    for read in (_messages, _steps):
        shapes = [shape for found in lists if (shape := read(found)) is not None]
        if shapes:
            best = min(shapes, key=lambda shape: (-shape.record_count, shape.paths))
            return answered if answered is not None and best.paths[0] in answered.paths else best
    return answered


def is_word(value: object) -> bool:
    """Tell a string or an integer."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    """Tell a string."""
    return isinstance(value, str)


def is_number(value: object) -> bool:
    """Tell a number that is no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def each(fits: Callable[[object], bool]) -> Callable[[Found], bool]:
    """Ask all values of a path."""
    return lambda found: all(map(fits, found.values))


def _is_list_of_objects(found: Found) -> bool:
    return bool(found.objects) and all(isinstance(value, list) for value in found.values)


def _messages(found: Found) -> Shape | None:
    inner = survey(found.objects)
    role = inner.best(
        words.ROLE, lambda role: len(role.by_index) == inner.object_count and _tells_roles(role)
    )
    if role is None:
        return None
    content = inner.best(words.CONTENT, each(lambda _: True), [role.path])
    if content is None:
        return None
    parts = _parts(
        inner,
        [role.path, content.path],
        reasoning=(words.REASONING, is_text),
        tool_call_id=(words.ANSWERED_ID, is_word),
        name=(words.NAME, is_text),
        reward=(words.STEP_REWARD, is_number),
    )
    said = sorted({str(value) for value in role.values})
    known = {
        word: words.ROLE_WORDS[words.plain(word)].value
        for word in said
        if words.plain(word) in words.ROLE_WORDS
    }
    unknown = [word for word in said if word not in known]
    calls = _calls(inner, [role.path, content.path, *map(str, parts.values())])
    spoken = {"path": role.path, "values": {word: means for word, means in known.items() if word != means}}
    return Shape(
        lines={"messages": {"path": found.path, "role": spoken, "content": content.path, **parts, **calls}},
        paths=(found.path,),
        record_count=len(found.by_index),
        notes=(f"roles to add to `values`: {', '.join(map(repr, unknown))}",) if unknown else (),
    )


def _tells_roles(role: Found) -> bool:
    said = {value for value in role.values if isinstance(value, str)}
    means = {words.ROLE_WORDS.get(words.plain(word)) for word in said}
    return (
        not means.isdisjoint({Role.USER, Role.ASSISTANT}) and len(said) <= MAX_ROLES and each(is_text)(role)
    )


def _parts(
    inner: Survey, taken: list[str], **wanted: tuple[tuple[str, ...], Callable[[object], bool]]
) -> dict[str, str]:
    """Find more parts of a message or step; each path is used once."""
    parts: dict[str, str] = {}
    for key, (names, fits) in wanted.items():
        found = inner.best(names, each(fits), [*taken, *parts.values()])
        if found is not None:
            parts[key] = found.path
    return parts


def _calls(inner: Survey, taken: list[str]) -> Lines:
    holder = inner.best(words.CALLS, lambda found: bool(found.objects), taken)
    if holder is None:
        return {}
    calls = survey(holder.objects)
    name = calls.best(
        words.CALL_NAME, lambda name: len(name.by_index) == calls.object_count and each(is_text)(name)
    )
    if name is None:
        return {}
    parts = _parts(
        calls, [name.path], arguments=(words.CALL_ARGUMENTS, lambda _: True), id=(words.CALL_ID, is_word)
    )
    return {"tool_calls": {"path": holder.path, "name": name.path, **parts}}


def _steps(found: Found) -> Shape | None:
    inner = survey(found.objects)
    action = inner.best(words.ACTION, lambda action: 2 * len(action.by_index) >= inner.object_count)
    if action is None:
        return None
    parts = _parts(
        inner,
        [action.path],
        observation=(words.OBSERVATION, lambda _: True),
        reward=(words.STEP_REWARD, is_number),
        reasoning=(words.REASONING, is_text),
    )
    if not parts.keys() & {"observation", "reward"}:
        return None
    return Shape(
        lines={"steps": {"path": found.path, "action": action.path, **parts}},
        paths=(found.path,),
        record_count=len(found.by_index),
        notes=("if the observation is what the action led to, say `first: action` in `steps`",),
    )


def _responses(records: Survey) -> Shape | None:
    prompt = records.best(words.PROMPT, each(_is_said))
    if prompt is None:
        return None
    response = records.best(
        words.RESPONSE, lambda found: each(_is_said)(found) or each(_are_said)(found), [prompt.path]
    )
    if response is None:
        return None
    is_many = not each(_is_said)(response)
    return Shape(
        lines={"prompt": prompt.path, "response": response.path + "[*]" * is_many},
        paths=(prompt.path, response.path),
        record_count=len(response.by_index),
        responses=response if is_many else None,
    )


def _is_said(value: object) -> bool:
    """Tell a text, or a list of chat messages."""
    return isinstance(value, str) or (isinstance(value, list) and bool(value) and _reads_as_chat(value))


def _are_said(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_said, value))


def _reads_as_chat(value: list[object]) -> bool:
    try:
        chat_messages(Fields(msgspec.json.encode(message), "$") for message in value)
    except RecordFault:
        return False
    return True
