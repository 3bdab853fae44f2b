"""ADP, the Agent Data Protocol's standardised trajectories: one object is one rollout.

Read in the samples of twelve data sets (zhu-yiqi/agent-data-protocol df5b5ad) and against `schema/` of the protocol:
`image_observation` and a web page's `html` are in no sample. The items are read in `adp_items.py`.

`details` holds strings only. A reward is read when exactly one of its usual names is there and holds a number or a
truth value. What the judges say beside it (`test_result`, `eval_logs`) goes to quarantine: it tells of hidden tests.
"""

import re
from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.adp_items import read_items
from schemas.rollouts.chats.dataset_ids import read_row_id
from schemas.rollouts.chats.openai_chat import read_toolset
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import policy_text
from schemas.rollouts.parts.fields import REAL, TEXT, Fields, json_text
from schemas.rollouts.swe.swe_agent import STATUSES
from schemas.trajectory import Status, Task, TaskSecrets, Trajectory

REWARD_NAMES = ("reward", "score", "resolved")
TRUTHS = {"true": 1.0, "false": 0.0}
JUDGES = ("test_result", "eval_logs")
RUN_MARK = "_maxiter_"
"""OpenHands names a run `<model>_maxiter_<n>...`."""


@dataclass(frozen=True, kw_only=True)
class Adp(RolloutFormat):
    """One standardised trajectory."""

    name: str = "adp"
    version: str = "1"
    reads: str = "an object with `id`, `content` of items with `class_`, and `details` (ADP df5b5ad)"
    carries: str = (
        "messages and calls with exact arguments; of `details`: model, exit status, verdict, tool schemas"
    )
    lacks: str = "ids of calls (results are paired by place), system prompts, tokens, mostly the outcome"
    example: str = "winnow ingest 'datasets/*/full_std.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a trajectory by the classes of its items."""
        items = record.get("content") if isinstance(record, dict) else None
        return isinstance(items, list) and any(isinstance(item, dict) and "class_" in item for item in items)

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one trajectory.

        Raises:
            RecordFault: an item is not of a known class, or lacks what its class promises.
        """
        fields = Fields(record.raw, "$")
        messages = read_items(fields.take_objects("content"))
        if not messages:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "`content` is empty.")
        row_id = fields.require("id", TEXT)
        row = read_row_id(row_id)
        if row.task_key != row_id:
            fields.put("id", json_text(row_id))
        details = fields.take_object("details")
        exit_status = details.take_if("exit_status", TEXT)
        status = _status(exit_status)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=benchmark_of(row.task_key, source.name),
                task_key=row.task_key,
                policy=policy_text(messages),
                secrets=_secrets(details),
            ),
            messages=messages,
            trial=row.trial,
            model=details.take_if("model_name", TEXT) or _run_model(details),
            status=status,
            termination_reason=exit_status,
            outcome_reward=None if status is Status.INFRA_ERROR else _reward(details),
            toolset=read_toolset(details, "tools"),
        )
        fields.put("details", details.rest())
        return (msgspec.structs.replace(trajectory, extra=fields.rest()),)


ADP = Adp()


def _secrets(details: Fields) -> TaskSecrets | None:
    told = {name: details.take_raw(name) for name in JUDGES}
    held = {name: msgspec.Raw(raw) for name, raw in told.items() if raw is not None}
    return TaskSecrets(extra=json_text(held)) if held else None


def _run_model(details: Fields) -> str | None:
    """Read the model out of an OpenHands run's name, which stays in `extra`."""
    run_id = details.take_if("run_id", TEXT)
    details.put("run_id", None if run_id is None else json_text(run_id))
    model, mark, _ = (run_id or "").partition(RUN_MARK)
    return model if mark else None


def _status(exit_status: str | None) -> Status:
    """Read SWE-agent's exit status; `submitted (exit_cost)` was submitted for the agent when its budget ended."""
    cause = re.search(r"\((\w+)\)", exit_status or "")
    return STATUSES.get(cause[1] if cause else exit_status or "", Status.UNKNOWN)


def _reward(details: Fields) -> float | None:
    """Take the verdict if there is exactly one and it is clear; else it stays where it is."""
    told = {name: raw for name in REWARD_NAMES if (raw := details.take_raw(name)) is not None}
    rewards = [_number(raw) for raw in told.values()]
    if len(rewards) == 1 and rewards[0] is not None:
        return rewards[0]
    for name, raw in told.items():
        details.put(name, raw.decode())
    return None


def _number(raw: bytes) -> float | None:
    text = TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()
    if text.lower() in TRUTHS:
        return TRUTHS[text.lower()]
    try:
        return REAL.decode(text)
    except msgspec.DecodeError:
        return None
