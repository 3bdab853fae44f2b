"""Read the events of OpenHands V0 (All-Hands-AI/OpenHands 156d068) as the conversation that they tell.

An action of the agent carries the whole model response that it came from, and so does its observation: the response
is read once, for the assistant's exact words, arguments, ids and token counts, and its repeats are dropped where they
are equal. The response's other fields stay on the message, an action's own fields on its call.

Text is the event's own `content`. What the scaffold's templates made of it for the model (exit codes, working
directories, the frame around recalled knowledge) is not in the log; the parts are kept in `extra`.

Read in real files: function calling, recalls, errors without a cause, state changes. From the sources only: several
calls per response, condensation, delegation (its events are read as one stream), and rows from before function
calling, where an action tells what the model wrote: its thought is the text, its parsed arguments are the call's.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.openhands.litellm_response import read_response, with_extra
from schemas.rollouts.openhands.log import EventLog, call_names, drop_repeats, drop_tools, result_message
from schemas.rollouts.openhands.views import Event
from schemas.rollouts.parts.fields import ELEMENTS, INTEGER, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek
from schemas.trajectory import Message, Origin, Role, ToolCall

UNSEEN = frozenset(
    {
        "null", "change_agent_state", "agent_state_changed", "recall", "condensation_request", "pause", "resume",
        "start", "stop",
    }
)  # fmt: skip
"""Actions and observations that no prompt is made of; a recall's observation is told when it found something."""
MOST_FORGOTTEN = 1_000_000
"""A longer range is no log's, and would fill the memory."""
IDS = msgspec.json.Decoder(list[int])
KNOWLEDGE = ("repo_instructions", "additional_agent_instructions", "conversation_instructions")
USER_TEXT = ("content", "command", "thought")


def read_events(history: Iterable[bytes], place: str) -> list[Event]:
    """Open the events of a history; the oldest rows hold them as pairs of an action and its observation.

    Raises:
        RecordFault: one is not an event.
    """
    events: list[Event] = []
    for index, raw in enumerate(history):
        here = f"{place}[{index}]"
        if raw.startswith(b"["):
            events += (
                _event(bytes(part), f"{here}[{position}]", here)
                for position, part in enumerate(ELEMENTS.decode(raw))
            )
        else:
            events.append(_event(raw, here, None))
    return events


def converse(events: Sequence[Event]) -> list[Message]:
    """Make the linked messages of events.

    Raises:
        RecordFault: an event is not what its kind promises.
    """
    log = EventLog()
    for event in events:
        READERS[event.kind](log, Fields(event.raw, event.place), event)
    return log.messages


def _event(raw: bytes, place: str, partner: str | None) -> Event:
    fields = Fields(raw, place)
    number, source = fields.take("id", INTEGER), fields.take("source", TEXT)
    action, observation = fields.take("action", TEXT), fields.take("observation", TEXT)
    name = None if number is None else str(number)
    if action == "condensation":
        args = fields.take_object("args")
        offset = None if args.take("summary", TEXT) is None else args.take("summary_offset", INTEGER)
        return Event(raw, place, "condensation", name, False, _forgotten(args), offset, partner)
    if observation == "recall":
        return Event(
            raw, place, "recall", name, bool(_knowledge(fields.take_object("extras"))), partner=partner
        )
    if action in UNSEEN or observation in UNSEEN or (action is None and observation is None):
        return Event(raw, place, "unseen", name, False, partner=partner)
    if observation is not None:
        kind = "observation"
    elif action == "system":
        kind = "system"
    elif source == "agent":
        kind = "message" if action == "message" else "action"
    else:
        kind = "user"
    return Event(raw, place, kind, name, True, partner=partner)


def _forgotten(args: Fields) -> frozenset[str]:
    """Read which events a condensation forgets: a list, or the first and the last of a range."""
    listed = args.take("forgotten_event_ids", IDS)
    if listed is None:
        first = args.require("forgotten_events_start_id", INTEGER)
        last = args.require("forgotten_events_end_id", INTEGER)
        if last - first >= MOST_FORGOTTEN:
            raise args.fault(
                RejectReason.UNEXPECTED_SHAPE,
                f"Forgets events {first} to {last}. Up to {MOST_FORGOTTEN} events are read.",
            )
        listed = list(range(first, last + 1))
    return frozenset(map(str, listed))


def _knowledge(extras: Fields) -> str | None:
    """Join the texts that a recall put before the model; null when it found none."""
    texts = [extras.take_if(name, TEXT) for name in KNOWLEDGE]
    texts += [found.take_if("content", TEXT) for found in extras.take_objects("microagent_knowledge")]
    return "\n\n".join(text for text in texts if text) or None


def _say_system(log: EventLog, fields: Fields, event: Event) -> None:  # noqa: ARG001 - readers are called alike
    args = fields.take_object("args")
    drop_tools(args, log)
    log.say(_message(fields, args, Role.SYSTEM, Origin.SCRIPTED))


def _say_user(log: EventLog, fields: Fields, event: Event) -> None:  # noqa: ARG001
    is_environment = peek(fields, "source", TEXT) == "environment"
    origin = Origin.INJECTED if is_environment else Origin.SCRIPTED
    log.say(_message(fields, fields.take_object("args"), Role.USER, origin))


