"""Real rollouts with the labels that the plainest recipe gives: train what the policy sampled."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from schemas.rollouts import Source, decode_record, read_records
from schemas.training import Label, TrainingExample
from schemas.trajectory import Origin, Role, Trajectory

AIRLINE_FILE = Path(__file__).resolve().parents[3].parent / "shared/data/tau_bench/gpt-4o-airline.json.zst"

ExampleOf = Callable[[Trajectory], TrainingExample]


def sampled_example(trajectory: Trajectory) -> TrainingExample:
    labels = {
        message.seq: Label(is_trained=True, weight=1.0)
        for message in trajectory.messages
        if message.role is Role.ASSISTANT and message.origin is Origin.SAMPLED
    }
    return TrainingExample(trajectory=trajectory, labels=labels, split="train")


@pytest.fixture(scope="session")
def example_of() -> ExampleOf:
    return sampled_example


@pytest.fixture(scope="session")
def airline_file() -> bytes:
    if not AIRLINE_FILE.exists():
        pytest.skip(f"no shared data here: {AIRLINE_FILE}")
    with AIRLINE_FILE.open("rb") as compressed:
        return zstandard.ZstdDecompressor().stream_reader(compressed).read()


@pytest.fixture(scope="session")
def airline_examples(airline_file: bytes) -> list[TrainingExample]:
    source = Source(uri="gpt-4o-airline.json", name="airline")
    decoded = [decode_record(record, source) for record in read_records(io.BytesIO(airline_file))]
    trajectories = [trajectory for part in decoded if isinstance(part, tuple) for trajectory in part]
    return [sampled_example(trajectory) for trajectory in trajectories]
