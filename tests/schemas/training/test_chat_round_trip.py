"""What is read as OpenAI chat, exported as OpenAI chat and read again is the same conversation."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.training import TRAINING_FORMATS, Label, TrainingExample, encode_jsonl
from schemas.trajectory import Origin, Role, Trajectory

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CONTENT = TEXT.filter(bool) | st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXT}), min_size=1, max_size=2
)


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": draw(TEXT)},
        {"role": "user", "content": draw(CONTENT)},
    ]
    for turn in range(draw(st.integers(0, 3))):
        ids = [f"{turn}-{index}" for index in range(draw(st.integers(1, 2)))]
        calls = [
            {"id": call_id, "type": "function", "function": {"name": draw(TEXT), "arguments": draw(TEXT)}}
            for call_id in ids
        ]
        messages.append({"role": "assistant", "content": draw(st.none() | TEXT), "tool_calls": calls})
        if draw(st.booleans()):
            messages[-1]["weight"] = 0
        messages += [
            {"role": "tool", "content": draw(TEXT), "tool_call_id": call_id}
            for call_id in draw(st.permutations(ids))
        ]
    return [*messages, {"role": "assistant", "content": draw(TEXT)}]


def read(row: bytes) -> Trajectory:
    record = RawRecord(raw=row, locator="line 1", index=0, record_id=content_digest(row))
    decoded = decode_record(record, Source(uri="chats.jsonl", name="chats"))
    assert not isinstance(decoded, Rejection)
    return decoded.trajectories[0]


@settings(deadline=None)
@given(conversations(), st.sampled_from([None, '[{"type":"function","function":{"name":"f","n":1.50}}]']))
def test_reading_an_export_gives_the_conversation_back(
    messages: list[dict[str, Any]], tools: str | None
) -> None:
    suffix = b"" if tools is None else b',"tools":' + tools.encode()
    first = read(b'{"messages":' + json.dumps(messages).encode() + suffix + b"}")
    labels = {
        message.seq: Label(is_trained=True, weight=1.0)
        for message in first.messages
        if message.role is Role.ASSISTANT and message.origin is Origin.SAMPLED
    }
    (row,) = TRAINING_FORMATS["openai_chat"]().rows(TrainingExample(trajectory=first, labels=labels))

    again = read(encode_jsonl(row))

    assert [spoken(message) for message in again.messages] == [spoken(message) for message in first.messages]
    assert again.toolset == first.toolset
    assert again.task == first.task


def spoken(message: Any) -> tuple[Any, ...]:
    """Everything of a message but the spelling of its parts' white space."""
    parts = None if message.content_json is None else json.loads(message.content_json)
    return (
        message.role,
        message.origin,
        message.text,
        parts,
        message.tool_calls,
        message.tool_call_id,
        message.call_seq,
    )
