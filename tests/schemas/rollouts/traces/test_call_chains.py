import pytest

from schemas.rollouts.traces.call_chains import Call, chain_calls, payload_call
from schemas.trajectory import Message, Origin, Role, ToolCall


def says(role: Role, text: str | None, **fields: object) -> Message:
    origin = Origin.SAMPLED if role is Role.ASSISTANT else Origin.SCRIPTED
    return Message(seq=0, role=role, origin=origin, text=text, **fields)  # type: ignore[arg-type]


ASKED, AGAIN = says(Role.USER, "Go"), says(Role.USER, "Again")
ANSWER, OTHER = says(Role.ASSISTANT, "Yes", extra='{"n":1}'), says(Role.ASSISTANT, "No")


def texts(conversation: tuple[Message, ...]) -> list[str | None]:
    return [message.text for message in conversation]


def test_a_call_that_repeats_the_history_goes_on_from_it() -> None:
    repeat = says(Role.ASSISTANT, "Yes")
    (whole,) = chain_calls([Call((ASKED,), ((ANSWER,),)), Call((ASKED, repeat, AGAIN), ((OTHER,),))])
    assert texts(whole) == ["Go", "Yes", "Again", "No"]
    assert whole[1].extra == '{"n":1}'
    assert [message.seq for message in whole] == [0, 1, 2, 3]


def test_a_repeat_may_write_arguments_anew() -> None:
    call, respelled = (ToolCall(name="f", arguments=text) for text in ('{"a": 1}', '{"a":1}'))
    first = says(Role.ASSISTANT, None, tool_calls=(call,))
    again = says(Role.ASSISTANT, None, tool_calls=(respelled,))
    (whole,) = chain_calls([Call((ASKED,), ((first,),)), Call((ASKED, again), ((OTHER,),))])
    assert whole[1].tool_calls[0].arguments == '{"a": 1}'


@pytest.mark.parametrize(
    "again",
    [
        says(Role.ASSISTANT, "Yes!"),
        says(Role.ASSISTANT, "Yes", extra='{"n":2}'),
        says(Role.ASSISTANT, "Yes", reasoning="x"),
    ],
)
def test_what_says_otherwise_parts_from_the_history_and_was_sampled_elsewhere(again: Message) -> None:
    first, second = chain_calls([Call((ASKED,), ((ANSWER,),)), Call((ASKED, again), ((OTHER,),))])
    assert texts(first) == ["Go", "Yes"]
    assert texts(second) == ["Go", again.text, "No"]
    assert second[1].origin is Origin.COPIED


def test_several_answers_of_one_call_are_conversations_of_their_own() -> None:
    first, second = chain_calls([Call((ASKED,), ((ANSWER,), (OTHER,)))])
    assert (texts(first), texts(second)) == (["Go", "Yes"], ["Go", "No"])


def test_a_call_without_answer_still_tells_what_was_asked() -> None:
    (whole,) = chain_calls([Call((ASKED,), ())])
    assert texts(whole) == ["Go"]


@pytest.mark.parametrize(
    ("asked", "answered", "said"),
    [
        ('"Go"', '"Yes"', ["Go", "Yes"]),
        ('"[{\\"role\\":\\"user\\",\\"content\\":\\"Go\\"}]"', '"\\"Yes\\""', ["Go", "Yes"]),
        ('{"system":"Rules","messages":[{"role":"human","content":"Go"}]}', '"Yes"', ["Rules", "Go", "Yes"]),
        ('"Go"', '{"choices":[{"message":{"role":"assistant","content":"Yes"}}]}', ["Go", "Yes"]),
        ('"Go"', '{"output":[{"type":"message","role":"assistant","content":"Yes"}]}', ["Go", "Yes"]),
        ('"Go"', '{"role":"assistant","content":[{"type":"tool_use","name":"f","input":{}}]}', ["Go", None]),
        (
            '[{"type":"reasoning","summary":[]},{"type":"message","role":"user","content":"Go"}]',
            '"Yes"',
            [None, "Go", "Yes"],
        ),
        ('{"messages":[{"role":"tool","id":"c","content":"Go"}],"tools":"none"}', '"Yes"', ["Go", "Yes"]),
        ('[{"role":"ghost","content":"Go"}]', "7", [None, None]),
    ],
)
def test_payloads_of_any_shape_are_read(asked: str, answered: str, said: list[str | None]) -> None:
    call = payload_call(asked, answered)
    assert [message.text for message in (*call.inputs, *call.outputs[0])] == said


def test_what_stands_beside_the_messages_is_kept() -> None:
    call = payload_call('{"messages":[{"role":"user","content":"Go"}],"tools":[{"n":1}],"seed": 7}', '"Yes"')
    assert (call.tools, call.rest) == ('[{"n":1}]', '{"input":{"seed":7}}')
