import importlib
import json
from dataclasses import replace
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.rollouts.environments.minari import MINARI
from schemas.trajectory import Origin, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import Sample, bundle_sample, file_samples, json_sample
from tests.schemas.rollouts.samples.minari import COLUMNS, DATASET, FOLDER, arrow_part, episode, parquet_part

HDF5_START = b"\x89HDF\r\n\x1a\n"


def decode(sample: Sample) -> Trajectory | Rejection:
    decoded = decode_record(sample.record, sample.source)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories[0]


def read(**columns: Any) -> Trajectory:
    trajectory = decode(episode("part-0.arrow", arrow_part(COLUMNS | columns)))
    assert isinstance(trajectory, Trajectory)
    return trajectory


def refused(sample: Sample) -> Rejection:
    rejection = decode(sample)
    assert isinstance(rejection, Rejection)
    assert rejection.format_name == "minari"
    return rejection


def test_actions_stand_between_observations_and_carry_their_rewards() -> None:
    rollout = read()
    assert [(one.text, one.reward) for one in rollout.messages] == [
        ("room 0", None), ("go 0", 0.0), ("room 1", None), ("go 1", 0.5), ("room 2", None), ("go 2", 1.0), ("room 3", None),
    ]  # fmt: skip
    assert {(one.role, one.origin) for one in rollout.messages} == {
        (Role.USER, Origin.INJECTED),
        (Role.ASSISTANT, Origin.SAMPLED),
    }
    assert rollout.messages[-1].extra == '{"info":{"hp":0},"terminated":true}'


def test_the_sum_of_rewards_is_a_score_and_no_outcome() -> None:
    rollout = read()
    assert rollout.outcome_reward is None
    assert [(score.name, score.value) for score in rollout.scores] == [("return", 1.5)]


def test_the_data_set_tells_environment_and_algorithm() -> None:
    rollout = read()
    assert (rollout.task.benchmark, rollout.task.task_key) == ("gymnasium", "Rooms-v0")
    assert (rollout.agent, rollout.trial) == ("scripted", 1)
    extra = json.loads(rollout.extra or "")
    assert extra["episode"]["seed"] == 8
    assert extra["dataset"]["observation_space"] == '{"type": "Text"}'


@pytest.mark.parametrize(("spec", "task_key"), [(None, "own/text-v0"), ("{", "own/text-v0")])
def test_without_a_spec_the_data_set_names_the_task(spec: str | None, task_key: str) -> None:
    sample = episode("part-0.arrow", arrow_part(COLUMNS))
    facts = json.dumps(DATASET | {"env_spec": spec}).encode()
    rollout = decode(sample._replace(source=replace(sample.source, beside=lambda _: facts)))
    assert isinstance(rollout, Trajectory)
    assert rollout.task.task_key == task_key


@pytest.mark.parametrize(
    ("terminated", "truncated", "status"),
    [(True, False, Status.COMPLETED), (False, True, Status.TRUNCATED), (False, False, Status.UNKNOWN)],
)
def test_how_it_ended(terminated: bool, truncated: bool, status: Status) -> None:  # noqa: FBT001 - parameters
    ends = [[False, False, end, False] for end in (terminated, truncated)]
    assert read(terminations=ends[0], truncations=ends[1]).status is status


def test_arrow_and_parquet_read_alike() -> None:
    other = decode(episode("part-0.parquet", parquet_part(COLUMNS)))
    assert isinstance(other, Trajectory)
    assert other.messages == read().messages


def test_numbers_and_objects_are_json_and_pictures_are_parts() -> None:
    observations = [{"text": "r", "pos": [0.5, 0.5]}] * 4
    rollout = read(observations=observations, actions=[b"\xff\xd8\xff"] * 4)
    assert rollout.messages[0].text == '{"text":"r","pos":[0.5,0.5]}'
    action = rollout.messages[1]
    assert (action.text, action.content_json) == (
        None,
        '[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,/9j/"}}]',
    )


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b"ARROW1 broken", "unreadable_container"),
        (arrow_part({"observations": [1]}), "missing_field"),
        (arrow_part({name: values[:1] for name, values in COLUMNS.items()}), "empty_conversation"),
        (arrow_part(COLUMNS | {"observations": [float("nan")] * 4}), "not_finite_number"),
    ],
)
def test_a_broken_episode_is_refused(part: bytes, reason: str) -> None:
    assert refused(episode("part-0.arrow", part)).reason == reason


