"""Minari: episodes of Gymnasium environments, as conversations of an environment and a policy.

Read in data sets that minari 0.5.4 wrote here as Arrow, Parquet and HDF5 (text, discrete, box, dict and tuple spaces);
no published data set was read. An observation is a user message and an action an assistant message: text as it is,
anything else as JSON, a picture as an image part. A step's reward is on its action. Minari tells no outcome; the plain
sum of the rewards is ours, and so a score named `return` and not `outcome_reward`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.environments.minari_episodes import (
    Episode,
    json_value,
    picture_uri,
    read_hdf5,
    read_parts,
)
from schemas.rollouts.format import Head, Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.raw.bundle import unpack_bundle
from schemas.trajectory import Message, Origin, Role, Score, ScoreSource, Status, Task, Trajectory

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
EPISODE_FILE = re.compile(r"(?P<episode>(?:.*/)?data/\d+)/(?:part-\d+\.(?:arrow|parquet)|metadata\.json)")
EPISODE_ENDINGS = (".arrow", ".parquet", "/metadata.json")
"""Told first, for every file of an ingest is asked for, and the pattern takes its time to fail."""
DATASET_FIELDS = frozenset({"data_format", "total_episodes", "total_steps"})
BENCHMARK = "gymnasium"
FACTS_BESIDE = "metadata.json"
"""The data set's facts: beside an episode's folder, and beside the one HDF5 file."""


@dataclass(frozen=True, kw_only=True)
class Minari(RolloutFormat):
    """One episode's folder, one HDF5 file of episodes, or the data set's facts, which hold none."""

    name: str = "minari"
    version: str = "1"
    reads: str = (
        "`data/<episode>/` of Arrow or Parquet, or `data/main_data.hdf5` (minari 0.5.4; HDF5 needs h5py)"
    )
    carries: str = "observations, actions, rewards and infos per step, seed, spaces, environment, algorithm"
    lacks: str = "an outcome (`return` is a plain sum that Winnow computes), shapes of arrays (flat; see the spaces), tokens"
    example: str = "winnow ingest ~/.minari/datasets/D4RL/door/human-v2/data"

    def recognises(self, record: object) -> bool:
        """Tell a data set's facts by their fields."""
        return isinstance(record, dict) and record.keys() >= DATASET_FIELDS

    def claims(self, head: Head) -> bool:
        """Claim HDF5 by its magic."""
        return head.start.startswith(HDF5_MAGIC)

    def bundle_key(self, path: str) -> str | None:
        """Read the files of one episode's folder together."""
        match = EPISODE_FILE.fullmatch(path) if path.endswith(EPISODE_ENDINGS) else None
        return None if match is None else match["episode"]

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read one episode, or all of an HDF5 file.

        Raises:
            RecordFault: a file is broken, or h5py is needed and not installed.
        """
        if record.claimed_by != self.name:
            Fields(record.raw, "$").require("data_format", TEXT)
            return ()
        is_hdf5 = record.raw.startswith(HDF5_MAGIC)
        episodes = read_hdf5(record.raw) if is_hdf5 else [read_parts(unpack_bundle(record.raw))]
        facts = source.beside(FACTS_BESIDE) or b"{}"
        return tuple(
            _trajectory(episode, Fields(facts, FACTS_BESIDE), record, source, part)
            for part, episode in enumerate(episodes)
        )


MINARI = Minari()


def _trajectory(
    episode: Episode, dataset: Fields, record: RawRecord, source: Source, part: int
) -> Trajectory:
    actions = len(episode.actions)
    if not actions:
        raise RecordFault(RejectReason.EMPTY_CONVERSATION, "The episode has no action.")
    if len(episode.observations) != actions + 1:
        raise RecordFault(
            RejectReason.UNEXPECTED_SHAPE,
            f"{actions} actions and {len(episode.observations)} observations; there must be one more of these.",
        )
    status, reason = _ending(episode)
    algorithm, episode_id = dataset.take_if("algorithm_name", TEXT), episode.facts.get("id")
    task_key = _environment(dataset) or dataset.take_if("dataset_id", TEXT) or source.name
    extra = {
        "episode": msgspec.Raw(json_value(episode.facts)),
        "dataset": msgspec.Raw(dataset.rest() or "{}"),
    }
    return Trajectory(
        record_id=record.record_id,
        record_part=part,
        source_name=source.name,
        source_format=MINARI.name,
        task=Task(benchmark=BENCHMARK, task_key=task_key),
        messages=tuple(_messages(episode)),
        trial=episode_id if isinstance(episode_id, int) else None,
        agent=algorithm,
        status=status,
        termination_reason=reason,
        scores=(Score(name="return", value=float(sum(episode.rewards)), source=ScoreSource.ENV),),
        extra=json_text(extra),
    )


def _environment(dataset: Fields) -> str | None:
    """Give the environment's id from its spec, which is JSON in a string and stays in `extra`."""
    written = dataset.take_if("env_spec", TEXT)
    if written is None:
        return None
    dataset.put("env_spec", json_text(written))
    try:
        return Fields(written.encode(), "env_spec").take_if("id", TEXT)
    except (RecordFault, msgspec.DecodeError):
        return None


def _ending(episode: Episode) -> tuple[Status, str | None]:
    if episode.terminations[-1]:
        return Status.COMPLETED, "terminated"
    return (Status.TRUNCATED, "truncated") if episode.truncations[-1] else (Status.UNKNOWN, None)


def _messages(episode: Episode) -> Iterator[Message]:
    for step, observation in enumerate(episode.observations):
        yield _message(2 * step, observation, role=Role.USER, extra=_extra(episode, step))
        if step < len(episode.actions):
            reward = episode.rewards[step]
            yield _message(2 * step + 1, episode.actions[step], role=Role.ASSISTANT, reward=reward)


def _message(
    seq: int, value: Any, *, role: Role, reward: float | None = None, extra: str | None = None
) -> Message:
    is_picture = isinstance(value, bytes)
    part = {"type": "image_url", "image_url": {"url": picture_uri(value)}}
    text = value if isinstance(value, str) else json_value(value)
    return Message(
        seq=seq,
        role=role,
        origin=Origin.SAMPLED if role is Role.ASSISTANT else Origin.INJECTED,
        text=None if is_picture else text,
        content_json=json_text([part]) if is_picture else None,
        reward=None if reward is None else float(reward),
        extra=extra,
    )


def _extra(episode: Episode, step: int) -> str | None:
    """Tell what the environment said beside the observation: infos, and the end, which only true flags tell."""
    told: dict[str, Any] = {}
    if episode.infos is not None and step < len(episode.infos):
        told["info"] = msgspec.Raw(json_value(episode.infos[step]))
    if step:
        flags = {"terminated": episode.terminations[step - 1], "truncated": episode.truncations[step - 1]}
        told |= {name: flag for name, flag in flags.items() if flag}
    return json_text(told) if told else None
