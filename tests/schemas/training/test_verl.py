import ast

import pyarrow as pa

from schemas.training import Label
from schemas.training.tokens import TokenRenderer
from schemas.training.verl_dataset import DATASET_FILE, DATASET_SOURCE
from schemas.training.verl_rl import VerlRl
from schemas.training.verl_sft import VerlSft
from schemas.training.verl_tokens import VerlTokens
from schemas.trajectory import Role
from tests.schemas.training.built import MASKED, ROLLOUT, TOOLS, TRAINED, example, message, task
from tests.tiny_model import build_tokenizer


def test_parquet_gives_arguments_and_schemas_back_letter_by_letter() -> None:
    """Silent failure 2: a struct would come back with keys that the policy never wrote."""
    rows = VerlSft().rows(example())
    (read,) = pa.Table.from_pylist(rows, schema=VerlSft().arrow_schema).to_pylist()
    calls = read["messages"][2]["tool_calls"]
    assert [call["function"]["arguments"] for call in calls] == ['{"a" : 1.50}', '{"b": "</tool_call>"}']
    assert read["tools"] == TOOLS


def test_each_assistant_message_says_whether_it_is_trained() -> None:
    (row,) = VerlSft(enable_thinking=False).rows(example(labels={2: MASKED, 5: TRAINED}))
    assert [one["train"] for one in row["messages"]] == [None, None, False, None, None, True]
    assert row["enable_thinking"] is False


def test_content_is_never_null_because_verl_reads_it_of_every_message() -> None:
    (row,) = VerlSft().rows(example(message(0, Role.USER), message(1, Role.ASSISTANT, "a")))
    assert row["messages"][0]["content"] == ""


def test_a_trained_first_message_is_refused_because_verl_would_train_the_tool_schemas() -> None:
    greeting = (
        message(0, Role.ASSISTANT, "Welcome"),
        message(1, Role.USER, "a"),
        message(2, Role.ASSISTANT, "b"),
    )
    assert VerlSft().changes(example(*greeting)) == {"trained_first_message": 1}
    assert VerlSft().changes(example(*greeting, labels={2: TRAINED})) == {}


def test_weights_are_refused_and_parallel_results_counted() -> None:
    """Silent failure 5: verl's check stops at them with templates that join results."""
    weighted = example(labels={2: Label(is_trained=True, weight=0.5), 5: TRAINED})
    assert VerlSft().changes(weighted) == {"loss_weight": 1}
    assert VerlSft().losses(example()) == {"parallel_results": 1}


def test_the_dataset_class_comes_along_and_is_python() -> None:
    (written,) = VerlSft().side_files("hills", {}).items()
    assert written == (DATASET_FILE, DATASET_SOURCE.encode())
    names = {node.name for node in ast.parse(DATASET_SOURCE).body if isinstance(node, ast.ClassDef)}
    assert names == {"WinnowDataset"}


def test_an_rl_row_names_its_task_and_holds_no_gold_answer() -> None:
    (row,) = VerlRl(ability="flights").rows(task())
    assert row["prompt"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    assert (row["data_source"], row["ability"], row["agent_name"]) == ("hills", "flights", "tool_agent")
    assert row["reward_model"] == {"style": "rule", "ground_truth": "7"}
    assert row["extra_info"]["tools"] == TOOLS
    assert row["extra_info"]["index"] == task().task.task_id
    assert VerlRl().losses(task()) == {}
    assert len(ROLLOUT[:2]) == len(row["prompt"])


def test_token_rows_bring_a_dataset_class_and_refuse_weights() -> None:
    """Silent failure 5: verl itself stops at Qwen3's thinking template."""
    renderer = TokenRenderer(build_tokenizer(["Be kind.", "Done."]))
    form = VerlTokens(tokenizer="tiny", renderer=renderer)
    (row,) = form.rows(example(labels={2: MASKED, 5: TRAINED}))
    assert {label for label in row["labels"] if label != -100}
    assert form.changes(example(labels={2: Label(is_trained=True, weight=0.5), 5: TRAINED})) == {
        "loss_weight": 1
    }
    (source,) = form.side_files("hills", {}).values()
    assert "class WinnowTokens(" in source.decode()
    ast.parse(source)
