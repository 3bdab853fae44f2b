"""Items of an ADP trajectory: actions become assistant messages, observations what was said to the policy.

Results are paired by place: the first observation behind an action with a call answers it, whoever the source says
spoke (half of the data sets call the environment `user`). An action's `description` is the thought before it: the text
of a call's message, and the reasoning of a message that has words of its own.

The protocol's converters close a trajectory that does not end with a message by a pair of their own making: a user's
praise, and a `<finish>`. The praise is one of five sentences (`agents/openhands_sdk` lists them); the pair is `SCRIPTED`.
"""

from collections.abc import Iterator, Sequence

from schemas.reasons import RejectReason
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role, ToolCall

MADE_UP_PRAISE = frozenset(
    {
        "Congratulations! You have successfully solved the task.",
        "Your solution has been verified as correct. ",
        "Well done on successfully completing the task!",
        "Your implementation satisfies the task requirements.",
        "Task completed successfully.",
    }
)
MESSAGE, PAGE, PICTURE = "message_action", "web_observation", "image_observation"
ACTIONS = frozenset({"api_action", "code_action", MESSAGE})
OBSERVATIONS = frozenset({"text_observation", PAGE, PICTURE})
SOURCES = frozenset({"user", "agent", "environment"})
TOLD_SOURCES = {Role.USER: "user", Role.ASSISTANT: "agent"}
"""Sources that the role tells; of the other roles it is the environment."""


def read_items(items: Sequence[Fields]) -> tuple[Message, ...]:
    """Read the items of a trajectory, with results linked to the calls before them.

    Raises:
        RecordFault: an item is not of a known class, or lacks what its class promises.
    """
    return link_results(list(_messages(items)))


def _messages(items: Sequence[Fields]) -> Iterator[Message]:
    last: Message | None = None
    for seq, item in enumerate(items):
        kind = item.require("class_", TEXT)
        if kind in ACTIONS:
            is_made_up = kind == MESSAGE and seq == len(items) - 1 and _is_praise(last)
            last = _action(item, kind, seq, Origin.SCRIPTED if is_made_up else Origin.SAMPLED)
        elif kind in OBSERVATIONS:
            last = _observation(item, kind, seq, last, is_next_to_last=seq == len(items) - 2)
        else:
            known = ", ".join(sorted(ACTIONS | OBSERVATIONS))
            raise item.fault(
                RejectReason.UNEXPECTED_SHAPE, f"Unknown class {kind!r}. Known classes: {known}."
            )
        yield last


def _action(item: Fields, kind: str, seq: int, origin: Origin) -> Message:
    thought = item.take("description", TEXT)
    call: ToolCall | None = None
    if kind == "api_action":
        name, arguments = item.require("function", TEXT), item.take_raw("kwargs") or b"{}"
        call = ToolCall(name=name, arguments=arguments.decode())
    elif kind == "code_action":
        language, code = item.require("language", TEXT), item.require("content", TEXT)
        call = ToolCall(name=language, arguments=code, extra=json_text({"class_": kind}))
    return Message(
        seq=seq,
        role=Role.ASSISTANT,
        origin=origin,
        text=thought if call else item.require("content", TEXT),
        reasoning=None if call else thought,
        tool_calls=(call,) if call else (),
        extra=item.rest(),
    )


def _observation(
    item: Fields, kind: str, seq: int, last: Message | None, *, is_next_to_last: bool
) -> Message:
    spoken_by = "environment" if kind == PAGE else item.require("source", TEXT)
    if spoken_by not in SOURCES:
        raise item.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Unknown source {spoken_by!r}. Known sources: {', '.join(sorted(SOURCES))}.",
        )
    name = item.take("name", TEXT)
    text, content_json = _content(item, kind)
    is_praise = is_next_to_last and spoken_by == "user" and text in MADE_UP_PRAISE
    role, origin = (
        (Role.USER, Origin.SCRIPTED)
        if is_praise
        else _speaker(spoken_by, name, is_result=_is_result(last, spoken_by))
    )
    if kind != PAGE and spoken_by != TOLD_SOURCES.get(role, "environment"):
        item.put("source", json_text(spoken_by))
    return Message(
        seq=seq,
        role=role,
        origin=origin,
        text=text,
        content_json=content_json,
        name=name,
        extra=item.rest(),
    )


def _content(item: Fields, kind: str) -> tuple[str | None, str | None]:
    """Read the text of an observation; a page is read by its accessibility tree, else by its HTML."""
    if kind == PAGE:
        tree = item.take("axtree", TEXT)
        return (item.take("html", TEXT) if tree is None else tree), None
    content = item.require("content", TEXT)
    return (None, json_text([{"class_": kind, "content": content}])) if kind == PICTURE else (content, None)


def _is_result(last: Message | None, spoken_by: str) -> bool:
    """Tell whether an observation answers the action before it, or adds to such an answer."""
    if last is None or spoken_by == "agent":
        return False
    return bool(last.tool_calls) or (last.role is Role.TOOL and spoken_by == "environment")


def _speaker(spoken_by: str, name: str | None, *, is_result: bool) -> tuple[Role, Origin]:
    """Tell who speaks; words that the protocol ascribes to the agent as something observed were put into its mouth."""
    if is_result:
        return Role.TOOL, Origin.INJECTED
    if spoken_by == "agent":
        return Role.ASSISTANT, Origin.SCRIPTED
    if spoken_by == "user":
        return Role.USER, Origin.SCRIPTED
    return (Role.SYSTEM, Origin.SCRIPTED) if name == "system" else (Role.USER, Origin.INJECTED)


def _is_praise(last: Message | None) -> bool:
    return last is not None and last.role is Role.USER and last.text in MADE_UP_PRAISE
