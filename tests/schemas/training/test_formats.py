import dataclasses
import json
import re
from typing import Any

import msgspec
import pytest

from schemas.errors import ExportRefusedError
from schemas.training import (
    TRAINING_FORMATS,
    Label,
    Part,
    Span,
    TaskExample,
    TrainingExample,
    Unsupported,
    encode_jsonl,
    prompt_messages,
)
from schemas.trajectory import Message, Origin, Role, Task, ToolCall, Toolset, Trajectory
from tests.json_columns import read_back
from tests.schemas.training import kinds
from tests.schemas.training.kinds import format_of

TRAINED = Label(is_trained=True, weight=1.0)
TASK = Task(benchmark="hills", task_key="7", policy="Be kind.")


def message(seq: int, role: Role, text: str | None = None, **fields: Any) -> Message:
    origin = fields.pop("origin", Origin.SAMPLED if role is Role.ASSISTANT else Origin.SCRIPTED)
    return Message(seq=seq, role=role, origin=origin, text=text, **fields)


def trajectory_of(*messages: Message, tools: str | None = None) -> Trajectory:
    toolset = None if tools is None else Toolset(tools=tools)
    return Trajectory(
        record_id="r",
        source_name="s",
        source_format="openai_chat",
        task=TASK,
        messages=messages,
        toolset=toolset,
    )


CALL = ToolCall(name="f", arguments='{"x" : 1.50}', call_id="c", result_seq=3)
ROLLOUT = (
    message(0, Role.SYSTEM, "Be kind."),
    message(1, Role.USER, "Hi"),
    message(2, Role.ASSISTANT, reasoning="hm", tool_calls=(CALL,)),
    message(3, Role.TOOL, "ok", tool_call_id="c", name="f", call_seq=2, origin=Origin.INJECTED),
    message(4, Role.ASSISTANT, "Done"),
    message(5, Role.USER, "Thanks"),
)
TOOLS = '[\n {"type": "function", "n": 1.50}\n]'


def example_of(
    *messages: Message, trained: tuple[int, ...] = (2, 4), tools: str | None = TOOLS
) -> TrainingExample:
    labels = dict.fromkeys(trained, TRAINED)
    return TrainingExample(trajectory=trajectory_of(*messages, tools=tools), labels=labels)


def task_example(*messages: Message) -> TaskExample:
    return TaskExample(task=TASK, prompt=prompt_messages(trajectory_of(*messages)), split="train")


def any_example(name: str) -> Any:
    return kinds.example_of(trajectory_of(*ROLLOUT, tools=TOOLS), TRAINING_FORMATS[name].unit)


def only_row(name: str, example: Any) -> Any:
    (row,) = format_of(name).rows(example)
    return row


@pytest.mark.parametrize("name", TRAINING_FORMATS)
def test_every_member_is_frozen_and_named_as_registered(name: str) -> None:
    member = format_of(name)
    assert member.name == name
    assert re.fullmatch(r"\d+", member.version)
    assert (member.arrow_schema is not None) == (member.suffix == "parquet")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(member, "name", "other")  # noqa: B010 - the type checker knows that it cannot be set


@pytest.mark.parametrize("name", TRAINING_FORMATS)
def test_a_row_has_exactly_the_declared_columns_and_is_repeatable(name: str) -> None:
    member, example = format_of(name), any_example(name)
    rows = member.rows(example)
    assert [encode_jsonl(row) for row in rows] == [encode_jsonl(row) for row in member.rows(example)]
    if member.arrow_schema is not None:
        assert all(list(row) == member.arrow_schema.names for row in rows)
        assert read_back(member, rows) == [json.loads(encode_jsonl(row)) for row in rows]


def test_the_view_ends_with_the_last_trained_message() -> None:
    assert [m.seq for m in example_of(*ROLLOUT).messages] == [0, 1, 2, 3, 4]
    assert [m.seq for m in example_of(*ROLLOUT, trained=(2,)).messages] == [0, 1, 2]
    assert example_of(*ROLLOUT, trained=(2,)).trailing_count == 3
    assert example_of(*ROLLOUT, trained=()).messages == ROLLOUT


def test_only_an_assistants_words_can_be_trained() -> None:
    example = example_of(*ROLLOUT, trained=(1, 2, 5))
    assert [m.seq for m in example.messages] == [0, 1, 2]


