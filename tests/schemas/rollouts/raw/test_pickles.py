import gzip
import io
import pickle
import zipfile

import pytest

from schemas.rollouts.raw.pickles import looks_like_pickle


def torch_like() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("rollouts/data.pkl", b"")
    return written.getvalue()


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", [{"obs": 1}, [1, 2], io.BytesIO])
def test_every_protocol_is_known(protocol: int, value: object) -> None:
    assert looks_like_pickle(pickle.dumps(value, protocol))
    assert looks_like_pickle(gzip.compress(pickle.dumps(value, protocol), mtime=0))


def test_what_torch_writes_is_known_by_its_first_member() -> None:
    assert looks_like_pickle(torch_like())


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b'{"a": 1}',
        b"[1, 2]",
        b"(see below)\n",
        b"completed\nrun\nagain\n",
        b"PK\x03\x04" + b"\0" * 26 + b"word/document.xml",
        b"\x1f\x8bbroken",
        gzip.compress(b'{"a": 1}', mtime=0),
        "…".encode(),
    ],
)
def test_other_content_is_not(start: bytes) -> None:
    assert not looks_like_pickle(start)
