"""Refusals as the owner of the data sees them: why, where, what to do, and gone once the file is mended."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.ingest import ingest
from flows.rejects import EXCERPT_BYTES, grouped_rejects, listed_rejects
from flows.summary import after_ingest
from schemas.errors import UnknownNameError
from schemas.reasons import SUGGESTIONS, RejectReason
from warehouse import Warehouse

PNG = b"\x89PNG\r\n\x1a\n\0\0 \n"
BROKEN, ODD = '{"broken": ', '{"colour": "blue"}'


def chat(number: int) -> str:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    return json.dumps({"messages": messages, "task_id": "t", "trial": number})


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def ingested(tmp_path: Path, *paths: Path, **options: Any) -> Warehouse:
    root = tmp_path / "warehouse"
    ingest(warehouse=root, paths=[str(path) for path in paths], **options)
    return Warehouse(root)


def refused(house: Warehouse, reason: str | None = None) -> list[tuple[str, str]]:
    rows = listed_rejects(house, reason=reason, limit=50).to_pylist()
    return [(row["locator"], row["reason"]) for row in rows]


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_comes_with_advice(reason: RejectReason) -> None:
    assert SUGGESTIONS[reason].endswith((".", ")."))


@pytest.mark.slow
def test_refusals_are_grouped_with_an_example_and_listed_with_their_start(tmp_path: Path) -> None:
    file = write(tmp_path / "mixed.jsonl", chat(0), ODD, '{"colour": "rød"}', "{oops")
    house = ingested(tmp_path, file)
    grouped = [(row["reason"], row["count"], row["example"]) for row in grouped_rejects(house).to_pylist()]
    assert grouped == [("unknown_format", 2, f"{file} line 2"), ("invalid_json", 1, f"{file} line 4")]
    listed = listed_rejects(house, reason="unknown_format", limit=50).to_pylist()
    assert [row["excerpt"] for row in listed] == [ODD, '{"colour": "rød"}']
    assert refused(house, "python_pickle") == []
    assert listed_rejects(house, reason=None, limit=1).num_rows == 1


@pytest.mark.slow
def test_excerpts_cannot_command_a_terminal_and_need_no_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(PNG)
    write(folder / "b.json", "\x1b[2J" + "🙂" * EXCERPT_BYTES)
    (folder / "c.json").symlink_to(tmp_path / "nowhere")
    (folder / "d.json").touch()
    house = ingested(tmp_path, folder)
    excerpts = listed_rejects(house, reason=None, limit=50)["excerpt"].to_pylist()
    smiles = (EXCERPT_BYTES - len("\x1b[2J")) // len("🙂".encode())
    assert excerpts == [r"�PNG\r\n\x1a\n\x00\x00 \n", r"\x1b[2J" + "🙂" * smiles, "", ""]


@pytest.mark.slow
def test_mending_a_file_settles_its_refusals_but_for_lines_that_stay_bad(tmp_path: Path) -> None:
    file = write(tmp_path / "runs.jsonl", chat(0), "{oops", ODD)
    assert refused(ingested(tmp_path, file)) == [("line 2", "invalid_json"), ("line 3", "unknown_format")]
    write(file, chat(0), chat(1), ODD)
    assert refused(ingested(tmp_path, file)) == [("line 3", "unknown_format")]
    write(file, chat(0), chat(1), chat(2))
    house = ingested(tmp_path, file)
    assert refused(house) == []
    assert grouped_rejects(house).num_rows == 0
    assert house.sql("SELECT count(*) FROM trajectories").rows() == [(3,)]


@pytest.mark.slow
def test_a_file_that_turns_bad_again_is_refused_again(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    for lines in ((BROKEN,), (chat(0),), (BROKEN,)):
        write(file, *lines)
        house = ingested(tmp_path, file)
    assert len(refused(house)) == 1


@pytest.mark.slow
def test_the_same_bytes_are_read_once_something_can_read_them(tmp_path: Path) -> None:
    file = write(tmp_path / "runs.jsonl", chat(0), chat(1))
    house = ingested(tmp_path, file, format_name="tau_bench")
    assert len(refused(house)) == 2
    house = ingested(tmp_path, file)
    assert refused(house) == []
    assert house.sql("SELECT parse_status, count(*) FROM records GROUP BY ALL").rows() == [("parsed", 2)]
    assert house.sql("SELECT rejected_count, kept_count FROM sources").rows() == [(0, 2)]


@pytest.mark.slow
def test_rollouts_that_lie_under_a_field_come_with_the_line_that_parts_them(tmp_path: Path) -> None:
    wrapped = json.dumps({"data": [json.loads(chat(0))], "page": 1})
    house = ingested(tmp_path, write(tmp_path / "page.json", wrapped), write(tmp_path / "odd.jsonl", ODD))
    ((advice,),) = pl.DataFrame(grouped_rejects(house)).select("suggestion").rows()
    assert advice.startswith(SUGGESTIONS[RejectReason.UNKNOWN_FORMAT])
    assert "`jq -c '.data[]' FILE > rollouts.jsonl`" in advice


@pytest.mark.slow
def test_without_a_limit_all_are_listed(tmp_path: Path) -> None:
    count = 120
    house = ingested(
        tmp_path, write(tmp_path / "odd.jsonl", *(f'{{"odd": {line}}}' for line in range(count)))
    )
    assert listed_rejects(house, reason=None, limit=None).num_rows == count


@pytest.mark.slow
def test_an_unknown_reason_names_the_known(tmp_path: Path) -> None:
    house = Warehouse(tmp_path / "warehouse", create=True)
    with pytest.raises(UnknownNameError, match="did you mean 'invalid_json'") as fault:
        listed_rejects(house, reason="invalid_jsn", limit=50)
    assert all(reason in str(fault.value) for reason in RejectReason)


@pytest.mark.slow
def test_after_an_ingest_only_tables_with_rows_are_shown(tmp_path: Path) -> None:
    house = ingested(tmp_path, write(tmp_path / "good.jsonl", chat(0)))
    assert list(after_ingest(house.root)) == [
        "in the warehouse, by format; a record of several files counts once"
    ]
    house = ingested(
        tmp_path,
        write(tmp_path / "odd.jsonl", ODD),
        write(tmp_path / "labels.csv", "task_id,reward", "t,1"),
    )
    formats, rejects, scores = (rows.to_pylist() for rows in after_ingest(house.root).values())
    assert [(row["format"], row["trajectory_count"], row["missing_reward_count"]) for row in formats] == [
        ("labels_csv", 0, 0),
        ("openai_chat", 1, 0),
        ("unknown", 0, 0),
    ]
    assert [row["suggestion"] for row in rejects] == [SUGGESTIONS[RejectReason.UNKNOWN_FORMAT]]
    assert [(row["state"], row["verdict_count"]) for row in scores] == [("attached", 1)]
