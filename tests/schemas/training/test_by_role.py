"""What prime-rl's, SkyRL's and NeMo-RL's own loaders were seen to stop at or to change; see tests/loaders."""

import json
from typing import Any

import pyarrow as pa
import pytest

from schemas.training import Label, Unsupported, encode_jsonl
from schemas.training.by_role import NemoRlSft, PrimeRlSft, SkyrlRl, SkyrlSft
from schemas.training.nemo_rl_preference import NemoRlPreference
from schemas.trajectory import Role, ToolCall
from tests.schemas.training.built import MASKED, ROLLOUT, TOOLS, TRAINED, example, message, pair, task

GREETED = (
    message(0, Role.ASSISTANT, "Hello"),
    message(1, Role.USER, "Hi"),
    message(2, Role.ASSISTANT, "Done."),
)
BROKEN = (*ROLLOUT[:2], message(2, Role.ASSISTANT, tool_calls=(ToolCall(name="f", arguments="{"),)))


def line_of(form: NemoRlSft) -> Any:
    return json.loads(encode_jsonl(form.rows(example())[0]))


@pytest.mark.parametrize("form", [PrimeRlSft(), SkyrlSft(), NemoRlSft()], ids=lambda form: form.name)
def test_a_mask_is_refused_where_loss_goes_by_role(form: Any) -> None:
    assert form.changes(example(labels={2: MASKED, 5: TRAINED})) == {"loss_mask_per_message": 1}
    assert form.changes(example()) == {}


@pytest.mark.parametrize("form", [PrimeRlSft(), SkyrlSft()], ids=lambda form: form.name)
def test_broken_arguments_are_refused_where_the_trainer_parses_them(form: Any) -> None:
    assert form.changes(example(*BROKEN)) == {"unparsable_arguments": 1}


def test_skyrl_refuses_whole_rows_that_begin_with_the_assistant_and_splits_them() -> None:
    assert SkyrlSft().changes(example(*GREETED, labels={2: TRAINED}))["assistant_first"] == 1
    written = SkyrlSft(unsupported=Unsupported.SPLIT).write(example(*GREETED, labels={2: TRAINED}))
    (row,) = written.rows
    assert [one["content"] for one in row["messages"]] == ["Hello", "Hi", "Done."]


def test_skyrl_cannot_split_off_a_turn_with_nothing_before_it() -> None:
    assert SkyrlSft().split_changes(example(*GREETED)) == {"trained_first_message": 1}


def test_skyrl_refuses_whole_rows_with_a_later_word_of_the_system() -> None:
    later = (*ROLLOUT[:3], message(3, Role.SYSTEM, "Hurry."), message(4, Role.ASSISTANT, "Done."))
    assert SkyrlSft().changes(example(*later)) == {"later_system_messages": 1}
    assert SkyrlSft().split_changes(example(*later)) == {}


def test_skyrl_counts_parallel_results_only_where_messages_are_rendered_one_by_one() -> None:
    assert SkyrlSft().losses(example()) == {"parallel_results": 1}
    assert SkyrlSft(unsupported=Unsupported.SPLIT).losses(example()) == {}


@pytest.mark.parametrize("labels", [{2: TRAINED, 5: TRAINED}, {5: TRAINED}])
def test_skyrl_splits_every_example_because_one_mode_holds_for_all_rows(labels: dict[int, Label]) -> None:
    written = SkyrlSft(unsupported=Unsupported.SPLIT).write(example(labels=labels))
    assert [len(row["messages"]) - 1 for row in written.rows] == list(labels)


def test_a_skyrl_task_names_its_environment_and_holds_no_gold_answer() -> None:
    (row,) = SkyrlRl(env_class="airline").rows(task())
    assert (row["env_class"], row["task_key"], row["tools"]) == ("airline", "7", TOOLS)
    assert set(row) == set(SkyrlRl().arrow_schema.names)


def test_a_nemo_rl_line_has_native_tools_because_its_reader_parses_no_string() -> None:
    assert line_of(NemoRlSft())["tools"] == json.loads(TOOLS)


def test_nemo_rl_arguments_are_the_exact_string_or_the_object() -> None:
    (exact, _) = line_of(NemoRlSft())["messages"][2]["tool_calls"]
    assert exact["function"]["arguments"] == '{"a" : 1.50}'
    (parsed, _) = line_of(NemoRlSft(arguments="object"))["messages"][2]["tool_calls"]
    assert parsed["function"]["arguments"] == {"a": 1.5}


def test_nemo_rl_refuses_broken_arguments_which_stand_as_a_string() -> None:
    assert NemoRlSft().changes(example(*BROKEN)) == {"unparsable_arguments": 1}
    assert NemoRlSft(arguments="object").changes(example(*BROKEN)) == {"unparsable_arguments": 1}
    (row,) = NemoRlSft(arguments="object").rows(example(*BROKEN))
    assert row["messages"][2]["tool_calls"][0]["function"]["arguments"] == "{"


def test_nemo_rl_refuses_a_trained_first_message_whose_chunk_holds_the_schemas() -> None:
    assert NemoRlSft().changes(example(*GREETED)) == {"trained_first_message": 1}


def test_nemo_rl_counts_messages_before_which_a_stray_heading_can_stand() -> None:
    said = (message(0, Role.USER, "a"), message(1, Role.USER, "b"), message(2, Role.ASSISTANT, "c"))
    assert NemoRlSft().losses(example(*said)) == {"stray_headings": 1}
    assert NemoRlSft().losses(example())["stray_headings"] == 1


def test_a_nemo_rl_pair_comes_back_from_parquet_as_it_was_written() -> None:
    form = NemoRlPreference()
    (row,) = form.rows(pair())
    (read,) = pa.Table.from_pylist([row], schema=form.arrow_schema).to_pylist()
    assert read == row
    better, worse = read["completions"]
    assert (better["rank"], worse["rank"]) == (0, 1)
    assert better["completion"][0]["tool_calls"][0]["function"]["arguments"] == '{"a" : 1.50}'
    assert form.losses(pair()) == {"tool_schemas": 1}
