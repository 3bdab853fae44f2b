"""ATIF, the Agent Trajectory Interchange Format of Harbor, v1.5 to v1.8: one document is one session.

Read against harbor 0.25.0 (`models/trajectories`) and its published OpenHands and Terminus-2 sessions. The reward is
not part of ATIF: it is read, with task, trial, status, benchmark and split, from the document's own `extra` when a
writer put it there, else from the files of Harbor's trial (`harbor_trials.py`).

A session that outgrew its context goes on in `trajectory.cont-N.json`: those files are one bundle, and each is a
trajectory that continues the one before. Its totals run on from there (so Terminus-2 writes them), hence they stay in
`extra`, lest tokens be counted twice. A subagent's session in a file of its own is ingested by itself; what refers to
it stays in the `extra` of the result.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import STATUS, TASK_KEY, read_reward, read_toolset
from schemas.rollouts.format import Head, Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.harbor.atif_steps import session_messages
from schemas.rollouts.harbor.harbor_trials import SCORE_FILES, Trial, is_score_file, is_trial_file, read_trial
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.branches import part_branches
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import COUNT, INTEGER, REAL, TEXT, Fields, json_text
from schemas.rollouts.parts.own_facts import TRAJECTORY_FACTS, restore_trajectory, take_facts_inside
from schemas.rollouts.raw.bundle import unpack_bundle
from schemas.rollouts.raw.strict_json import parse_json
from schemas.trajectory import Message, Origin, Relation, Status, Task, Trajectory

MINOR_VERSIONS = range(5, 9)
VERSION_START = "ATIF"
SESSION_FILE = re.compile(r"trajectory(?:\.cont-(?P<number>\d+))?\.json")


@dataclass(frozen=True, kw_only=True)
class Atif(RolloutFormat):
    """One ATIF document, or one with those that continue it."""

    name: str = "atif"
    version: str = "3"
    reads: str = (
        "a trajectory document, v1.5 to v1.8 (harbor 0.25.0), with its subagents and continuations; the trial's own "
        "files hold no rollout"
    )
    carries: str = (
        "messages, reasoning, tool schemas, token counts, cost, subagents, continuations, copied context; from the "
        "trial beside it the task, every reward, how it ended"
    )
    lacks: str = (
        "the reward, unless the document's own `extra` or the trial's files tell; the attempt's number"
    )
    example: str = "winnow ingest 'jobs/**/agent/trajectory*.json'"

    def recognises(self, record: object) -> bool:
        """Tell a document by its `schema_version`, and Harbor's own files by their fields."""
        if not isinstance(record, dict):
            return False
        return str(record.get("schema_version")).startswith(VERSION_START) or is_trial_file(record)

    def claims(self, head: Head) -> bool:
        """Claim a verifier's reward file, which may be no more than a number."""
        return is_score_file(head)

    def bundle_key(self, path: str) -> str | None:
        """Read `trajectory.json` together with its continuations, by their folder."""
        folder, _, name = path.rpartition("/")
        return folder if folder and SESSION_FILE.fullmatch(name) else None

    @property
    def bundle_least(self) -> int:
        """Read a `trajectory.json` alone by its content: many scaffolds name their files so."""
        return 2

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read the documents of one record; subagents follow their session, depth first.

        Raises:
            RecordFault: the version is not read, or a step is not what ATIF promises.
        """
        if source.file_name in SCORE_FILES:
            return ()
        if record.claimed_by != self.name:
            document = Fields(record.raw, "$")
            if is_trial_file(msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw])):
                return ()
            reader = _Reader(record=record, source=source, trial=read_trial(source, folder="../"))
            reader.read(document)
            return tuple(reader.trajectories)
        reader = _Reader(record=record, source=source, trial=read_trial(source, folder=""))
        before: _Session | None = None
        for name, raw in sorted(unpack_bundle(record.raw).items(), key=lambda member: _number(member[0])):
            parse_json(raw)
            before = reader.read(Fields(raw, f"{name}: $"), continues=before)
        return tuple(reader.trajectories)


ATIF = Atif()


class _Session(NamedTuple):
    """One session that was read, and all that was said in it."""

    trajectory: Trajectory
    messages: tuple[Message, ...]


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Reads the documents of one record into trajectories, parents first."""

    record: RawRecord
    source: Source
    trial: Trial
    trajectories: list[Trajectory] = field(default_factory=list)

    def read(
        self, document: Fields, *, continues: _Session | None = None, caller: Trajectory | None = None
    ) -> _Session:
        """Append the session of one document, then those of its subagents.

        Args:
            document: its fields.
            continues: the session that it goes on from.
            caller: the session whose subagent it is.

        Raises:
            RecordFault: it is not what ATIF promises.
        """
        _check_version(document)
        subagents, messages = document.take_objects("subagent_trajectories"), session_messages(document)
        facts = take_facts_inside(document, "extra", TRAJECTORY_FACTS)
        told = Trial() if caller is not None else self.trial
        running_totals = None if continues is None else document.take_raw("final_metrics")
        trajectory = self._trajectory(document, messages, told)
        if caller is not None:
            trajectory = replace(trajectory, parent_id=caller.trajectory_id, relation=Relation.SUBAGENT)
        if continues is not None:
            trajectory = _continued(trajectory, continues)
        if running_totals is not None:
            document.put("final_metrics", running_totals.decode())
        trajectory = restore_trajectory(replace(trajectory, extra=document.rest()), facts, document)
        self.trajectories.append(trajectory)
        for subagent in subagents:
            self.read(subagent, caller=trajectory)
        return _Session(trajectory, messages)

    def _trajectory(self, document: Fields, messages: tuple[Message, ...], told: Trial) -> Trajectory:
        """Read a document as an attempt of its own; what the trial tells counts where the document does not."""
        agent, totals, own = (document.take_object(name) for name in ("agent", "final_metrics", "extra"))
        task_id = own.take_if("task_id", TASK_KEY)
        task_key = told.task_key if task_id is None else str(task_id)
        reward = read_reward(own)
        trajectory = Trajectory(
            record_id=self.record.record_id,
            record_part=len(self.trajectories),
            source_name=self.source.name,
            source_format=ATIF.name,
            task=Task(
                benchmark=own.take_if("benchmark", TEXT)
                or told.benchmark
                or benchmark_of(task_key or "", self.source.name),
                task_key=task_key or prompt_key(messages, self.record.record_id),
                split=own.take_if("split", TEXT),
                policy=policy_text(messages),
            ),
            messages=messages,
            trial=own.take_if("trial", INTEGER),
            agent=agent.take("name", TEXT),
            model=agent.take("model_name", TEXT),
            status=own.take_if("status", STATUS) or told.status or Status.UNKNOWN,
            termination_reason=own.take_if("termination_reason", TEXT) or told.termination_reason,
            outcome_reward=told.reward if reward is None else reward,
            cost_usd=totals.take("total_cost_usd", REAL),
            prompt_tokens=totals.take("total_prompt_tokens", COUNT),
            completion_tokens=totals.take("total_completion_tokens", COUNT),
            toolset=read_toolset(agent, "tool_definitions"),
            scores=told.scores,
        )
        for name, left in (("agent", agent), ("final_metrics", totals), ("extra", own)):
            document.put(name, left.rest())
        document.put("harbor_trial", told.extra)
        return trajectory


