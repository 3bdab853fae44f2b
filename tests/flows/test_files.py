"""Finding files and opening them whatever their compression."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from flows.files import file_digest, find_files, open_decompressed
from flows.recipes import load_recipe
from schemas.errors import RecipeError, SourceNotFoundError

TEXT = b"one\ntwo\n" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plain.jsonl").write_bytes(TEXT)
    (tmp_path / "named-wrongly.txt").write_bytes(gzip.compress(TEXT))
    compressor = zstandard.ZstdCompressor()
    half = len(TEXT) // 2
    (tmp_path / "two-frames.jsonl.zst").write_bytes(
        compressor.compress(TEXT[:half]) + compressor.compress(TEXT[half:])
    )
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "left-out.jsonl").write_bytes(TEXT)
    return tmp_path


def test_content_is_the_same_whatever_the_compression(folder: Path) -> None:
    for file in find_files([folder]):
        with open_decompressed(file.path) as stream:
            assert stream.read() == TEXT, file.path.name


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_truncated_stream_is_an_error_not_a_short_file(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(bytes(range(256)) * 4096)
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="runcated"), open_decompressed(tmp_path / "cut") as stream:
        stream.read()


def test_folders_globs_and_files_are_found_once_in_order(folder: Path) -> None:
    found = find_files([folder / "plain.jsonl", folder, str(folder / "*.zst")])
    assert [file.path.name for file in found] == ["plain.jsonl", "named-wrongly.txt", "two-frames.jsonl.zst"]


def test_source_is_named_by_the_user_or_by_the_file(folder: Path) -> None:
    assert [file.name for file in find_files([folder / "two-frames.jsonl.zst"])] == ["two-frames"]
    assert {file.name for file in find_files([folder])} == {folder.name}
    assert {file.name for file in find_files([str(folder / "**" / "*.jsonl")])} == {folder.name}
    assert [file.name for file in find_files([folder / "plain.jsonl"], source_name="mine")] == ["mine"]


def test_path_to_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="absent"):
        find_files([tmp_path / "absent"])


def test_digest_is_of_the_bytes_on_disk(folder: Path) -> None:
    digests = {file_digest(path) for path in folder.iterdir() if path.is_file()}
    assert len(digests) == 3


def test_bare_recipe_name_means_a_shipped_one(tmp_path: Path) -> None:
    assert load_recipe(Path("demo")).name == "demo"
    with pytest.raises(RecipeError, match="airline, demo"):
        load_recipe(tmp_path / "absent.yaml")