def _say_agent(log: EventLog, fields: Fields, event: Event) -> None:  # noqa: ARG001
    log.say(_message(fields, fields.take_object("args"), Role.ASSISTANT, Origin.SAMPLED))


def _message(fields: Fields, args: Fields, role: Role, origin: Origin) -> Message:
    text = next((text for name in USER_TEXT if (text := args.take_if(name, TEXT)) is not None), None)
    fields.put("args", args.rest())
    shown = fields.take_if("message", TEXT)
    if text is not None and shown != text:
        fields.put("message", None if shown is None else json_text(shown))
    return Message(seq=0, role=role, origin=origin, text=shown if text is None else text, extra=fields.rest())


def _say_summary(log: EventLog, fields: Fields, event: Event) -> None:  # noqa: ARG001
    args = fields.take_object("args")
    summary = args.take("summary", TEXT)
    fields.put("args", args.rest())
    log.say(Message(seq=0, role=Role.USER, origin=Origin.INJECTED, text=summary, extra=fields.rest()))


def _say_recall(log: EventLog, fields: Fields, event: Event) -> None:  # noqa: ARG001
    extras = fields.take_raw("extras") or b"{}"
    text = _knowledge(Fields(extras, "extras"))
    message = Message(seq=0, role=Role.USER, origin=Origin.INJECTED, text=text)
    log.say(replace(message, content_json=extras.decode(), extra=fields.rest()))


def _act(log: EventLog, fields: Fields, event: Event) -> None:
    metadata = fields.take_object("tool_call_metadata")
    response = metadata.take_raw("model_response")
    if response is None:
        fields.put("tool_call_metadata", metadata.rest())
        place = log.say(_parsed_turn(fields)), 0
    else:
        seq = log.turn(response)
        if seq is None:
            seq = log.open_turn(response, _sampled(Fields(response, f"{event.place}.model_response")))
        place = seq, _call_index(metadata, log.messages[seq])
        call = log.messages[seq].tool_calls[place[1]]
        _drop_thought(fields, log.messages[seq].text)
        drop_repeats(fields, "args", call.arguments)
        fields.put("tool_call_metadata", _unrepeated(metadata, log.messages[seq]))
        log.describe_call(place, fields.rest())
    call_id = log.messages[place[0]].tool_calls[place[1]].call_id
    log.name_call(place, call_names(event.name, call_id, event.partner))


def _parsed_turn(fields: Fields) -> Message:
    """Make the turn of an action that tells no response: the scaffold parsed it out of what the model wrote."""
    name = fields.require("action", TEXT)
    args = fields.take_object("args")
    thought = args.take_if("thought", TEXT)
    call = ToolCall(name=name, arguments=args.rest() or "{}", extra=fields.rest())
    return Message(seq=0, role=Role.ASSISTANT, origin=Origin.SAMPLED, text=thought, tool_calls=(call,))


def _sampled(response: Fields) -> Message:
    message = read_response(response)
    if message is None:
        raise response.fault(RejectReason.MISSING_FIELD, "no message in `choices`.")
    return with_extra(message, "model_response", response.rest())


def _call_index(metadata: Fields, message: Message) -> int:
    """Find the call of an action among those of its response, which tells each id once."""
    call_id = metadata.take("tool_call_id", TEXT)
    for index, call in enumerate(message.tool_calls):
        if call.call_id == call_id:
            return index
    raise metadata.fault(
        RejectReason.UNEXPECTED_SHAPE,
        f"No call of the model's response has the id {call_id!r}. "
        f"Its ids: {', '.join(str(call.call_id) for call in message.tool_calls) or '(none)'}.",
    )


def _unrepeated(metadata: Fields, message: Message) -> str | None:
    """Keep of an action's metadata what its turn does not say already."""
    count, name = metadata.take("total_calls_in_response", INTEGER), metadata.take("function_name", TEXT)
    if count != len(message.tool_calls):
        metadata.put("total_calls_in_response", None if count is None else json_text(count))
    if name is not None and name not in {call.name for call in message.tool_calls}:
        metadata.put("function_name", json_text(name))
    return metadata.rest()


def _drop_thought(fields: Fields, text: str | None) -> None:
    """Drop the thought of an action where it is the text of its turn."""
    args = fields.take_object("args")
    thought = args.take_if("thought", TEXT)
    if thought is not None and thought != (text or ""):
        args.put("thought", json_text(thought))
    fields.put("args", args.rest())


def _observe(log: EventLog, fields: Fields, event: Event) -> None:
    metadata = fields.take_object("tool_call_metadata")
    name, call_id = metadata.take("function_name", TEXT), metadata.take("tool_call_id", TEXT)
    response = metadata.take_raw("model_response")
    seq = None if response is None else log.turn(response)
    if seq is None:
        metadata.put("model_response", None if response is None else response.decode())
        fields.put("tool_call_metadata", metadata.rest())
    else:
        fields.put("tool_call_metadata", _unrepeated(metadata, log.messages[seq]))
    text = fields.take("content", TEXT)
    cause = peek(fields, "cause", INTEGER)
    names = call_names(None if cause is None else str(cause), call_id, event.partner)
    log.answer(result_message(text, name=name, call_id=call_id, extra=fields.rest()), names)


READERS = {
    "system": _say_system,
    "user": _say_user,
    "message": _say_agent,
    "action": _act,
    "observation": _observe,
    "recall": _say_recall,
    "condensation": _say_summary,
}
