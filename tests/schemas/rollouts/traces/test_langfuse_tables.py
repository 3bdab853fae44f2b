"""Langfuse's CSV and Parquet exports hold what its JSON exports hold."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.rollouts.format import Head
from schemas.rollouts.traces import langfuse_tables
from schemas.rollouts.traces.langfuse_tables import read_table, table_columns
from schemas.trajectory import Trajectory
from tests.schemas.rollouts.leaves import Change, lost_leaves
from tests.schemas.rollouts.real_files import file_samples
from tests.schemas.rollouts.samples.langfuse import SCORES, SNAKE, TRACE, as_csv, as_parquet, lines


def decode(name: str, content: bytes) -> Decoded | Rejection:
    (sample,) = file_samples(name, content)
    return decode_record(sample.record, sample.source)


def read(name: str, content: bytes) -> Decoded:
    decoded = decode(name, content)
    assert isinstance(decoded, Decoded), decoded
    assert decoded.format_name == "langfuse"
    return decoded


def essence(trajectories: tuple[Trajectory, ...]) -> list[tuple[object, ...]]:
    """Give what does not depend on how the source is spelled."""
    return [
        (
            [(one.role, one.text, one.tool_calls, one.prompt_tokens) for one in trajectory.messages],
            trajectory.model, trajectory.cost_usd, trajectory.status, trajectory.agent,
        )
        for trajectory in trajectories
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "records"),
    [
        ("1.csv", as_csv(TRACE), TRACE),
        ("1.csv.gz", as_csv(SNAKE), SNAKE),
        ("1.parquet", as_parquet(SNAKE), SNAKE),
    ],
)
def test_tables_of_observations_are_read_as_json_is(
    name: str, content: bytes, records: list[dict[str, Any]]
) -> None:
    plain = read("1.jsonl", lines(records)).trajectories
    assert essence(read(name, content).trajectories) == essence(plain)
    assert plain


@pytest.mark.parametrize(("name", "content"), [("1.csv", as_csv(SCORES)), ("1.parquet", as_parquet(SCORES))])
def test_tables_of_scores_are_read_as_json_is(name: str, content: bytes) -> None:
    plain, table = read("1.jsonl", lines(SCORES)).verdicts, read(name, content).verdicts
    assert [(one.score, one.run) for one in table] == [(one.score, one.run) for one in plain]


def test_ids_of_digits_in_a_csv_stay_text() -> None:
    (verdict, _) = read("1.csv", as_csv([score | {"traceId": "0012"} for score in SCORES])).verdicts
    assert verdict.run == "0012"


def test_each_cell_of_a_csv_matters() -> None:
    (sample,) = file_samples("1.csv", as_csv(SNAKE))

    def changes(_: bytes) -> Iterator[Change]:
        for at, name in ((at, name) for at, row in enumerate(SNAKE) for name in row):
            other = [row | {name: f"{row.get(name)}~"} if at == i else row for i, row in enumerate(SNAKE)]
            yield name, as_csv(other)

    assert lost_leaves(sample, changes=changes) == set()


def test_times_of_parquet_are_written_so_that_they_sort() -> None:
    rows = [SNAKE[0], SNAKE[0] | {"start_time": "2026-05-01 10:00:00.500000"}]
    written = [json.loads(row)["start_time"] for row in read_table(as_parquet(rows), "") or ()]
    assert written == sorted(written)
    assert written[0].startswith("2026-05-01 10:00:00.0")


def test_prompts_longer_than_a_cell_of_the_csv_module_are_read() -> None:
    (trajectory,) = read("1.csv", as_csv([SNAKE[1] | {"input": "x" * 200_000}])).trajectories
    assert len(trajectory.messages[0].text or "") == 200_000


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1PAR1", b"PAR1" + b"\0" * 9 + b"PAR1"])
def test_what_is_no_whole_parquet_file_has_no_columns(content: bytes) -> None:
    assert table_columns(Head(file_name="1.parquet", start=content, records=(), end=content)) == frozenset()


def test_a_parquet_file_of_anything_else_is_refused_as_ever() -> None:
    written = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), written)
    rejection = decode("a.parquet", written.getvalue())
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "binary_content"


def test_a_csv_that_scores_nothing_is_none_of_langfuses() -> None:
    columns = table_columns(Head(file_name="1.csv", start=b"name,data_type,source\n", records=()))
    assert columns == {"name", "data_type", "source"}
    rejection = decode("1.csv", b"name,data_type,source\na,text,b\n")
    assert isinstance(rejection, Rejection)
    assert rejection.format_name is None


def test_a_broken_table_is_refused_whole() -> None:
    broken = as_parquet(SNAKE)
    broken = broken[:8] + bytes(60) + broken[68:]
    short_row = as_csv(TRACE) + b"only,two\n"
    for name, content in (("1.parquet", broken), ("1.csv", short_row)):
        rejection = decode(name, content)
        assert isinstance(rejection, Rejection)
        assert (rejection.reason, rejection.format_name) == ("unexpected_shape", "langfuse")


def test_a_parquet_file_that_expands_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(langfuse_tables, "EXPANDED_BYTES", 10)
    rejection = decode("1.parquet", as_parquet(SNAKE))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "record_too_large"
