import json
from typing import Any

import pytest

from schemas.errors import RecordFault
from schemas.rollouts.chats.anthropic_blocks import block_messages
from schemas.rollouts.parts.fields import Fields
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role

THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "sig"}
WORDS = {"type": "text", "text": "Hello"}
CALL = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}


def read(role: str, content: object, *, seq: int = 5, **fields: Any) -> tuple[Message, ...]:
    raw = json.dumps({"role": role, "content": content} | fields).encode()
    return block_messages(Fields(raw, "$.message"), seq)


def test_an_answer_is_one_message_whose_thoughts_words_and_calls_have_their_places() -> None:
    (message,) = read("assistant", [THOUGHT, WORDS, CALL])
    assert (message.seq, message.role, message.origin) == (5, Role.ASSISTANT, Origin.SAMPLED)
    assert (message.reasoning, message.text, message.content_json) == ("hm", "Hello", None)
    assert [(call.name, call.arguments, call.call_id) for call in message.tool_calls] == [
        ("f", '{"a": 1}', "t1")
    ]


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_bare_strings_are_words(role: str) -> None:
    (one,), (several,) = read(role, ["a"]), read(role, ["a", WORDS])
    assert (one.text, one.content_json) == ("a", None)
    assert several.text == "a\nHello"
    assert json.loads(several.content_json or "")[0] == "a"


def test_what_no_column_holds_stays_block_by_block() -> None:
    (message,) = read("assistant", [THOUGHT, {"type": "redacted_thinking", "data": "d"}, WORDS], id="msg_1")
    assert json.loads(message.extra or "") == {
        "id": "msg_1",
        "content": [
            {"type": "thinking", "signature": "sig"},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "text"},
        ],
    }


def test_an_unusual_order_is_told_and_the_usual_one_is_not() -> None:
    (usual,), (unusual,) = read("assistant", [WORDS, CALL]), read("assistant", [CALL, WORDS])
    assert usual.extra is None
    assert json.loads(unusual.extra or "") == {"content": [{"type": "tool_use"}, {"type": "text"}]}


def test_several_thoughts_are_joined_and_stay_apart() -> None:
    (message,) = read("assistant", [THOUGHT, THOUGHT | {"thinking": "so"}])
    assert message.reasoning == "hm\nso"
    assert [block["thinking"] for block in json.loads(message.extra or "")["content"]] == ["hm", "so"]


def test_results_of_a_user_message_become_tool_messages_before_the_users_words() -> None:
    failed = RESULT | {"tool_use_id": "t2", "is_error": True, "content": [WORDS]}
    first, second, user = read("user", [failed, RESULT, WORDS])
    assert [message.seq for message in (first, second, user)] == [5, 6, 7]
    assert (first.role, first.origin, first.tool_call_id, first.text) == (
        Role.TOOL, Origin.INJECTED, "t2", "Hello",
    )  # fmt: skip
    assert first.extra == '{"is_error":true}'
    assert (second.tool_call_id, second.text, second.extra) == ("t1", "ok", None)
    assert (user.role, user.origin, user.text) == (Role.USER, Origin.SCRIPTED, "Hello")


def test_a_providers_own_tool_parts_the_words_before_its_result_from_those_behind() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}}
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "s1",
        "content": [{"type": "web_search_result"}],
    }
    before, result, behind = link_results(read("assistant", [WORDS, search, found, WORDS], seq=0))
    assert (before.tool_calls[0].name, before.tool_calls[0].extra) == (
        "web_search",
        '{"type":"server_tool_use"}',
    )
    assert before.tool_calls[0].result_seq == result.seq
    assert (result.text, result.content_json) == (None, '[{"type": "web_search_result"}]')
    assert (behind.role, behind.text) == (Role.ASSISTANT, "Hello")


def test_media_and_several_texts_are_content_of_their_own_shape() -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "i"}}
    (message,) = read("user", [WORDS, image, WORDS])
    assert message.text == "Hello\nHello"
    assert json.loads(message.content_json or "") == [WORDS, image, WORDS]
    assert message.extra is None


@pytest.mark.parametrize(("content", "text"), [("Hi", "Hi"), ("", ""), (None, None), ([], None)])
def test_content_that_holds_no_blocks(content: object, text: str | None) -> None:
    (message,) = read("user", content)
    assert (message.text, message.content_json) == (text, None)


@pytest.mark.parametrize(
    ("role", "content", "reason"),
    [
        ("tool", "x", "unexpected_shape"),
        ("user", 3, "unexpected_shape"),
        ("user", [3], "unexpected_shape"),
        ("user", [{"text": "x"}], "missing_field"),
        ("assistant", [{"type": "tool_use", "id": "t"}], "missing_field"),
    ],
)
def test_a_message_that_breaks_its_promise_is_refused(role: str, content: object, reason: str) -> None:
    with pytest.raises(RecordFault, match=r"\$\.message") as caught:
        read(role, content)
    assert caught.value.reason == reason
