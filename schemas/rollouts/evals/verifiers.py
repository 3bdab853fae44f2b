"""verifiers' evaluation results (v0): one JSONL row per rollout, and the run's `metadata.json` beside it.

Read in published results of three environments (PrimeIntellect-ai/verifiers 51f20bb, f853c1f, 0b86c59): older rows name
the example `id` and put each reward function's value beside the reward; calls are JSON strings inside a list, and
results have lost the ids of their calls. From its documentation only: string prompts, `metrics`, `error`, `is_completed`,
`is_truncated`, `stop_condition`, `token_usage`. The traces of v1 are another format: `verifiers_traces.py`.

Rows of one example are its trials, but nothing counts them, so `trial` is null. `info` is the environment's own knowledge
of the example (beside the tool schemas): it goes to quarantine with the answer.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.rollouts.chats.openai_chat import TASK_KEY, read_toolset
from schemas.rollouts.evals.verifiers_messages import read_rollout
from schemas.rollouts.format import Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import policy_text
from schemas.rollouts.parts.fields import COUNT, FLAG, REAL, TEXT, Fields, json_text
from schemas.trajectory import Score, ScoreSource, Status, Task, TaskSecrets, Toolset, Trajectory

ROW_FIELDS = frozenset({"prompt", "completion", "reward", "task"})
RUN_FIELDS = frozenset({"model", "num_examples", "rollouts_per_example"})
METADATA = "metadata.json"
DEFAULT_TASK = "default"
"""The task name of an environment that is not a group of others."""
TIME_END = "_ms"
JUDGE = "judge"


@dataclass(frozen=True, kw_only=True)
class Verifiers(RolloutFormat):
    """Rows of a results file."""

    name: str = "verifiers"
    version: str = "1"
    reads: str = "a row of `results.jsonl`, with `metadata.json` beside it (verifiers v0, 2025-09 to 2026)"
    carries: str = (
        "messages, reward and the functions it is made of, tool schemas, model; answers go to quarantine"
    )
    lacks: str = "trial numbers, agent; in older rows how the rollout ended, ids of calls and token counts"
    example: str = "winnow ingest 'outputs/evals/**/results.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a row, or a run's metadata, by its fields."""
        if not isinstance(record, dict):
            return False
        is_row = record.keys() >= ROW_FIELDS and not record.keys().isdisjoint({"example_id", "id"})
        return is_row or _is_metadata(record)

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read one row; a run's metadata holds no rollout.

        Raises:
            RecordFault: the row is not what an evaluation saves.
        """
        row = Fields(record.raw, "$")
        if _is_metadata(msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw])):
            return ()
        run = _run(source)
        info = row.take_object("info")
        toolset = _toolset(row, info)
        messages = read_rollout(row)
        status = _status(row)
        usage = row.take_object("token_usage")
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=_take_either(run, "env_id", "env") or source.name,
                task_key=_task_key(row),
                policy=policy_text(messages),
                secrets=_secrets(row, info),
            ),
            messages=messages,
            model=run.take_if("model", TEXT),
            status=status,
            termination_reason=row.take_if("stop_condition", TEXT),
            outcome_reward=None if status is Status.INFRA_ERROR else row.take("reward", REAL),
            prompt_tokens=usage.take_if("input_tokens", COUNT),
            completion_tokens=usage.take_if("output_tokens", COUNT),
            toolset=toolset,
            scores=tuple(_scores(row, record)),
        )
        row.put("token_usage", usage.rest())
        row.put("metadata", run.rest())
        return (msgspec.structs.replace(trajectory, extra=row.rest()),)


VERIFIERS = Verifiers()


def _is_metadata(record: dict[str, object] | dict[str, msgspec.Raw]) -> bool:
    return record.keys() >= RUN_FIELDS and not record.keys().isdisjoint({"env_id", "env"})


def _run(source: Source) -> Fields:
    """Read the run's metadata; without the file, or when it is broken, environment and model are parts of the path."""
    raw = source.beside(METADATA)
    if raw is not None:
        with suppress(RecordFault, msgspec.DecodeError):
            return Fields(raw, METADATA)
    folder = source.parts[-3] if len(source.parts) > 2 else ""  # noqa: PLR2004 - <env>--<model>/<run>/results.jsonl
    environment, mark, model = folder.partition("--")
    named = {"env_id": environment, "model": model.replace("--", "/")} if mark else {}
    return Fields(msgspec.json.encode(named), "path")


def _take_either(fields: Fields, name: str, older_name: str) -> str | None:
    newer = fields.take_if(name, TEXT)
    return fields.take_if(older_name, TEXT) if newer is None else newer


def _task_key(row: Fields) -> str:
    task = row.require("task", TEXT)
    example = row.take("example_id", TASK_KEY)
    key = str(row.require("id", TASK_KEY) if example is None else example)
    return key if task == DEFAULT_TASK else f"{task}/{key}"


def _toolset(row: Fields, info: Fields) -> Toolset | None:
    newer = read_toolset(row, "tool_defs")
    return read_toolset(info, "oai_tools") if newer is None else newer


def _secrets(row: Fields, info: Fields) -> TaskSecrets | None:
    answer, rest = row.take_raw("answer"), info.rest()
    if answer is None and rest is None:
        return None
    return TaskSecrets(
        gold_outputs=None if answer is None else answer.decode(),
        extra=None if rest is None else f'{{"info":{rest}}}',
    )


def _status(row: Fields) -> Status:
    """An error is one of model, tools or sandbox, for which verifiers abandons the rollout; all flags stay in `extra`."""
    error = row.take_raw("error")
    flags = {name: row.take_if(name, FLAG) for name in ("is_truncated", "is_completed")}
    row.put("error", None if error is None else error.decode())
    for name, flag in flags.items():
        row.put(name, None if flag is None else json_text(flag))
    if error is not None:
        return Status.INFRA_ERROR
    if flags["is_truncated"]:
        return Status.TRUNCATED
    return Status.COMPLETED if flags["is_completed"] else Status.UNKNOWN


def _scores(row: Fields, record: RawRecord) -> Iterator[Score]:
    """Take what the reward functions say: in `metrics`, and in older rows beside the reward."""
    metrics = row.take_object("metrics")
    names = msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw])
    nested = msgspec.json.decode(names.get("metrics") or b"{}", type=dict[str, msgspec.Raw] | None) or {}
    for holder, held in ((metrics, nested), (row, names)):
        for name in held:
            value = None if name.endswith(TIME_END) or name in ROW_FIELDS else holder.take_if(name, REAL)
            if value is not None:
                source = ScoreSource.JUDGE if JUDGE in name else ScoreSource.VERIFIER
                yield Score(name=name, value=value, source=source)
    row.put("metrics", metrics.rest())
