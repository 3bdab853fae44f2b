import json

from schemas.training import Label
from schemas.training.ms_swift import MsSwift
from schemas.trajectory import Role
from tests.schemas.training.built import MASKED, TOOLS, TRAINED, example, hidden, message


def test_calls_are_messages_of_their_own_with_the_loss_of_their_message() -> None:
    (row,) = MsSwift().rows(example(labels={2: Label(is_trained=True, weight=0.25), 5: MASKED}))
    told = [(one["role"], one["loss"], one["loss_scale"]) for one in row["messages"]]
    assert told == [
        ("system", None, None),
        ("user", None, None),
        ("assistant", True, 0.25),
        ("tool_call", True, 0.25),
        ("tool_call", True, 0.25),
    ]
    assert json.loads(row["messages"][4]["content"]) == {"name": "g", "arguments": {"b": "</tool_call>"}}
    assert row["tools"] == TOOLS


def test_reasoning_stands_in_the_text_because_its_key_would_be_forgotten() -> None:
    (row,) = MsSwift().rows(example())
    assert row["messages"][2]["content"] == "<think>\nHm.\n</think>\n\nI look.\n"
    assert "reasoning_content" not in row["messages"][2]


def test_all_messages_have_the_same_keys_so_that_no_line_changes_the_columns() -> None:
    (row,) = MsSwift().rows(example(tools=None))
    assert {tuple(one) for one in row["messages"]} == {("role", "content", "loss", "loss_scale")}
    assert row["tools"] == ""


def test_weights_and_masks_are_carried_and_spans_are_not() -> None:
    assert MsSwift().changes(example(labels={2: Label(is_trained=True, weight=0.25), 5: TRAINED})) == {}
    assert MsSwift().changes(example(labels={5: hidden(0, 1)})) == {"loss_spans": 1}


def test_joined_turns_and_a_trained_first_message_are_refused() -> None:
    said = (message(0, Role.ASSISTANT, "a"), message(1, Role.ASSISTANT, "b"))
    assert MsSwift().changes(example(*said)) == {"trained_first_message": 1, "joined_turns": 1}
