"""Token rows from recipe to trainer: what carries loss in the file is what `SFTTrainer` trains, and nothing secret is in it."""

import json
import shutil
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest

from flows.export import export
from flows.resolve import resolve
from schemas.errors import RecipeError
from schemas.recipe import parse_recipe
from tests.flows.finished import Finished, exported_rows
from tests.tiny_model import IGNORED_LABEL, build_tokenizer, tokenise, trained_texts
from warehouse import Warehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(demo_run: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's warehouse: exports are rows of it."""
    root = tmp_path_factory.mktemp("tokens") / "w"
    shutil.copytree(demo_run.root, root, ignore=shutil.ignore_patterns("prefect"))
    return root


@pytest.fixture(scope="module")
def tokenizer_folder(demo_run: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer of the demo's own words, with Qwen3's template."""
    folder = tmp_path_factory.mktemp("tokenizer")
    rows = exported_rows(demo_run.out / "trl_sft")
    build_tokenizer([m["content"] or "" for row in rows for m in row["messages"]]).save_pretrained(folder)
    return folder


def write(root: Path, folder: Path, out: Path, **parameters: Any) -> list[dict[str, Any]]:
    export(
        warehouse=root,
        dataset="demo",
        format_name="tokens",
        out=out,
        parameters={"tokenizer": str(folder), **parameters},
    )
    return exported_rows(out)


def load_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


# trl 1.16 sets transformers' old name of the option by default
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_the_trainer_trains_exactly_the_labels_of_the_file(
    demo_run: Finished, root: Path, tokenizer_folder: Path, tmp_path: Path
) -> None:
    rows = write(root, tokenizer_folder, tmp_path / "out")
    words = load_tokenizer(tokenizer_folder)
    loaded = datasets.load_dataset(
        str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache")
    ).select_columns(["input_ids", "labels"])
    trained = tokenise(loaded, words, tmp_path / "run", assistant_only_loss=False)
    assert [list(row["labels"]) for row in trained] == [row["labels"] for row in loaded]
    conversations = {row["trajectory_id"]: row for row in exported_rows(demo_run.out / "trl_sft")}
    for row in rows:
        said = [
            m["content"] for m in conversations[row["trajectory_id"]]["messages"] if m["role"] == "assistant"
        ]
        texts = trained_texts(row, words)
        assert len(texts) == len(said)
        assert all((text or "").strip() in decoded for text, decoded in zip(said, texts, strict=True))
        assert all(decoded.endswith("<|im_end|>") for decoded in texts)


def test_windows_keep_each_trained_token_once(root: Path, tokenizer_folder: Path, tmp_path: Path) -> None:
    whole = write(root, tokenizer_folder, tmp_path / "whole")
    parts = write(root, tokenizer_folder, tmp_path / "parts", max_tokens=600, overlap=50)
    assert len(parts) > len(whole)
    assert max(len(row["input_ids"]) for row in parts) <= 600
    assert trained_by_trajectory(parts) == trained_by_trajectory(whole)


def trained_by_trajectory(rows: list[dict[str, Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in sorted(rows, key=lambda row: (row["trajectory_id"], row["part"])):
        own = [label for label in row["labels"] if label != IGNORED_LABEL]
        found.setdefault(row["trajectory_id"], []).extend(own)
    return found


def test_the_manifest_knows_the_tokenizer_by_its_content(
    root: Path, tokenizer_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tokenizer_folder, other)
    config = json.loads((other / "tokenizer_config.json").read_text())
    (other / "tokenizer_config.json").write_text(json.dumps(config | {"note": 1}))
    told = []
    for folder in (tokenizer_folder, other):
        write(root, folder, tmp_path / "out")
        told.append(json.loads((tmp_path / "out" / "manifest.json").read_text())["format"]["resources"])
    assert told[0] != told[1]


def test_what_is_redacted_is_gone_before_it_is_tokenised(
    root: Path, tokenizer_folder: Path, tmp_path: Path
) -> None:
    arguments: dict[str, Any] = {
        "warehouse": root,
        "dataset": "demo",
        "format_name": "tokens",
        "parameters": {"tokenizer": str(tokenizer_folder)},
    }
    export(**arguments, out=tmp_path / "plain")
    report = export(**arguments, out=tmp_path / "clean", redact=["all"])
    words = load_tokenizer(tokenizer_folder)
    plain, clean = (
        "".join(words.decode(row["input_ids"]) for row in exported_rows(tmp_path / name))
        for name in ("plain", "clean")
    )
    assert sum(report.redactions.values()) > 0
    assert "[REDACTED:" not in plain
    assert "[REDACTED:" in clean


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("tokenizer: nowhere", "export 1.*'nowhere', which is no folder"),
        ("{}", "tokenizer"),
        ("tokenizer: FOLDER, chat_template: nowhere.jinja", "which is no file"),
        ("tokenizer: FOLDER, history: as_dreamt", "as_dreamt"),
        ("tokenizer: FOLDER, chat_template: WORDS", "export 1.*does not write tool calls"),
    ],
)
def test_a_tokenizer_that_cannot_be_used_fails_before_any_work(
    root: Path, tokenizer_folder: Path, tmp_path: Path, parameters: str, words: str
) -> None:
    words_only = tmp_path / "words.jinja"
    words_only.write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}<|im_end|>{% endfor %}")
    spelled = parameters.replace("FOLDER", str(tokenizer_folder)).replace("WORDS", str(words_only))
    given = "{}" if parameters == "{}" else "{" + spelled + "}"
    text = f"{{name: t, signals: [outcomes], exports: [{{format: tokens, parameters: {given}}}]}}"
    with pytest.raises(RecipeError, match=words):
        resolve(Warehouse(root), parse_recipe(text))


def test_rows_are_as_long_as_their_labels_and_weights(
    root: Path, tokenizer_folder: Path, tmp_path: Path
) -> None:
    write(root, tokenizer_folder, tmp_path / "out", history="as_sampled")
    table = pq.read_table(tmp_path / "out" / "train-00000.parquet").to_pylist()
    for row in table:
        lengths = {len(row[name]) for name in ("input_ids", "labels", "attention_mask", "weights")}
        assert len(lengths) == 1
        assert [w > 0 for w in row["weights"]] == [label != IGNORED_LABEL for label in row["labels"]]
