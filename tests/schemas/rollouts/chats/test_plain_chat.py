"""The fast road and the general one must give equal trajectories, or the fast one steps aside."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Source, detect_format
from schemas.rollouts.chats.openai_chat import OPENAI_CHAT
from schemas.rollouts.chats.plain_chat import read_plain_chat
from schemas.rollouts.raw.strict_json import parse_json
from tests.schemas.rollouts.real_files import file_samples, read_zst

SOURCE = Source(uri="chat.jsonl", name="chats")
TEXT = st.none() | st.sampled_from(["", "x", "ü", "{}", "null"])
CALL = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({"name": st.sampled_from(["f", "g"]), "arguments": TEXT})},
    optional={"id": TEXT, "type": st.sampled_from(["function", "custom", None]), "index": st.just(0)},
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer"])},
    optional={
        "content": TEXT | st.just([{"type": "text", "text": "part"}]),
        "tool_calls": st.none() | st.lists(CALL, max_size=2),
        "tool_call_id": TEXT,
        "name": TEXT,
        "reasoning_content": TEXT,
        "weight": st.sampled_from([0, 1]),
    },
)
RECORD = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGE, max_size=5)},
    optional={
        "task_id": st.sampled_from([None, 7, 2**70, "7", 1.5]),
        "instance_id": st.sampled_from([None, 0, "", "a__b-1", ["8"]]),
        "trial": st.sampled_from([None, 0, -1, 2**63, "1"]),
        "reward": st.sampled_from([None, 0, 0.5, True, "1", 2**53 + 1, 1e300]),
        "score": st.sampled_from([None, 0.25]),
        "status": st.sampled_from([None, "completed", "odd"]),
        "prompt_tokens": st.sampled_from([None, 3, -3]),
        "model": TEXT,
        "benchmark": TEXT,
    },
)


def record_of(value: Any) -> RawRecord:
    raw = json.dumps(value).encode()
    return RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))


@settings(max_examples=400, deadline=None)
@given(RECORD)
def test_both_roads_give_equal_trajectories(value: dict[str, Any]) -> None:
    record = record_of(value)
    plain = read_plain_chat(record, SOURCE, format_name="openai_chat")
    if plain is not None:
        assert detect_format(parse_json(record.raw)) is OPENAI_CHAT
        assert (plain,) == OPENAI_CHAT.decode(record, SOURCE)


def test_plain_records_take_the_fast_road() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
    ]
    for named in ({"task_id": 3}, {"instance_id": "a__b-1"}):
        record = record_of({"messages": messages, "reward": 1} | named)
        assert read_plain_chat(record, SOURCE, format_name="openai_chat") is not None


def test_what_it_would_lose_never_takes_it() -> None:
    for raw in (
        b'{"messages":[{"role":"user","content":"\\ud800"}]}',
        b'{"messages":[],"reward":NaN}',
        b'{"messages":[{"role":"user","content":"a"}],"reward":9007199254740993}',
        b'{"messages":[{"role":"user","content":"lost"}],"messages":[{"role":"user","content":"a"}]}',
        b"\xff",
    ):
        record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
        assert read_plain_chat(record, SOURCE, format_name="openai_chat") is None


def test_roads_agree_on_real_conversations(real_data: Path) -> None:
    content = read_zst(real_data / "swe_agent/swesmith_ft_xml_example.jsonl.zst")
    for sample in file_samples("swesmith.jsonl", content):
        plain = read_plain_chat(sample.record, sample.source, format_name="openai_chat")
        assert plain is None or (plain,) == OPENAI_CHAT.decode(sample.record, sample.source)
