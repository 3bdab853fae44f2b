"""Which task a NeMo Gym rollout is of, and what of it must stay in quarantine."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.rollouts.chats.openai_chat import TASK_KEY
from schemas.rollouts.evals.nemo_gym_fields import sort_fields
from schemas.rollouts.format import RawRecord, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import INTEGER, TEXT, Fields
from schemas.rollouts.parts.peeking import peek, peek_inside
from schemas.trajectory import Message, Score, Task, TaskSecrets

FOLDERS = ("resources_servers", "benchmarks", "environments", "responses_api_agents")
"""Folders of the NeMo Gym repository whose subfolders are environments; the last: agents with data of their own."""
PROMPT_CHARS = 12
"""How much of the prompt's hash a key holds: enough to tell apart the tasks of one index."""


class Judged(NamedTuple):
    """A task, and what the verifier's fields tell of one rollout of it."""

    task: Task
    scores: tuple[Score, ...]
    public: str | None
    """Fields that may be seen, as a JSON object."""


def read_task(row: Fields, messages: Iterable[Message], record: RawRecord, source: Source) -> Judged:
    """Read all that is left of a row; nothing is left in it then.

    Args:
        row: without request, response, reward and agent.
        messages: the rollout.
        record: the row itself.
        source: its path names the environment.
    """
    benchmark, task_key = _name(row, messages, record, source)
    split = row.take_if("split", TEXT)
    tau2_task = row.take_object("task") if is_tau2(row) else Fields(b"{}", "$.task")
    criteria = tau2_task.take_object("evaluation_criteria")
    instruction, actions = (
        row.take_raw("customer_scenario") or tau2_task.take_raw("user_scenario"),
        criteria.take_raw("actions"),
    )
    tau2_task.put("evaluation_criteria", criteria.rest())
    row.put("task", tau2_task.rest())
    fields = sort_fields(row.rest())
    secrets = TaskSecrets(
        gold_actions=None if actions is None else actions.decode(),
        gold_outputs=fields.gold,
        private_instruction=None if instruction is None else instruction.decode(),
        extra=fields.private,
    )
    task = Task(
        benchmark=benchmark,
        task_key=task_key,
        split=split,
        policy=policy_text(messages),
        secrets=None if secrets == TaskSecrets() else secrets,
    )
    return Judged(task, fields.scores, fields.public)


def is_tau2(row: Fields) -> bool:
    """Tell a row of the `tau2` agent, which holds the whole simulation once more."""
    return not any(peek_inside(row, name).is_empty for name in ("config", "task", "result"))


def _name(row: Fields, messages: Iterable[Message], record: RawRecord, source: Source) -> tuple[str, str]:
    """Name benchmark and task, by the benchmark's own names when they are told."""
    environment = _environment(source)
    domain = peek_inside(row, "config").take_if("domain", TEXT)
    task_id = peek_inside(row, "task").take_if("id", TASK_KEY)
    if is_tau2(row) and domain and task_id is not None:
        return f"tau2_{domain}", str(task_id)
    metadata = peek_inside(row, "verifier_metadata")
    for holder, name in ((row, "instance_id"), (row, "task_id"), (metadata, "task_id")):
        named = peek(holder, name, TASK_KEY)
        if named not in (None, ""):
            return benchmark_of(str(named), environment), str(named)
    prompt = prompt_key(messages, record.record_id)
    index = row.take_if("_ng_task_index", INTEGER)
    return environment, prompt if index is None else f"{index}-{prompt[:PROMPT_CHARS]}"


def _environment(source: Source) -> str:
    """Name the environment by the folder of the repository that holds it."""
    folders = source.parts[:-1]
    found = (folders[folders.index(name) + 1 :] for name in FOLDERS if name in folders)
    return next((below[0] for below in found if below), source.name)
