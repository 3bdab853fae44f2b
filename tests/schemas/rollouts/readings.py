"""Read samples to what they hold, where a test expects that they can be read."""

from collections.abc import Callable, Iterable
from pathlib import Path

from schemas.rollouts import Rejection, decode_record
from schemas.trajectory import Trajectory
from schemas.verdict import Verdict
from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample


def trajectories_of(samples: Iterable[Sample]) -> list[Trajectory]:
    found: list[Trajectory] = []
    for sample in samples:
        decoded = decode_record(sample.record, sample.source)
        assert not isinstance(decoded, Rejection), decoded
        found.extend(decoded.trajectories)
    return found


def verdicts_of(samples: Iterable[Sample]) -> list[Verdict]:
    found: list[Verdict] = []
    for sample in samples:
        decoded = decode_record(sample.record, sample.source)
        assert not isinstance(decoded, Rejection), decoded
        found.extend(decoded.verdicts)
    return found


def read(value: object, name: str = "rollouts.jsonl") -> Trajectory:
    """Read the one trajectory of a literal record."""
    (trajectory,) = trajectories_of([json_sample(name, value)])
    return trajectory


def refusal(value: object, name: str = "rollouts.jsonl") -> Rejection:
    sample = json_sample(name, value)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Rejection), decoded
    return decoded


def trajectory_of(raw: bytes) -> Trajectory:
    """Read the one trajectory of a record's exact bytes."""
    (trajectory,) = trajectories_of(file_samples("rollouts.json", raw))
    return trajectory


def refusal_of(raw: bytes) -> Rejection:
    (sample,) = file_samples("rollouts.json", raw)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Rejection), decoded
    return decoded


def archive_samples(archive: Path, *, wanted: Callable[[str], bool]) -> list[Sample]:
    """Cut the wanted files of an archive into records, each with all files of the archive beside it."""
    members = archive_members(archive)
    return [
        sample
        for name, content in members.items()
        if wanted(name)
        for sample in file_samples(name, content, siblings=members)
    ]
