"""ShareGPT rollouts: `conversations` of `{from, value}`, with `system` and `tools` beside them.

Read in the SFT files of the Agent Data Protocol (whose `function_call` turns are free text, and of which one writer
spells its turns `{role, content}`). Hermes' tags, JSON calls and `weight` / `loss` flags follow LLaMA-Factory 0.9.5 and
the Hermes templates; no published file with them was read.

What is taken out of a turn's text (thought, calls) leaves the whole turn in its `extra`. A turn whose flag is 0 is
context: `COPIED`. Turns that the protocol's converters made up (a closing `finish`) cannot be told from sampled ones.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.dataset_ids import RowId, read_row_id
from schemas.rollouts.chats.openai_chat import TASK_KEY, read_toolset
from schemas.rollouts.chats.tagged_text import Said, read_calls, read_said, read_tools, split_responses
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import ORIGINS, chat_messages, policy_text, prompt_key, read_content
from schemas.rollouts.parts.fields import REAL, TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role, Task, Toolset, Trajectory

SPEAKERS = {
    "system": Role.SYSTEM,
    "human": Role.USER,
    "user": Role.USER,
    "gpt": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "chatgpt": Role.ASSISTANT,
    "bing": Role.ASSISTANT,
    "bard": Role.ASSISTANT,
    "function_call": Role.ASSISTANT,
    "observation": Role.TOOL,
    "tool": Role.TOOL,
    "function_response": Role.TOOL,
}
USUAL_NAMES = frozenset({"system", "human", "gpt", "observation"})
"""Speakers that their role tells; the name of any other is kept."""
FLAG: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)
FLAG_NAMES = ("weight", "loss")


@dataclass(frozen=True, kw_only=True)
class ShareGpt(RolloutFormat):
    """One conversation, as most SFT collections publish it."""

    name: str = "sharegpt"
    version: str = "1"
    reads: str = "an object with `conversations` of {from, value} or {role, content}; Hermes tags, JSON calls"
    carries: str = (
        "messages, thoughts and calls inside tags, tool schemas (`tools`, or `<tools>` of the system prompt)"
    )
    lacks: str = (
        "outcome, policy and ids of calls, unless optional fields say them; which turns a converter made up"
    )
    example: str = "winnow ingest 'sft/*.json' --source agent-sft"

    def recognises(self, record: object) -> bool:
        """Tell a conversation by its list of turns."""
        turns = record.get("conversations") if isinstance(record, dict) else None
        return isinstance(turns, list) and all(
            isinstance(turn, dict) and not turn.keys().isdisjoint({"from", "role"}) for turn in turns[:1]
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one conversation.

        Raises:
            RecordFault: there are no turns, or one has no known speaker.
        """
        fields = Fields(record.raw, "$")
        turns = fields.take_objects("conversations")
        if not turns:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "`conversations` is empty.")
        messages = _conversation(fields, turns)
        row = _row_id(fields) or RowId(prompt_key(messages, record.record_id), None)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=benchmark_of(row.task_key, source.name),
                task_key=row.task_key,
                policy=policy_text(messages),
            ),
            messages=messages,
            trial=row.trial,
            model=fields.take_if("model", TEXT),
            outcome_reward=fields.take_if("reward", REAL),
            toolset=read_toolset(fields, "tools") or _system_tools(messages),
            extra=fields.rest(),
        )
        return (trajectory,)


SHAREGPT = ShareGpt()


def _conversation(fields: Fields, turns: list[Fields]) -> tuple[Message, ...]:
    is_openai = _is_openai(turns[0])
    system = fields.take_if("system", TEXT)
    if system:
        names = ("role", "content") if is_openai else ("from", "value")
        turn = dict(zip(names, ("system", system), strict=True))
        turns = [Fields(msgspec.json.encode(turn), "$.system"), *turns]
    else:
        # An empty one says that there is no system prompt; a template would render it.
        fields.put("system", None if system is None else json_text(system))
    return chat_messages(turns) if is_openai else link_results(list(_messages(turns)))


def _is_openai(turn: Fields) -> bool:
    role = turn.take_raw("role")
    turn.put("role", None if role is None else role.decode())
    return role is not None


def _row_id(fields: Fields) -> RowId | None:
    """Read the id; one that tells more than the task stays in `extra` too."""
    row_id = fields.take_if("id", TASK_KEY)
    if row_id is None:
        return None
    row = read_row_id(str(row_id))
    if row.task_key != row_id:
        fields.put("id", json_text(row_id))
    return row


def _system_tools(messages: Iterable[Message]) -> Toolset | None:
    text = policy_text(messages)
    return None if text is None else read_tools(text)


def _messages(turns: Iterable[Fields]) -> Iterator[Message]:
    seq = 0
    for turn in turns:
        for message in _turn(turn, seq):
            yield message
            seq += 1


def _turn(turn: Fields, seq: int) -> Iterator[Message]:
    """Read one turn; a turn with the results of several calls is one message for each."""
    speaker, role = _speaker(turn)
    origin = _origin(turn, role)
    text, content_json = read_content(turn, "value")
    said, pieces = Said("", None, ()), [text]
    if text and content_json is None and role is Role.ASSISTANT:
        said = _said(text, speaker)
        pieces = [said.text]
    elif text and content_json is None and role is Role.TOOL:
        pieces = [*split_responses(text)]
    if pieces != [text]:
        turn.put("value", json_text(text))
    name = turn.take_if("name", TEXT)
    yield Message(
        seq=seq,
        role=role,
        origin=origin,
        text=pieces[0],
        content_json=content_json,
        reasoning=said.reasoning,
        tool_calls=said.calls,
        tool_call_id=turn.take_if("tool_call_id", TEXT) if role is Role.TOOL else None,
        name=name,
        extra=turn.rest(),
    )
    for offset, piece in enumerate(pieces[1:], start=1):
        yield Message(seq=seq + offset, role=role, origin=origin, text=piece, name=name)


def _speaker(turn: Fields) -> tuple[str, Role]:
    speaker = turn.require("from", TEXT)
    role = SPEAKERS.get(speaker)
    if role is None:
        raise turn.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Unknown speaker {speaker!r}. Known speakers: {', '.join(sorted(SPEAKERS))}.",
        )
    if speaker not in USUAL_NAMES:
        turn.put("from", json_text(speaker))
    return speaker, role


def _said(text: str, speaker: str) -> Said:
    said = read_said(text)
    calls = read_calls(said.text) if speaker == "function_call" and not said.calls else ()
    return Said("", said.reasoning, calls) if calls else said


def _origin(turn: Fields, role: Role) -> Origin:
    """A flag of 0 says that nobody trains the turn; any other value is kept, and means nothing here."""
    flags = {name: turn.take_if(name, FLAG) for name in FLAG_NAMES}
    for name, flag in flags.items():
        turn.put(name, None if flag is None else json_text(flag))
    return Origin.COPIED if role is Role.ASSISTANT and 0 in flags.values() else ORIGINS[role]
