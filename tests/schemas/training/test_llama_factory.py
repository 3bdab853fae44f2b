import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ExportRefusedError
from schemas.training import Label, Unsupported
from schemas.training.llama_factory import LlamaFactory
from schemas.training.llama_factory_kto import LlamaFactoryKto
from schemas.training.llama_factory_ranking import LlamaFactoryRanking
from schemas.training.llama_factory_turns import RESULT_JOINT, write_turns
from schemas.trajectory import Message, Role, ToolCall
from tests.schemas.training.built import (
    MASKED,
    ROLLOUT,
    TOOLS,
    TRAINED,
    example,
    message,
    pair,
    sample,
)

SIDES = {"human": 0, "observation": 0, "gpt": 1, "function_call": 1}


def only_row(form: Any, given_example: Any) -> Any:
    (row,) = form.rows(given_example)
    return row


def test_a_call_turn_keeps_reasoning_text_and_arguments_encoded_once() -> None:
    """Silent failure 3: the trainer's `openai` form loses or doubles all three."""
    turn = only_row(LlamaFactory(), example())["conversations"][1]
    assert turn["from"] == "function_call"
    before, _, behind = turn["value"].partition("<tool_call>")
    assert before == "<think>\nHm.\n</think>\n\nI look.\n"
    calls = json.loads(behind.removesuffix("</tool_call>"))
    assert calls == [
        {"name": "f", "arguments": {"a": 1.5}},
        {"name": "g", "arguments": {"b": "</tool_call>"}},
    ]
    assert turn["value"].count("</tool_call>") == 1


def test_results_of_parallel_calls_are_one_observation() -> None:
    row = only_row(LlamaFactory(), example())
    assert [turn["from"] for turn in row["conversations"]] == ["human", "function_call", "observation", "gpt"]
    assert row["conversations"][2]["value"] == f"one{RESULT_JOINT}two"
    assert (row["system"], row["tools"]) == ("Be kind.", TOOLS)
    assert LlamaFactory().losses(example()) == {"joined_results": 1}


ROLES = st.lists(st.sampled_from([Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL]), min_size=1, max_size=9)


@given(ROLES)
def test_turns_always_alternate_and_begin_with_the_user(roles: list[Role]) -> None:
    """Silent failure 3 again: a row that does not alternate becomes empty with only a warning."""
    turns = write_turns([message(at, role, "x") for at, role in enumerate(roles)]).turns
    assert [SIDES[turn["from"]] for turn in turns] == [at % 2 for at in range(len(turns))]


@given(ROLES)
def test_a_row_ends_with_the_assistant_or_there_is_none(roles: list[Role]) -> None:
    rows = LlamaFactory().rows(example(*(message(at, role, "x") for at, role in enumerate(roles))))
    assert len(rows) == int(Role.ASSISTANT in roles)
    assert all(len(row["conversations"]) % 2 == 0 for row in rows)


def test_what_is_put_in_or_joined_on_the_user_side_is_counted() -> None:
    said = (
        message(0, Role.ASSISTANT, "Welcome"),
        message(1, Role.USER, "a"),
        message(2, Role.USER, "b"),
        message(3, Role.ASSISTANT, "c"),
    )
    row = only_row(LlamaFactory(), example(*said))
    assert [turn["value"] for turn in row["conversations"]] == ["", "Welcome", "a\n\nb", "c"]
    assert LlamaFactory().losses(example(*said)) == {"empty_user_turns": 1, "joined_user_turns": 1}


def test_assistant_turns_that_must_be_joined_are_refused() -> None:
    said = (message(0, Role.USER, "a"), message(1, Role.ASSISTANT, "b"), message(2, Role.ASSISTANT, "c"))
    assert LlamaFactory().changes(example(*said)) == {"joined_turns": 1}


def test_a_call_mark_in_the_text_beside_a_call_is_refused() -> None:
    said = message(1, Role.ASSISTANT, "<tool_call>", tool_calls=ROLLOUT[2].tool_calls)
    assert LlamaFactory().changes(example(message(0, Role.USER, "a"), said)) == {"call_marks_in_text": 1}