def test_a_prompt_ends_before_the_policys_first_own_word() -> None:
    greeting = message(1, Role.ASSISTANT, "Welcome", origin=Origin.SCRIPTED)
    assert len(prompt_messages(trajectory_of(*ROLLOUT))) == 2
    assert len(prompt_messages(trajectory_of(ROLLOUT[0], greeting, message(2, Role.USER, "Hi")))) == 3


@pytest.mark.parametrize(("arguments", "written"), [("object", {"x": 1.5}), ("string", '{"x" : 1.50}')])
def test_sft_row_says_only_what_a_message_has_and_its_content_is_never_null(
    arguments: str, written: Any
) -> None:
    form = format_of("trl_sft", arguments=arguments)
    (row,) = read_back(form, form.rows(example_of(*ROLLOUT)))
    assert row["tools"] == TOOLS
    assert row["messages"][2] == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "hm",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": written}}],
    }
    assert row["messages"][3] == {"role": "tool", "content": "ok", "tool_call_id": "c", "name": "f"}


def test_grpo_row_has_the_prompt_and_the_groups_figures() -> None:
    example = dataclasses.replace(task_example(*ROLLOUT), figures={"trial_count": 4, "pass_rate": 0.25})
    row = only_row("trl_grpo", example)
    assert row["prompt"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    assert (row["task_key"], row["benchmark"], row["split"]) == ("7", "hills", "train")
    assert (row["trial_count"], row["pass_rate"], row["reward_mean"]) == (4, 0.25, None)


def test_grpo_prompt_has_no_null_content_which_templates_write_as_a_word() -> None:
    assert only_row("trl_grpo", task_example(message(0, Role.USER)))["prompt"][0]["content"] == ""


def chat_row(example: TrainingExample) -> Any:
    return json.loads(encode_jsonl(only_row("openai_chat", example)))


def test_openai_row_is_nothing_but_the_fine_tuning_shape() -> None:
    assert chat_row(example_of(*ROLLOUT)) == {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"x" : 1.50}'}}
                ],
            },
            {"role": "tool", "content": "ok", "tool_call_id": "c"},
            {"role": "assistant", "content": "Done"},
        ],
        "tools": [{"type": "function", "n": 1.5}],
    }


def test_openai_row_stays_one_line_with_numbers_as_the_source_spells_them() -> None:
    line = encode_jsonl(only_row("openai_chat", example_of(*ROLLOUT)))
    assert line.count(b"\n") == 1
    assert b'"n":1.50' in line


def test_openai_row_weighs_messages_only_when_some_are_context() -> None:
    messages = chat_row(example_of(*ROLLOUT, trained=(4,)))["messages"]
    assert [m.get("weight") for m in messages] == [None, None, 0, None, 1]


def test_openai_row_has_no_tools_when_there_are_none() -> None:
    assert "tools" not in chat_row(example_of(*ROLLOUT, tools=None))
    assert "tools" not in chat_row(example_of(*ROLLOUT, tools="[]"))


def test_openai_row_keeps_the_names_of_speakers_only() -> None:
    messages = chat_row(example_of(message(0, Role.USER, "a", name="ann"), *ROLLOUT[1:]))["messages"]
    assert [m.get("name") for m in messages] == ["ann", None, None, None, None]


def test_openai_row_names_calls_that_have_no_id() -> None:
    calls = (
        ToolCall(name="f", arguments="", result_seq=1),
        ToolCall(name="g", arguments="", call_id="", result_seq=2),
    )
    messages = chat_row(
        example_of(
            message(0, Role.ASSISTANT, tool_calls=calls),
            message(1, Role.TOOL, None, call_seq=0),
            message(2, Role.TOOL, "b", call_seq=0),
            message(3, Role.TOOL, "orphan"),
            message(4, Role.ASSISTANT, None),
            trained=(4,),
        )
    )["messages"]
    assert [call["id"] for call in messages[0]["tool_calls"]] == ["call_0_0", "call_0_1"]
    assert [m.get("tool_call_id") for m in messages[1:]] == ["call_0_0", "call_0_1", "orphan_3", None]
    assert (messages[1]["content"], messages[4]["content"]) == ("", "")


