"""tau-bench results: one JSON array per run, one row per trial of one task.

Read against sierra-research/tau-bench 59a200c (`EnvRunResult`). A row has no tool schemas, no timestamps and no
token counts, and its gold actions lie right beside the conversation: they go to quarantine and nowhere else, and so
does the hash of the gold end state, which only some trials of a task have.

An `info.error` row is a crash of the environment: `infra_error`, reward unknown although the source says 0. Such a
row usually has an empty `traj`; then it is no trajectory and is rejected as `empty_conversation`, its bytes kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import chat_messages, policy_text
from schemas.rollouts.parts.fields import INTEGER, REAL, TEXT, Fields, json_text
from schemas.rollouts.tau.quoting import says_the_same
from schemas.trajectory import Score, ScoreSource, Status, Task, TaskSecrets, Trajectory

VERDICT: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)
FOUND = msgspec.json.Decoder(dict[str, bool])

ROW_FIELDS = frozenset({"task_id", "reward", "info", "traj"})
DOMAIN_FILE = re.compile(r"(?P<model>.+)-(?P<domain>airline|retail)\.json")
RUN_FILE = re.compile(r"(?P<agent>tool-calling|act|react|few-shot)-(?P<model>.+)-\d+(\.\d+)?_range_.+\.json")


@dataclass(frozen=True, kw_only=True)
class TauBench(RolloutFormat):
    """Rows of a tau-bench results file."""

    name: str = "tau_bench"
    version: str = "2"
    reads: str = "a row of a results file (sierra-research/tau-bench 59a200c)"
    carries: str = (
        "messages, reward and its parts, trial; gold actions and the user's instruction go to quarantine"
    )
    lacks: str = (
        "tool schemas, token counts, the agent's cost, times; domain and model unless the file's name tells"
    )
    example: str = "winnow ingest historical_trajectories/gpt-4o-airline.json"

    def recognises(self, record: object) -> bool:
        """Tell a row by its fields."""
        return isinstance(record, dict) and record.keys() >= ROW_FIELDS

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one row.

        Raises:
            RecordFault: the row is not what `EnvRunResult` promises, or has no messages.
        """
        row = Fields(record.raw, "$")
        task_key = str(row.require("task_id", INTEGER))
        info = row.take_object("info")
        verdict = _take_verdict(info)
        secrets = _secrets(info.take_object("task"), verdict.quoted)
        error = info.take("error", TEXT)
        messages = chat_messages(row.take_objects("traj"))
        if not messages:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, f"`traj` is empty; `info.error` is {error!r}.")
        named = _name_parts(source)
        reward = row.take("reward", REAL) if error is None else None
        trial = row.take("trial", INTEGER)
        row.put("info", info.rest())
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=f"tau_bench_{named.get('domain') or source.name}",
                task_key=task_key,
                policy=policy_text(messages),
                secrets=secrets,
            ),
            messages=messages,
            trial=trial,
            agent=named.get("agent"),
            model=named.get("model"),
            status=_status(error, is_scored=verdict.is_scored),
            termination_reason=error,
            outcome_reward=reward,
            scores=verdict.scores,
            extra=row.rest(),
        )
        return (trajectory,)


TAU_BENCH = TauBench()


class _Verdict(NamedTuple):
    """What `reward_info` says."""

    is_scored: bool
    scores: tuple[Score, ...]
    quoted: dict[str, str]
    """By name: the gold that it quotes, as JSON texts; the hash of the gold end state stands nowhere else."""


def _name_parts(source: Source) -> dict[str, str]:
    """Read domain, model and agent from a results file's name, as far as it tells them."""
    match = DOMAIN_FILE.match(source.file_name) or RUN_FILE.match(source.file_name)
    return {} if match is None else match.groupdict()


def _secrets(task: Fields, quoted: Mapping[str, str]) -> TaskSecrets | None:
    """Take the whole of `info.task`, for all of it is private, and what the verdict says of the gold beyond it."""
    actions, outputs = task.take_raw("actions"), task.take_raw("outputs")
    own = {"actions": actions, "outputs": outputs}
    told = {
        name: msgspec.Raw(text) for name, text in quoted.items() if not says_the_same(text, own.get(name))
    }
    task.put("reward_info", json_text(told) if told else None)
    secrets = TaskSecrets(
        gold_actions=None if actions is None else actions.decode(),
        gold_outputs=None if outputs is None else outputs.decode(),
        private_instruction=task.take("instruction", TEXT),
        extra=task.rest(),
    )
    return None if secrets == TaskSecrets() else secrets


def _status(error: str | None, *, is_scored: bool) -> Status:
    """A run that the environment never judged ran out of steps."""
    if error is not None:
        return Status.INFRA_ERROR
    return Status.COMPLETED if is_scored else Status.TRUNCATED


def _take_verdict(info: Fields) -> _Verdict:
    """Take the verdict apart; the gold outputs that it repeats as keys become numbers.

    Of fields that nobody knows none can say that they are not gold.
    """
    verdict = info.take_object("reward_info")
    is_scored = not verdict.is_empty
    parts = verdict.take_object("info")
    outputs = parts.take("outputs", FOUND) or {}
    quoted = {
        "actions": verdict.take_raw("actions"),
        "outputs": json_text(list(outputs)).encode() if outputs else None,
        "gt_data_hash": parts.take_raw("gt_data_hash"),
    }
    values = {
        "reward": verdict.take("reward", VERDICT),
        "r_actions": parts.take("r_actions", VERDICT),
        "r_outputs": parts.take("r_outputs", VERDICT),
        **{f"r_output_{index}": found for index, found in enumerate(outputs.values())},
    }
    verdict.put("info", parts.rest())
    rest = verdict.rest()
    quoted["unknown"] = None if rest is None else rest.encode()
    return _Verdict(
        is_scored=is_scored,
        scores=tuple(
            Score(name=name, value=float(value), source=ScoreSource.ENV)
            for name, value in values.items()
            if value is not None
        ),
        quoted={name: text.decode() for name, text in quoted.items() if text is not None},
    )
