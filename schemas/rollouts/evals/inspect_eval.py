"""Inspect eval logs, `.eval` or `.json`: one log is one record, and each sample of it one trajectory.

Log versions 2 and 3 of inspect_ai 0.3.41 to 0.3.154 were read in real files; limits, errors, invalidation, several
scorers and unfinished archives after the documented schema of 0.3.285. Epochs of a sample are trials of its task.

A sample that somebody marked invalid, or in which Inspect failed, is an `infra_error` without a reward.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import TASK_KEY
from schemas.rollouts.evals.inspect_log import ZIP_MAGIC, Sample, open_log, open_sample
from schemas.rollouts.evals.inspect_messages import Talk, compact, count_tokens, read_talk
from schemas.rollouts.evals.inspect_scores import Scored, take_scores
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import policy_text
from schemas.rollouts.parts.fields import FLAG, INTEGER, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek, peek_inside, peek_raw
from schemas.trajectory import Role, Status, Task, TaskSecrets, Toolset, Trajectory

LOG_FIELDS = frozenset({"version", "eval", "plan"})
EVAL_SET_FIELDS = frozenset({"eval_set_id", "tasks"})
PRIVATE = ("choices", "metadata", "files", "setup", "sandbox")
"""Fields of a sample that come from the data set and may hold answers or hidden tests."""
COURSE = "the course of a sample, which repeats its messages at each model call; what only it tells (tool schemas, tokens of each answer) is read"
IGNORED = {
    "samples.events": COURSE,
    "samples.transcript": COURSE,
    "samples.message_pool": "messages that the events of a sample share",
    "samples.events_data": "messages and calls that the events of a sample share",
    "samples.attachments": "texts of events; those that messages point to are read in their places",
    "reductions": "scores once more, averaged over epochs",
}
CUT_SHORT = ("max_tokens", "model_length")


class _Run(NamedTuple):
    """What a log says of all its samples."""

    task: str | None
    model: str | None
    agent: str | None
    status: str | None
    is_invalidated: bool


@dataclass(frozen=True, kw_only=True)
class InspectEval(RolloutFormat):
    """A log of UK AISI's Inspect."""

    name: str = "inspect_eval"
    version: str = "1"
    reads: str = (
        "a log, `.eval` or `.json`, of version 2 or 3 (inspect_ai 0.3.41 to 0.3.154); needs no library"
    )
    carries: str = (
        "messages, thoughts, tool schemas, tokens, scores, epochs, limits and errors; target, choices and the "
        "sample's metadata go to quarantine"
    )
    lacks: str = "cost; what graders and subagents said, and what a compaction threw away (only counted)"
    example: str = "winnow ingest 'logs/*.eval'"
    ignored: Mapping[str, str] = field(default_factory=lambda: IGNORED)

    def recognises(self, record: object) -> bool:
        """Tell a log by its head, and the lists that Inspect writes beside its logs."""
        if not isinstance(record, dict):
            return False
        return _is_log(record) or record.keys() == EVAL_SET_FIELDS or _is_listing(record)

    def claims(self, head: Head) -> bool:
        """Tell an archive by its name; what is in it shows when it is opened."""
        return head.file_name.endswith(".eval") and head.start.startswith(ZIP_MAGIC)

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one log; lists of logs hold nothing.

        Raises:
            RecordFault: the log cannot be read, is of an unknown version, or has no sample.
        """
        if record.claimed_by is None and peek_raw(Fields(record.raw, "$"), "eval") is None:
            return ()
        log = open_log(record.raw)
        run = _read_run(log.header)
        if not log.samples:
            raise RecordFault(
                RejectReason.EMPTY_CONVERSATION, f"The log holds no sample; its status is {run.status!r}."
            )
        trajectories = [
            self._trajectory(open_sample(fields, f"$.samples[{part}]"), run, part, record, source)
            for part, fields in enumerate(log.samples)
        ]
        trajectories[0] = _with_log(trajectories[0], log.header)
        return tuple(trajectories)

    def _trajectory(
        self, sample: Sample, run: _Run, part: int, record: RawRecord, source: Source
    ) -> Trajectory:
        fields = sample.fields
        talk = read_talk(sample)
        if not talk.messages:
            raise fields.fault(RejectReason.EMPTY_CONVERSATION, "Neither 'messages' nor 'input' holds any.")
        scored = take_scores(fields)
        prompt_tokens, completion_tokens = _tokens(fields, run.model)
        status, reason = _ending(fields, run, is_scored=bool(scored.scores))
        task = _task(fields, talk, scored, run.task or source.name)
        trial = fields.take_if("epoch", INTEGER)
        _drop_answer(fields, talk)
        fields.put("scores", scored.left)
        if talk.other_calls_count:
            fields.put("model_calls_without_message", json_text(talk.other_calls_count))
        return Trajectory(
            record_id=record.record_id,
            record_part=part,
            source_name=source.name,
            source_format=self.name,
            task=task,
            messages=talk.messages,
            trial=trial,
            agent=run.agent,
            model=run.model,
            status=status,
            termination_reason=reason,
            outcome_reward=None if status is Status.INFRA_ERROR else scored.reward,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            toolset=None if talk.tools is None else Toolset(tools=talk.tools),
            scores=scored.scores,
            extra=fields.rest(),
        )


INSPECT_EVAL = InspectEval()


def _is_log(record: dict[str, object]) -> bool:
    return record.keys() >= LOG_FIELDS and isinstance(record["eval"], dict)


def _is_listing(record: dict[str, object]) -> bool:
    """Tell `logs.json`: the headers of logs by their file names."""
    return bool(record) and all(isinstance(header, dict) and _is_log(header) for header in record.values())


def _read_run(header: Fields) -> _Run:
    run = peek_inside(header, "eval")
    return _Run(
        task=run.take_if("task", TEXT),
        model=run.take_if("model", TEXT),
        agent=run.take_if("solver", TEXT),
        status=peek(header, "status", TEXT),
        is_invalidated=peek(header, "invalidated", FLAG) is True,
    )


def _with_log(first: Trajectory, header: Fields) -> Trajectory:
    """Keep what the log says of the whole run with its first sample."""
    header.take_raw("reductions")
    fields = Fields((first.extra or "{}").encode(), "$")
    fields.put("log", header.rest())
    return replace(first, extra=fields.rest())


def _task(fields: Fields, talk: Talk, scored: Scored, benchmark: str) -> Task:
    task_key = str(fields.require("id", TASK_KEY))
    target = fields.take_raw("target")
    private = Fields(b"{}", "$")
    for name in PRIVATE:
        raw = fields.take_raw(name)
        private.put(name, None if raw is None else raw.decode())
    private.put("score_metadata", scored.private)
    secrets = TaskSecrets(gold_outputs=None if target is None else target.decode(), extra=private.rest())
    return Task(
        benchmark=benchmark_of(task_key, benchmark),
        task_key=task_key,
        instruction=fields.take_if("input", TEXT),
        policy=policy_text(talk.messages),
        secrets=None if secrets == TaskSecrets() else secrets,
    )


def _ending(fields: Fields, run: _Run, *, is_scored: bool) -> tuple[Status, str | None]:
    """Tell how a sample ended: what spoiled it comes before what cut it short."""
    choices = peek_inside(fields, "output").take_objects("choices")
    stop = choices[0].take_if("stop_reason", TEXT) if choices else None
    limit = peek_inside(fields, "limit").take_if("type", TEXT)
    if run.is_invalidated or peek_raw(fields, "invalidation") is not None:
        return Status.INFRA_ERROR, "invalidated"
    if peek_raw(fields, "error") is not None:
        return Status.INFRA_ERROR, "error"
    if limit is not None or stop in CUT_SHORT:
        return Status.TRUNCATED, limit or stop
    return Status.COMPLETED if is_scored or run.status == "success" else Status.UNKNOWN, stop


def _tokens(fields: Fields, model: str | None) -> tuple[int | None, int | None]:
    """Count the tokens of the policy's model; a grader of another model has its own."""
    return count_tokens(peek_inside(peek_inside(fields, "model_usage"), model or ""))


def _drop_answer(fields: Fields, talk: Talk) -> None:
    """Take the last answer out of `output`, where it only repeats the last message."""
    output = fields.take_object("output")
    kept = []
    for choice in output.take_objects("choices"):
        message = choice.take_raw("message")
        if message is not None and compact(message) != talk.last_answer:
            choice.put("message", message.decode())
        kept.append(msgspec.Raw((choice.rest() or "{}").encode()))
    output.put("choices", json_text(kept) if kept else None)
    answers = [message.text for message in talk.messages if message.role is Role.ASSISTANT]
    if answers and peek(output, "completion", TEXT) == answers[-1]:
        output.take_raw("completion")
    fields.put("output", output.rest())
