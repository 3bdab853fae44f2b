import json

from schemas.training import encode_jsonl
from schemas.training.slime_rl import SlimeRl
from schemas.training.slime_sft import SlimeSft
from schemas.trajectory import Role, ToolCall
from tests.schemas.training.built import MASKED, ROLLOUT, TOOLS, TRAINED, example, hidden, message, task


def test_each_assistant_message_has_a_step_mask() -> None:
    (row,) = SlimeSft().rows(example(labels={2: MASKED, 5: TRAINED}))
    assert [one.get("step_loss_mask") for one in row["messages"]] == [None, None, 0, None, None, 1]
    assert SlimeSft().changes(example(labels={2: MASKED, 5: TRAINED})) == {}


def test_a_line_has_native_tools_and_no_null() -> None:
    line = encode_jsonl(SlimeSft().rows(example())[0])
    assert json.loads(line)["tools"] == json.loads(TOOLS)
    assert b"null" not in line


def test_arguments_are_the_exact_string_or_the_object() -> None:
    (exact,) = SlimeSft().rows(example())
    assert exact["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"a" : 1.50}'
    parsed = json.loads(encode_jsonl(SlimeSft(arguments="object").rows(example())[0]))
    assert parsed["messages"][2]["tool_calls"][0]["function"]["arguments"] == {"a": 1.5}


def test_broken_arguments_are_refused_and_stand_as_a_string() -> None:
    broken = message(2, Role.ASSISTANT, tool_calls=(ToolCall(name="f", arguments="{"),))
    said = example(*ROLLOUT[:2], broken)
    assert SlimeSft().changes(said) == {"unparsable_arguments": 1}
    assert SlimeSft(arguments="object").changes(said) == {"unparsable_arguments": 1}
    (row,) = SlimeSft(arguments="object").rows(said)
    assert row["messages"][2]["tool_calls"][0]["function"]["arguments"] == "{"


def test_spans_and_a_trained_first_message_are_refused() -> None:
    assert SlimeSft().changes(example(labels={5: hidden(0, 1)})) == {"loss_spans": 1}
    said = (message(0, Role.ASSISTANT, "a"), message(1, Role.USER, "b"), message(2, Role.ASSISTANT, "c"))
    assert SlimeSft().changes(example(*said)) == {"trained_first_message": 1}


def test_a_task_line_names_its_task_and_holds_no_gold_answer() -> None:
    line = json.loads(encode_jsonl(SlimeRl().rows(task())[0]))
    assert [one["role"] for one in line["prompt"]] == ["system", "user"]
    assert (line["label"], line["metadata"]["benchmark"]) == ("7", "hills")
    assert line["tools"] == json.loads(TOOLS)
    assert SlimeRl().losses(task()) == {}
