import dataclasses

import pyarrow as pa
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.training import Label, Part, Span
from schemas.training.axolotl import Axolotl
from schemas.trajectory import Role, ToolCall
from tests.schemas.training.built import MASKED, ROLLOUT, TRAINED, example, hidden, message


def test_masks_stand_on_assistant_messages_only() -> None:
    (row,) = Axolotl().rows(example(labels={2: MASKED, 5: TRAINED}))
    assert [one["train"] for one in row["messages"]] == [None, None, False, None, None, True]
    assert Axolotl().changes(example(labels={2: MASKED, 5: TRAINED})) == {}


def test_hidden_characters_become_runs_whose_last_offset_is_inclusive() -> None:
    labels = {2: TRAINED, 5: hidden(1, 3)}
    (row,) = Axolotl().rows(example(labels=labels))
    assert row["messages"][5]["training_detail"] == [
        {"begin_offset": 0, "end_offset": 0, "train": True},
        {"begin_offset": 1, "end_offset": 2, "train": False},
        {"begin_offset": 3, "end_offset": 4, "train": True},
    ]
    assert Axolotl().changes(example(labels=labels)) == {}


@given(st.integers(0, 5), st.integers(0, 7))
def test_detail_says_of_each_character_what_the_label_says(begin: int, length: int) -> None:
    (row,) = Axolotl().rows(example(labels={5: hidden(begin, begin + length)}))
    flags = [
        part["train"]
        for part in row["messages"][5]["training_detail"]
        for _ in range(part["begin_offset"], part["end_offset"] + 1)
    ]
    assert flags == [not begin <= at < begin + length for at in range(len("Done."))]


def test_spans_beside_calls_or_reasoning_are_refused_because_these_would_lose_their_loss() -> None:
    assert Axolotl().changes(example(labels={2: hidden(0, 3)})) == {"loss_spans": 1}
    assert Axolotl().changes(example(labels={5: hidden(0, None, part=Part.CALL)})) == {"loss_spans": 1}


def test_a_trained_span_of_context_is_refused_because_the_end_of_the_turn_would_be_trained() -> None:
    span = Span(part=Part.TEXT, begin=0, end=2, is_trained=True, weight=1.0)
    labels = {5: dataclasses.replace(MASKED, spans=(span,))}
    assert Axolotl().changes(example(labels=labels)) == {"loss_spans": 1}


def test_weights_and_arguments_at_which_it_stops_are_refused() -> None:
    broken = message(2, Role.ASSISTANT, tool_calls=(ToolCall(name="f", arguments='{"a":'),))
    labels = {2: Label(is_trained=True, weight=0.5)}
    changes = Axolotl().changes(example(*ROLLOUT[:2], broken, labels=labels))
    assert changes == {"loss_weight": 1, "unparsable_arguments": 1}


def test_the_settings_name_the_keys_without_which_masks_and_reasoning_are_lost() -> None:
    """Silent failure 7, and the one beside it: an unnamed mask is ignored."""
    files = {"train": ["train-00000.parquet", "train-00001.parquet"], "test": ["test-00000.parquet"]}
    settings = yaml.safe_load(Axolotl().side_files("hills", files)["axolotl.yaml"])
    assert [one["path"] for one in settings["datasets"]] == files["train"]
    assert [one["path"] for one in settings["test_datasets"]] == files["test"]
    (row,) = Axolotl().rows(example(labels={5: hidden(0, 1)}))
    for one in settings["datasets"]:
        for key in ("message_field_training", "message_field_training_detail", "template_thinking_key"):
            assert one[key] in row["messages"][5]
        assert row[one["field_messages"]]
        assert row[one["field_tools"]]


def test_parquet_declares_the_detail_so_that_a_late_first_one_is_no_surprise() -> None:
    rows = [*Axolotl().rows(example()), *Axolotl().rows(example(labels={5: hidden(0, 1)}))]
    assert pa.Table.from_pylist(rows, schema=Axolotl().arrow_schema).to_pylist() == rows