def masked() -> Any:
    return example(
        *ROLLOUT,
        message(6, Role.USER, "?"),
        message(7, Role.ASSISTANT, "!"),
        labels={2: TRAINED, 5: MASKED, 7: TRAINED},
    )


def test_masks_are_refused_unless_each_trained_step_gets_a_row() -> None:
    with pytest.raises(ExportRefusedError, match="loss_mask_per_message 1"):
        LlamaFactory().write(masked())
    rows = LlamaFactory(unsupported=Unsupported.SPLIT).write(masked()).rows
    assert [len(row["conversations"]) for row in rows] == [2, 6]
    assert [row["conversations"][-1]["from"] for row in rows] == ["function_call", "gpt"]


def test_splitting_splits_every_example_because_the_trainers_mode_holds_for_all() -> None:
    assert len(LlamaFactory(unsupported=Unsupported.SPLIT).write(example()).rows) == 2


def test_splitting_does_not_hide_a_weight() -> None:
    weighted = example(labels={2: Label(is_trained=True, weight=0.5), 5: TRAINED})
    with pytest.raises(ExportRefusedError, match="loss_weight 1"):
        LlamaFactory(unsupported=Unsupported.SPLIT).write(weighted)


@pytest.mark.parametrize(
    ("form", "keys"),
    [
        (LlamaFactory(), {"messages", "system", "tools"}),
        (LlamaFactoryRanking(), {"messages", "system", "tools", "chosen", "rejected"}),
        (LlamaFactoryKto(), {"messages", "system", "tools", "kto_tag"}),
    ],
)
def test_dataset_info_names_columns_that_the_rows_have(form: Any, keys: set[str]) -> None:
    given_example = {"trajectory": example(), "pair": pair(), "sample": sample()}[form.unit]
    row = only_row(form, given_example)
    files = {"train": ["train-00000.jsonl", "train-00001.jsonl"], "test": ["test-00000.jsonl"]}
    info = json.loads(form.side_files("hills", files)["dataset_info.json"])
    assert list(info) == ["hills_train", "hills_train_1", "hills_test"]
    for entry in info.values():
        assert set(entry["columns"]) == keys
        assert set(entry["columns"].values()) <= set(row)
        assert entry.get("ranking", False) == (form.unit == "pair")


def test_a_pair_is_one_turn_on_each_side() -> None:
    """Silent failure 6 in this trainer's clothes: of longer sides tool results would be trained."""
    row = only_row(LlamaFactoryRanking(), pair())
    assert (row["chosen"]["from"], row["rejected"]) == ("function_call", {"from": "gpt", "value": "Done."})
    assert LlamaFactoryRanking().changes(pair()) == {}
    assert LlamaFactoryRanking().changes(pair(*ROLLOUT[2:5])) == {"multi_message_sides": 1}


def test_a_context_that_ends_with_the_assistant_is_refused() -> None:
    context = (message(0, Role.USER, "a"), message(1, Role.ASSISTANT, "b"))
    assert LlamaFactoryRanking().changes(pair(context=context)) == {"context_ends_with_assistant": 1}


def test_margins_are_counted_and_weights_refused() -> None:
    assert LlamaFactoryRanking().losses(pair(margin=0.5)) == {"pair_margin": 1}
    assert LlamaFactoryRanking().changes(pair(weight=0.5)) == {"pair_weight": 1}


def test_a_sample_carries_its_label_and_needs_one() -> None:
    assert only_row(LlamaFactoryKto(), sample(is_good=False))["label"] is False
    unknown = sample(is_good=None, value=0.5)
    assert LlamaFactoryKto().changes(unknown) == {"no_label": 1}
    assert LlamaFactoryKto().losses(unknown) == {"value": 1}
    assert LlamaFactoryKto().rows(unknown) == []


def test_arguments_that_are_no_json_are_refused_everywhere() -> None:
    broken: Message = message(2, Role.ASSISTANT, tool_calls=(ToolCall(name="f", arguments="{"),))
    assert LlamaFactory().changes(example(*ROLLOUT[:2], broken)) == {"unparsable_arguments": 1}
    assert LlamaFactoryRanking().changes(pair(broken)) == {"unparsable_arguments": 1}
    assert LlamaFactoryKto().changes(sample(completion=(broken,))) == {"unparsable_arguments": 1}
