"""Content that was never JSON is refused for what it is, with its bytes."""

import gzip
import io
import lzma
import pickle

import pytest

from schemas.rollouts import Rejection, Source, decode_record, read_records

SOURCE = Source(uri="some/file", name="file")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n \n"


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        pytest.param(PNG, "binary_content", "PNG", id="png"),
        pytest.param(b"%PDF-1.7\n", "binary_content", "PDF", id="pdf"),
        pytest.param(b"PAR1\x15\0", "binary_content", "Parquet", id="parquet"),
        pytest.param(lzma.compress(b"{}"), "unsupported_packing", "xz", id="xz"),
        pytest.param(gzip.compress(b"{}"), "unsupported_packing", "gzip", id="gzip-in-gzip"),
        pytest.param(bytes(10240), "empty_file", "empty tar", id="empty-tar"),
        pytest.param(bytes(512), "binary_content", "NUL", id="few-nuls"),
        pytest.param(bytes(10239) + b"x", "binary_content", "NUL", id="nuls-and-more"),
        pytest.param(b"abc\0def", "binary_content", "NUL", id="nul-bytes"),
        pytest.param(pickle.dumps({"a": 1}), "python_pickle", "never", id="pickle"),
        pytest.param(pickle.dumps({"a": 1}, protocol=0), "python_pickle", "never", id="text-pickle"),
        pytest.param(b'{"a": "\0"}', "invalid_json", "", id="nul-in-a-string"),
        pytest.param('{"a": 1}'.encode("utf-16"), "invalid_encoding", "UTF-8", id="utf-16"),
        pytest.param('{"a": "é"}'.encode("latin-1"), "invalid_encoding", "UTF-8", id="latin-1"),
        pytest.param(b'{"a": "\\ud800"}', "invalid_encoding", "surrogate", id="lone-surrogate"),
        pytest.param(b"[" * 1_000_000, "invalid_json", "deep", id="deep"),
        pytest.param(b"9" * 10_000_000, "not_finite_number", "out of range", id="digits"),
        pytest.param(b'{"reward": NaN}', "not_finite_number", "NaN", id="nan"),
        pytest.param(b"plain words", "invalid_json", "", id="text"),
    ],
)
def test_refused_for_what_it_is_with_its_exact_bytes(content: bytes, reason: str, detail: str) -> None:
    (record,) = read_records(io.BytesIO(content))
    rejection = decode_record(record, SOURCE)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason.value, record.raw) == (reason, content)
    assert detail in rejection.detail


def test_each_placeholder_line_is_refused_as_one() -> None:
    records = list(read_records(io.BytesIO(b"<PLACEHOLDER ROW>\n" * 5)))
    rejections = [decode_record(record, SOURCE) for record in records]
    assert [record.raw for record in records] == [b"<PLACEHOLDER ROW>"] * 5
    assert {one.reason.value for one in rejections if isinstance(one, Rejection)} == {"placeholder"}