def _continued(trajectory: Trajectory, before: _Session) -> Trajectory:
    """Make a session the continuation of another: what is copied word for word from its start is stored there only."""
    messages = trajectory.messages
    originals = tuple(
        replace(message, origin=original.origin) if message.origin is Origin.COPIED else message
        for message, original in zip(messages, before.messages, strict=False)
    )
    shared_count = part_branches([before.messages, originals + messages[len(originals) :]])[1].shared_count
    if shared_count == len(messages):
        shared_count = 0
    return replace(
        trajectory,
        task=before.trajectory.task,
        messages=messages[shared_count:],
        shared_count=shared_count,
        parent_id=before.trajectory.trajectory_id,
        relation=Relation.CONTINUATION,
    )


def _number(name: str) -> int:
    """Give the place of a session's file among those that continue it."""
    match = SESSION_FILE.fullmatch(name)
    return int(match["number"]) if match is not None and match["number"] else 0


def _check_version(fields: Fields) -> None:
    """Refuse a version that we do not know; the version itself stays in `extra`."""
    version = fields.require("schema_version", TEXT)
    match = re.fullmatch(r"ATIF-v1\.(\d+)", version)
    if match is None or int(match[1]) not in MINOR_VERSIONS:
        known = ", ".join(f"ATIF-v1.{minor}" for minor in MINOR_VERSIONS)
        raise RecordFault(RejectReason.UNSUPPORTED_VERSION, f"Version {version!r}. Versions read: {known}.")
    fields.put("schema_version", json_text(version))
