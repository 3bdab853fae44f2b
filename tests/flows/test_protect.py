"""Texts of files become a protected set, under a name that recipes can use."""

import json
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from flows.cli import app
from flows.protect import ProtectCounts, protect
from flows.protected import known_sets, read_protected
from flows.task_texts import read_all_texts, read_task_texts
from schemas.errors import SourceNotFoundError, UnknownNameError, WinnowError
from schemas.trajectory import Message, Origin, Role, Task, TaskSecrets, Trajectory
from tests.curation.rollouts import rollout, say
from tests.flows.stored import insert
from warehouse import Warehouse

TEXT = "What is the capital of the country where the Rhine ends?"


@pytest.fixture
def house(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", create=True)


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def held(house: Warehouse) -> list[tuple[str, ...]]:
    columns = ["set_name", "benchmark", "task_key", "text"]
    return house.store.read("protected_texts").select(columns).sort(columns).rows()


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_each_kind_of_file_gives_the_same_texts(suffix: str, house: Warehouse, tmp_path: Path) -> None:
    rows = pl.DataFrame({"id": [7, 8, 9], "question": [TEXT, " ", None], "other": ["a", "b", "c"]})
    path = tmp_path / f"gaia.{suffix}"
    {"jsonl": rows.write_ndjson, "csv": rows.write_csv, "parquet": rows.write_parquet}[suffix](path)  # type: ignore[operator]  # overloads
    counts = protect(warehouse=house.root, paths=[path], name="gaia")
    assert counts == ProtectCounts(read_count=3, empty_count=2, text_count=1)
    assert held(house) == [("gaia", "gaia", "7", TEXT)]


def test_lines_of_text_are_numbered(house: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path, "notes.txt", f"first\n\n{TEXT}\n")
    protect(warehouse=house.root, paths=[path], name="notes")
    assert held(house) == [
        ("notes", "notes", "notes.txt:1", "first"),
        ("notes", "notes", "notes.txt:3", TEXT),
    ]


def test_columns_can_be_named_and_a_benchmark_of_the_row_counts(house: Warehouse, tmp_path: Path) -> None:
    row = {"text": "not this", "Q": TEXT, "nr": "x1", "benchmark": "gaia-2"}
    path = write(tmp_path, "a.jsonl", json.dumps(row))
    protect(warehouse=house.root, paths=[path], name="gaia", text_column="Q", key_column="nr")
    assert held(house) == [("gaia", "gaia-2", "x1", TEXT)]


def test_a_set_is_replaced_and_the_same_one_changes_nothing(house: Warehouse, tmp_path: Path) -> None:
    one, two = write(tmp_path, "1.txt", "one"), write(tmp_path, "2.txt", "two")
    protect(warehouse=house.root, paths=[one], name="a")
    protect(warehouse=house.root, paths=[one, two], name="b")
    version = house.store.version("protected_texts")
    protect(warehouse=house.root, paths=[two, one], name="b")
    assert house.store.version("protected_texts") == version
    protect(warehouse=house.root, paths=[two], name="b")
    assert [row[::3] for row in held(house)] == [("a", "one"), ("b", "two")]
    assert read_protected(house, ["a", "b"], where="here")["text"].sort().to_list() == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.pdf", "x", r"ends in '.pdf'. Files of protected texts end in .csv, .jsonl"),
        ("a.jsonl", "{]", "cannot be read as .jsonl"),
        ("a.jsonl", '{"words": "x"}', r"has no column text or instruction .*Its columns: words"),
        ("a.jsonl", '{"text": 7}', r"Column 'text' of .* must hold text, it holds Int64"),
    ],
)
def test_unusable_files_are_refused(
    name: str, content: str, match: str, house: Warehouse, tmp_path: Path
) -> None:
    with pytest.raises(WinnowError, match=match):
        protect(warehouse=house.root, paths=[write(tmp_path, name, content)], name="a")
    assert house.store.version("protected_texts") is None


def test_missing_files_columns_and_odd_names_are_refused(house: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", TEXT)
    with pytest.raises(SourceNotFoundError, match="No file at"):
        protect(warehouse=house.root, paths=[tmp_path / "none.txt"], name="a")
    with pytest.raises(WinnowError, match="has no column key"):
        protect(warehouse=house.root, paths=[path], name="a", key_column="key")
    with pytest.raises(WinnowError, match="cannot be called 'benchmark:a'"):
        protect(warehouse=house.root, paths=[path], name="benchmark:a")


def test_the_command_says_what_it_did(house: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", TEXT)
    command = ["protect", str(path), "--name", "mine", "--warehouse", str(house.root)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert known_sets(house) == ["mine"]


def test_a_set_that_is_not_there_is_named_with_those_that_are(house: Warehouse, tmp_path: Path) -> None:
    protect(warehouse=house.root, paths=[write(tmp_path, "a.txt", TEXT)], name="gaia")
    insert(house, rollout(say()))
    with pytest.raises(
        UnknownNameError, match=r"Unknown protected set 'gaya' in rule 1(.|\n)*benchmark:bench, gaia"
    ):
        read_protected(house, ["gaya"], where="rule 1")


def of_task(task: Task, *messages: Message) -> Trajectory:
    trial = rollout(say(), task=task.task_key)
    return replace(trial, task=task, messages=messages or trial.messages)


def test_a_task_is_told_by_instruction_secret_or_first_words(house: Warehouse) -> None:
    secrets = TaskSecrets(private_instruction='{"reason": "You want a refund.", "persona": null}')
    insert(
        house,
        of_task(Task(benchmark="other", task_key="opening")),
        of_task(Task(benchmark="bench", task_key="told", instruction="Do it.", secrets=secrets)),
        of_task(Task(benchmark="bench", task_key="secret", secrets=secrets)),
    )
    texts = dict(read_all_texts(house).group_by("task_key", maintain_order=True).agg("text").iter_rows())
    assert texts == {
        "opening": ["help"],
        "told": ["Do it.", "You want a refund."],
        "secret": ["You want a refund."],
    }
    first = dict(read_task_texts(house).select("task_key", "text").iter_rows())
    assert first == {"opening": "help", "told": "Do it.", "secret": "You want a refund."}
    assert read_all_texts(house, "other")["task_key"].to_list() == ["opening"]


def test_first_words_are_the_users_own_before_the_policy_speaks(house: Warehouse) -> None:
    said = (
        (Role.USER, Origin.DEMO, "an example"),
        (Role.ASSISTANT, Origin.DEMO, "its answer"),
        (Role.ASSISTANT, Origin.SCRIPTED, "Hello, what can I do?"),
        (Role.USER, Origin.SCRIPTED, "Fix the bug."),
        (Role.USER, Origin.INJECTED, "It is in a.py."),
        (Role.ASSISTANT, Origin.SAMPLED, "Sure."),
        (Role.USER, Origin.SCRIPTED, "Thanks."),
    )
    messages = [
        Message(seq=seq, role=role, origin=origin, text=text) for seq, (role, origin, text) in enumerate(said)
    ]
    silent = of_task(Task(benchmark="bench", task_key="silent"), messages[-2])
    insert(house, of_task(Task(benchmark="bench", task_key="bug"), *messages), silent)
    texts = dict(read_task_texts(house).select("task_key", "text").iter_rows())
    assert texts == {"bug": "Fix the bug.\nIt is in a.py.", "silent": None}