def test_openai_row_writes_its_own_parts_and_the_text_of_others() -> None:
    own, other = '[{"type":"text","text":"a"}]', '[{"type":"image","source":{"path":"p"}}]'
    example = example_of(
        message(0, Role.USER, "a", content_json=own),
        message(1, Role.USER, None, content_json=other),
        message(2, Role.ASSISTANT, "ok"),
        trained=(2,),
    )
    assert [m["content"] for m in chat_row(example)["messages"]] == [json.loads(own), "", "ok"]
    assert format_of("openai_chat").losses(example) == {"content_parts": 1}


def test_losses_count_what_is_left_out() -> None:
    open_call = ToolCall(name="f", arguments="{}")
    example = TrainingExample(
        trajectory=trajectory_of(
            message(0, Role.USER, "a", content_json="[]"),
            message(1, Role.ASSISTANT, "b", reasoning="hm", tool_calls=(open_call,)),
            message(2, Role.TOOL, "orphan"),
            message(3, Role.ASSISTANT, "c", tool_calls=(open_call,)),
            message(4, Role.USER, "d"),
        ),
        labels={3: Label(is_trained=True, weight=0.5)},
    )
    shared = {"no_tool_schemas": 1, "trailing_context_messages": 1}
    assert format_of("trl_sft").losses(example) == shared | {"content_parts": 1}
    assert format_of("trl_sft").changes(example) == {"loss_mask_per_message": 1, "loss_weight": 1}
    assert format_of("openai_chat").changes(example) == {"loss_weight": 1}
    assert format_of("openai_chat").losses(example) == shared | {
        "reasoning": 1,
        "content_parts": 1,
        "orphan_tool_results": 1,
        "unanswered_calls": 1,
    }


HALF = {2: TRAINED, 4: Label(is_trained=True, weight=0.5)}


def test_an_example_that_would_be_trained_otherwise_is_refused_by_name_and_with_the_choices() -> None:
    example = dataclasses.replace(example_of(*ROLLOUT), labels=HALF)
    with pytest.raises(ExportRefusedError, match=r"'trl_sft'.*loss_weight 1") as refused:
        format_of("trl_sft").write(example)
    assert example.trajectory.trajectory_id in str(refused.value)
    assert "drop" in str(refused.value)


def test_it_can_be_left_out_or_trained_all_the_same_and_is_counted() -> None:
    example = dataclasses.replace(example_of(*ROLLOUT), labels=HALF)
    left = format_of("trl_sft", unsupported=Unsupported.DROP).write(example)
    assert (left.rows, left.losses) == ([], {"dropped_examples": 1, "loss_weight": 1})
    kept = format_of("trl_sft", unsupported=Unsupported.LOSE).write(example)
    assert (len(kept.rows), kept.losses) == (1, {"trailing_context_messages": 1, "loss_weight": 1})


@pytest.mark.parametrize("name", [name for name, member in TRAINING_FORMATS.items() if not member.can_split])
def test_splitting_is_refused_where_a_format_cannot(name: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        format_of(name, unsupported=Unsupported.SPLIT)


def test_a_part_that_is_trained_makes_its_message_count() -> None:
    span = Span(part=Part.TEXT, begin=0, end=2, is_trained=True, weight=1.0)
    example = dataclasses.replace(
        example_of(*ROLLOUT), labels={4: Label(is_trained=False, weight=0.0, spans=(span,))}
    )
    assert len(example.messages) == 5
    assert format_of("trl_sft").changes(example) == {"loss_mask_per_message": 2, "loss_spans": 1}


def test_task_losses_count_what_a_prompt_cannot_carry() -> None:
    demo = message(1, Role.ASSISTANT, tool_calls=(CALL, CALL), origin=Origin.DEMO)
    example = task_example(message(0, Role.USER, "a", content_json="[]"), demo)
    assert format_of("trl_grpo").losses(example) == {
        "content_parts": 1,
        "prompt_tool_calls": 2,
        "no_tool_schemas": 1,
    }
    assert format_of("trl_grpo").losses(task_example())["no_prompt"] == 1


def test_census_of_losses_on_real_rollouts(airline_examples: list[TrainingExample]) -> None:
    totals: dict[str, int] = {}
    for example in airline_examples:
        for kind, count in format_of("trl_sft").losses(example).items():
            totals[kind] = totals.get(kind, 0) + count
    assert totals == {"no_tool_schemas": 182, "trailing_context_messages": 200}


def test_encoding_a_row_keeps_the_order_of_its_keys() -> None:
    assert encode_jsonl({"b": 1, "a": msgspec.Raw(b"[ 1.0 ]")}) == b'{"b":1,"a":[1.0]}\n'