def test_an_episode_without_a_part_is_refused() -> None:
    sample = bundle_sample("minari", {f"{FOLDER}/1/metadata.json": b"{}"})
    assert refused(sample).reason == "missing_field"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("d/data/12/part-0.arrow", "d/data/12"),
        ("data/0/metadata.json", "data/0"),
        ("d/data/metadata.json", None),
        ("d/runs/12/metadata.json", None),
    ],
)
def test_the_files_of_one_episode_are_one_bundle(path: str, key: str | None) -> None:
    assert MINARI.bundle_key(path) == key


def test_the_facts_of_a_data_set_are_no_episode() -> None:
    sample = json_sample(f"{FOLDER}/metadata.json", DATASET)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    assert (decoded.format_name, decoded.trajectories) == ("minari", ())


@pytest.mark.skipif(importlib.util.find_spec("h5py") is not None, reason="h5py is installed")
def test_hdf5_without_h5py_is_refused_with_the_way_to_get_it() -> None:
    (sample,) = file_samples("data/main_data.hdf5", HDF5_START + b"\0" * 64)
    rejection = refused(sample)
    assert rejection.reason == "missing_dependency"
    assert "pip install 'h5py>=3.16'" in rejection.detail


def test_hdf5_reads_as_arrow_does() -> None:
    h5py = pytest.importorskip("h5py")
    (sample,) = file_samples("data/main_data.hdf5", hdf5_file(h5py))
    rollout = decode(sample)
    assert isinstance(rollout, Trajectory)
    assert rollout.messages == read().messages
    assert (rollout.trial, rollout.status) == (1, Status.COMPLETED)


def test_hdf5_of_pictures_reads_them_as_parts() -> None:
    h5py, numpy = pytest.importorskip("h5py"), pytest.importorskip("numpy")
    pictures = numpy.array([[0xFF, 0xD8, 0xFF, number] for number in range(4)], dtype="uint8")
    (sample,) = file_samples("data/main_data.hdf5", hdf5_file(h5py, observations=pictures))
    rollout = decode(sample)
    assert isinstance(rollout, Trajectory)
    assert "data:image/jpeg;base64,/9j/AA==" in str(rollout.messages[0].content_json)


def test_hdf5_with_an_observation_too_few_is_refused() -> None:
    h5py = pytest.importorskip("h5py")
    (sample,) = file_samples("data/main_data.hdf5", hdf5_file(h5py, observations=[1, 2, 3]))
    rejection = refused(sample)
    assert rejection.reason == "unexpected_shape"
    assert "3 actions and 3 observations" in rejection.detail


def test_broken_hdf5_is_refused() -> None:
    pytest.importorskip("h5py")
    (sample,) = file_samples("data/main_data.hdf5", HDF5_START + b"\0" * 64)
    assert refused(sample).reason == "unreadable_container"


def hdf5_file(h5py: Any, observations: Any = None) -> bytes:
    """Write the episode as minari 0.5.4 lays it out."""
    with h5py.File("episode", "w", driver="core", backing_store=False) as file:
        group = file.create_group("episode_0")
        group.attrs.update({"id": 1, "total_steps": 3, "seed": 8})
        text = h5py.string_dtype(encoding="utf-8")
        if observations is None:
            group.create_dataset("observations", data=COLUMNS["observations"], dtype=text)
        else:
            group.create_dataset("observations", data=observations)
        group.create_dataset("actions", data=COLUMNS["actions"][:-1], dtype=text)
        for name in ("rewards", "terminations", "truncations"):
            group.create_dataset(name, data=COLUMNS[name][:-1])
        group.create_dataset("infos/hp", data=[info["hp"] for info in COLUMNS["infos"]])
        file.flush()
        image: bytes = file.id.get_file_image()
        return image
