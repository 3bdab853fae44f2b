"""Real rollouts with the labels that the plainest recipe gives: train what the policy sampled."""

import io
from pathlib import Path

import pytest
import zstandard

from schemas.rollouts import Decoded, Source, decode_record, read_records
from schemas.training import Label, TrainingExample
from schemas.trajectory import Origin, Role, Trajectory


def sampled_example(trajectory: Trajectory) -> TrainingExample:
    labels = {
        message.seq: Label(is_trained=True, weight=1.0)
        for message in trajectory.messages
        if message.role is Role.ASSISTANT and message.origin is Origin.SAMPLED
    }
    return TrainingExample(trajectory=trajectory, labels=labels, split="train")


@pytest.fixture(scope="session")
def airline_json(airline_file: Path) -> bytes:
    with airline_file.open("rb") as compressed:
        return zstandard.ZstdDecompressor().stream_reader(compressed).read()


@pytest.fixture(scope="session")
def airline_examples(airline_json: bytes) -> list[TrainingExample]:
    source = Source(uri="gpt-4o-airline.json", name="airline")
    decoded = [decode_record(record, source) for record in read_records(io.BytesIO(airline_json))]
    trajectories = [
        trajectory for part in decoded if isinstance(part, Decoded) for trajectory in part.trajectories
    ]
    return [sampled_example(trajectory) for trajectory in trajectories]
