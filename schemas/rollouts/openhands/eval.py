"""The outer shell of an OpenHands evaluation row (`output.jsonl`, `EvalOutput`): everything but the history.

Both generations write it: V0 (All-Hands-AI/OpenHands 156d068) and V1 (OpenHands/benchmarks). `instance` is the
benchmark's own row, with gold patch, hidden tests, evaluator code or the instructions of simulated people: all of it
goes to quarantine, and so does what a `test_result` says beyond the agent's own patch and the verdict's numbers.

Read in real files: the fields of Multi-SWE-bench and OpenAgentSafety rows. From the sources only: `error`,
`test_result.report`, `attempt`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.rollouts.format import RawRecord, Source
from schemas.rollouts.openhands.scores import read_verdict
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import COUNT, INTEGER, REAL, TEXT, Fields
from schemas.rollouts.parts.peeking import peek
from schemas.trajectory import Message, Role, Status, Task, TaskSecrets, Trajectory

AGENT = "openhands"
FINISH = "finish"
SAFETY_BENCHMARK = "openagentsafety"
RUN_TRIAL = re.compile(r"(?:^|[-_])run_(\d+)$")
FAULTS = (
    (r"max(imum)?[ _]?iteration|maximum budget|exceed\w* .*budget", Status.TRUNCATED),
    (r"stuck ?in ?a? ?loop", Status.AGENT_ERROR),
    (
        r"(Agent|Remote|Docker)Runtime|docker|container|connection|timed? ?out|ERROR_LLM|port \d+",
        Status.INFRA_ERROR,
    ),
)
"""What the words of an error tell about its cause, the first match counting; any other cause is unknown."""


class Run(NamedTuple):
    """What `metadata` tells about the run that a row, or a folder of calls, belongs to."""

    agent: str | None
    model: str | None
    dataset: str | None
    rest: str | None
    """The metadata without these, as a JSON object."""


def read_run(metadata: Fields) -> Run:
    """Take agent, model and dataset of V0 (`llm_config`) or V1 (`llm`) metadata.

    Raises:
        RecordFault: one of them has another shape.
    """
    agent, dataset = metadata.take("agent_class", TEXT), peek(metadata, "dataset", TEXT)
    model = None
    for name in ("llm_config", "llm"):
        llm = metadata.take_object(name)
        model = model or llm.take("model", TEXT)
        metadata.put(name, llm.rest())
    return Run(agent, model, dataset, metadata.rest())


def read_row(row: Fields, record: RawRecord, source: Source, format_name: str) -> Trajectory:
    """Take all of a row but its history; the trajectory that comes back has no messages yet.

    Raises:
        RecordFault: the row is not an `EvalOutput`.
    """
    task_key = row.require("instance_id", TEXT)
    run = read_run(row.take_object("metadata"))
    row.put("metadata", run.rest)
    test_result = row.take_object("test_result")
    outcome, scores = read_verdict(test_result)
    patch = test_result.take_raw("git_patch")
    row.put("git_patch", None if patch is None else patch.decode())
    error = row.take("error", TEXT)
    status = Status.UNKNOWN if error is None else status_of(error)
    metrics = row.take_object("metrics")
    tokens = metrics.take_object("accumulated_token_usage")
    trajectory = Trajectory(
        record_id=record.record_id,
        source_name=source.name,
        source_format=format_name,
        task=Task(
            benchmark=benchmark(task_key, run.dataset, source),
            task_key=task_key,
            instruction=row.take("instruction", TEXT),
            secrets=_secrets(row.take_object("instance"), test_result.rest()),
        ),
        messages=(),
        trial=_first(row.take("attempt", INTEGER), trial(source)),
        agent=run.agent or AGENT,
        model=run.model,
        status=status,
        termination_reason=error,
        outcome_reward=None if status is Status.INFRA_ERROR else outcome,
        cost_usd=metrics.take("accumulated_cost", REAL),
        prompt_tokens=tokens.take("prompt_tokens", COUNT),
        completion_tokens=tokens.take("completion_tokens", COUNT),
        scores=scores,
    )
    metrics.put("accumulated_token_usage", tokens.rest())
    row.put("metrics", metrics.rest())
    return trajectory


def read_nameless(
    record: RawRecord, source: Source, format_name: str, *, task_key: str | None = None
) -> Trajectory:
    """Make the trajectory of a file that holds nothing but events; without a key, `with_prompt` names its task."""
    task_key = task_key or record.record_id
    return Trajectory(
        record_id=record.record_id,
        source_name=source.name,
        source_format=format_name,
        task=Task(benchmark=benchmark(task_key, None, source), task_key=task_key),
        messages=(),
        trial=trial(source),
        agent=AGENT,
    )


def with_prompt(whole: Trajectory, messages: Sequence[Message]) -> Trajectory:
    """Add what the messages tell of the task: its rules, and its key when nothing else names it."""
    task_key = whole.task.task_key
    if task_key == whole.record_id:
        task_key = prompt_key(messages, whole.record_id)
    return replace(whole, task=replace(whole.task, task_key=task_key, policy=policy_text(messages)))


def benchmark(task_key: str, dataset: str | None, source: Source) -> str:
    """Name the benchmark by the task's key, else by the dataset, else by the source.

    Args:
        task_key: the benchmark's own name of the task.
        dataset: as the run's metadata spells it; null when they are not there.
        source: its path may name a benchmark whose other files have no metadata.
    """
    if SAFETY_BENCHMARK in f"{dataset} {source.uri}".lower():
        return SAFETY_BENCHMARK
    return benchmark_of(task_key, dataset or source.name)


def trial(source: Source) -> int | None:
    """Read the trial from the run's folder (`..._run_1`)."""
    found = (RUN_TRIAL.search(part) for part in source.parts)
    return next((int(match[1]) for match in found if match), None)


def status_of(error: str) -> Status:
    """Tell from an error's words who is to blame."""
    return next(
        (status for words, status in FAULTS if re.search(words, error, re.IGNORECASE)), Status.UNKNOWN
    )


def has_finished(messages: Sequence[Message]) -> bool:
    """Tell whether the agent's last turn says that it is done."""
    last = next((message for message in reversed(messages) if message.role is Role.ASSISTANT), None)
    return last is not None and any(call.name == FINISH for call in last.tool_calls)


def _secrets(instance: Fields, test_result: str | None) -> TaskSecrets | None:
    instance.put("test_result", test_result)
    if instance.is_empty:
        return None
    return TaskSecrets(gold_outputs=instance.take_if("patch", TEXT), extra=instance.rest())


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
