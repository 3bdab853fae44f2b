"""Real rollouts, read from `../shared/data` by path and never copied into the repository."""

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from schemas.rollouts import Decoded, RawRecord, Source, decode_record, read_records
from schemas.trajectory import Trajectory

AIRLINE = Source(uri="runs/gpt-4o-airline.json.zst", name="airline")


def decompress(path: Path) -> bytes:
    with path.open("rb") as compressed:
        return zstandard.ZstdDecompressor().stream_reader(compressed).read()


@pytest.fixture(scope="session")
def airline_json(airline_file: Path) -> bytes:
    return decompress(airline_file)


@pytest.fixture(scope="session")
def airline_records(airline_json: bytes) -> list[RawRecord]:
    return list(read_records(io.BytesIO(airline_json)))


@pytest.fixture(scope="session")
def airline_trajectories(airline_records: list[RawRecord]) -> list[Trajectory]:
    decoded = [decode_record(record, AIRLINE) for record in airline_records]
    return [trajectory for part in decoded if isinstance(part, Decoded) for trajectory in part.trajectories]


@pytest.fixture(scope="session")
def swesmith_file(real_data: Path) -> bytes:
    return decompress(real_data / "swe_agent/swesmith_ft_xml_example.jsonl.zst")


@pytest.fixture(scope="session")
def atif_files(real_data: Path) -> dict[str, bytes]:
    archive = decompress(real_data / "atif_and_sessions/inspect_scout_fixtures.tar.zst")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = [
            member for member in tar if "/atif_source/" in member.name and member.name.endswith(".json")
        ]
        opened = {Path(member.name).name: tar.extractfile(member) for member in members}
        return {name: file.read() for name, file in opened.items() if file is not None}
