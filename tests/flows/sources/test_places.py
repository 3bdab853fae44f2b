"""A file's place is the same however it is spelled, and no other file's; names that are no text become text."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sources.places import Places, as_text, printable, without_scheme

NAMES = st.binary(min_size=1, max_size=12).filter(lambda name: not set(name) & set(b"/\0")).map(os.fsdecode)


@given(NAMES)
def test_every_name_is_printed_as_text(name: str) -> None:
    shown = printable(name)
    assert shown.encode()
    assert len(Path(shown).parts) == 1
    assert printable(shown) == shown


@given(st.text().filter(lambda text: text.encode(errors="ignore").decode() == text))
def test_text_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


@given(NAMES, NAMES)
def test_two_names_never_share_a_place(one: str, other: str) -> None:
    places = Places()
    assert (places.of_file(f"/x/{one}") == places.of_file(f"/x/{other}")) == (one == other)
    assert places.of_file(f"/x/{one}").encode()


@given(NAMES)
def test_every_path_can_be_sent_as_text(name: str) -> None:
    assert as_text(f"/x/{name}").encode()
    assert without_scheme(as_text(f"/x/{name}")) == f"/x/{name}"


def test_a_place_is_the_same_however_it_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "linked").symlink_to("runs")
    monkeypatch.chdir(tmp_path / "runs")
    spelled = ["a.jsonl", "../runs/a.jsonl", "../linked/a.jsonl", f"{tmp_path}/linked/a.jsonl"]
    assert {Places().of_file(location) for location in spelled} == {f"{tmp_path.resolve()}/runs/a.jsonl"}
    assert Places().of_folder("../linked") == Places().of_folder("") == f"{tmp_path.resolve()}/runs"


def test_a_link_to_a_file_is_a_place_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "latest.jsonl").symlink_to("a.jsonl")
    assert Places().of_file(f"{tmp_path}/latest.jsonl") == f"{tmp_path.resolve()}/latest.jsonl"


def test_a_file_at_the_root_and_an_object_are_where_they_are() -> None:
    assert Places().of_file("/a.jsonl") == "/a.jsonl"
    assert (
        Places().of_file("s3://bucket/../a") == Places().of_folder("s3://bucket/../a") == "s3://bucket/../a"
    )
