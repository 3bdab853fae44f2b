"""Exports as trainers read them: with their own loaders."""

import json
from pathlib import Path

import datasets
import pytest

from flows.curate import curate
from flows.datasets.files import replaced_folder
from flows.export import export
from schemas.errors import DatasetNotFoundError, UnknownNameError, WinnowError
from tests.flows.finished import Finished, exported_rows
from tests.tiny_model import build_tokenizer, tokenise, trained_texts

pytestmark = pytest.mark.slow


def test_datasets_loads_each_export_by_its_folder(demo_run: Finished, tmp_path: Path) -> None:
    for exported in demo_run.report.exported:
        loaded = datasets.load_dataset(exported.folder, cache_dir=str(tmp_path))
        assert sum(split.num_rows for split in loaded.values()) == exported.row_count > 0
        assert set(loaded) <= {"train", "test"}


def test_loaded_rows_hold_exactly_the_arguments_of_the_policy_and_no_nulls(
    demo_run: Finished, tmp_path: Path
) -> None:
    loaded = datasets.load_dataset(str(demo_run.out / "trl_sft"), split="train", cache_dir=str(tmp_path))
    row = loaded[0]
    stored = demo_run.house.sql(
        "SELECT unnest(tool_calls).arguments FROM messages WHERE trajectory_id = ? ORDER BY seq",
        [row["trajectory_id"]],
    ).rows()
    written = [
        call["function"]["arguments"] for message in row["messages"] for call in message.get("tool_calls", [])
    ]
    assert written == [json.loads(arguments) for (arguments,) in stored][: len(written)]
    assert written
    assert {tool["type"] for tool in json.loads(row["tools"])} == {"function"}


def test_no_task_is_in_two_splits(demo_run: Finished) -> None:
    splits = demo_run.house.sql(
        "SELECT task_id, count(DISTINCT split) FROM decisions WHERE verdict = 'kept' GROUP BY task_id HAVING count(DISTINCT split) > 1"
    )
    assert splits.rows() == []
    assert demo_run.house.sql(
        "SELECT DISTINCT split FROM decisions WHERE verdict = 'kept' ORDER BY 1"
    ).rows() == [
        ("test",),
        ("train",),
    ]


def test_provenance_leads_each_row_to_its_raw_record(demo_run: Finished) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(demo_run.out / "trl_sft" / "provenance.parquet").to_pylist()
    train = [row for row in rows if row["split"] == "train"]
    assert [row["row_index"] for row in train] == list(range(len(train)))
    exported = [row["trajectory_id"] for row in exported_rows(demo_run.out / "trl_sft")]
    assert sorted(row["trajectory_id"] for row in rows) == sorted(exported)
    assert demo_run.house.raw_record(rows[0]["record_id"]).startswith(b"{")


def test_repairs_are_exported_in_their_parents_place(demo_run: Finished) -> None:
    assert demo_run.report.curated.repaired_count > 0
    pairs = demo_run.house.sql(
        "SELECT trajectory_id, child_id FROM decisions WHERE verdict = 'repaired'"
    ).rows()
    exported = {row["trajectory_id"] for row in exported_rows(demo_run.out / "trl_sft")}
    assert not exported & {parent for parent, _ in pairs}
    assert exported & {child for _, child in pairs}
    lineage = demo_run.house.sql(
        "SELECT parent_id, child_id FROM lineage WHERE child_kind = 'trajectory'"
    ).rows()
    assert sorted(lineage) == sorted(pairs)


def test_unknown_dataset_and_format_are_errors_that_name_the_known(
    demo_run: Finished, tmp_path: Path
) -> None:
    with pytest.raises(DatasetNotFoundError, match="demo"):
        export(warehouse=demo_run.root, dataset="dmeo", format_name="trl_sft", out=tmp_path / "x")
    with pytest.raises(UnknownNameError, match="trl_sft"):
        export(warehouse=demo_run.root, dataset="demo", format_name="trl", out=tmp_path / "x")


def test_folder_with_other_things_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(WinnowError, match="is not replaced"), replaced_folder(tmp_path):
        pass
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_curating_again_is_the_same_dataset_and_writes_no_row_twice(demo_run: Finished) -> None:
    before = demo_run.house.sql("SELECT count(*), (SELECT count(*) FROM train_labels) FROM decisions").rows()
    again = curate(warehouse=demo_run.root, recipe=Path("demo"))
    assert again == demo_run.report.curated
    assert (
        demo_run.house.sql("SELECT count(*), (SELECT count(*) FROM train_labels) FROM decisions").rows()
        == before
    )


# trl 1.16 sets transformers' old name of the option by default
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_sft_trainer_trains_the_policy_of_a_whole_export_and_nobody_else(
    demo_run: Finished, tmp_path: Path
) -> None:
    exported = datasets.load_dataset(str(demo_run.out / "trl_sft"), split="train", cache_dir=str(tmp_path))
    tokenizer = build_tokenizer([message["content"] for row in exported for message in row["messages"]])

    trained = tokenise(exported, tokenizer, tmp_path / "run")

    assert len(trained) == len(exported)
    for row, source in zip(trained, exported, strict=True):
        texts = trained_texts(row, tokenizer)
        spoken = [message for message in source["messages"] if message["role"] == "assistant"]
        assert len(texts) == len(spoken)
        for text, message in zip(texts, spoken, strict=True):
            assert message["content"] in text
            calls = [call["function"]["arguments"] for call in message.get("tool_calls", [])]
            assert all(json.dumps(arguments, ensure_ascii=False) in text for arguments in calls)
