"""What the simulations of a tau2 run share: settings, policy, and tasks with their gold."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from schemas.rollouts.chats.openai_chat import TASK_KEY, read_toolset
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek
from schemas.rollouts.tau.quoting import says_the_same
from schemas.rollouts.tau.tau2_rewards import Quoted
from schemas.trajectory import Task, TaskSecrets, Toolset

DOMAIN = re.compile(r"(?:^|_)(airline|retail|telecom|telecom-workflow|banking_knowledge|mock)(?=_|\.)")
CRITERIA = msgspec.json.Decoder(dict[str, msgspec.Raw])
PRIVATE_USER_FIELDS = ("global_simulation_guidelines", "persona_config")
SOLO = "solo"
"""Agents so named read a ticket; there is no user to talk to."""


class Run(NamedTuple):
    """Settings and tasks; all null for simulations that lie without their run."""

    domain: str | None
    policy: str | None = None
    toolset: Toolset | None = None
    agent: str | None = None
    model: str | None = None
    user_secrets: str | None = None
    """What every simulated user is told, as a JSON object: private."""
    tasks: Mapping[str, msgspec.Raw] = {}
    rest: str | None = None
    """What else the run says, as a JSON object."""


def bare_run(file_name: str) -> Run:
    """Tell what a file's name tells of a run that is not at hand."""
    match = DOMAIN.search(file_name)
    return Run(domain=None if match is None else match[1])


def take_run(fields: Fields, file_name: str) -> Run:
    """Take all fields of a `Results` document but its simulations.

    Raises:
        RecordFault: a field is not of its kind.
    """
    tasks = _tasks_by_key(fields)
    info = fields.take_object("info")
    agent, user, environment = (
        info.take_object(name) for name in ("agent_info", "user_info", "environment_info")
    )
    run = Run(
        domain=environment.take("domain_name", TEXT) or bare_run(file_name).domain,
        policy=environment.take("policy", TEXT),
        toolset=read_toolset(environment, "tool_defs"),
        agent=agent.take("implementation", TEXT),
        model=agent.take("llm", TEXT),
        user_secrets=_user_secrets(user),
        tasks=tasks,
    )
    for name, left in (("agent_info", agent), ("user_info", user), ("environment_info", environment)):
        info.put(name, left.rest())
    fields.put("info", info.rest())
    return run._replace(rest=fields.rest())


def read_task(run: Run, task_key: str, *, source_name: str, quoted: Quoted) -> Task:
    """Read a task of the run, and what a simulation's checks say of its gold in other words than the task.

    Args:
        run: the run.
        task_key: the task's id.
        source_name: stands for a domain that nothing names.
        quoted: what the checks say; it is all that there is of a task that is not at hand.
    """
    raw = run.tasks.get(task_key)
    fields = Fields(raw or _quoted_task(quoted), f"$.tasks[{task_key!r}]")
    fields.put("said_by_checks", _said_otherwise(fields, quoted))
    ticket = fields.take("ticket", TEXT)
    is_solo = SOLO in (run.agent or "")
    if not is_solo:
        fields.put("ticket", None if ticket is None else json_text(ticket))
    return Task(
        benchmark=f"tau2_{run.domain or source_name}",
        task_key=task_key,
        instruction=ticket if is_solo else None,
        policy=run.policy,
        secrets=_secrets(fields, run.user_secrets),
    )


def given_message_count(run: Run, task_key: str) -> int:
    """Count the messages with which a task starts its simulations."""
    raw = run.tasks.get(task_key)
    if raw is None:
        return 0
    state = Fields(raw, "$.tasks").take_object("initial_state")
    history = state.take("message_history", ELEMENTS)
    return len(history or [])


def _user_secrets(user: Fields) -> str | None:
    secrets = Fields(b"{}", "$.info.user_info")
    for name in PRIVATE_USER_FIELDS:
        raw = user.take_raw(name)
        secrets.put(name, None if raw is None else raw.decode())
    return secrets.rest()


def _tasks_by_key(fields: Fields) -> dict[str, msgspec.Raw]:
    raws = fields.take("tasks", ELEMENTS) or []
    return {str(Fields(raw, "$.tasks").require("id", TASK_KEY)): raw for raw in raws}


def _quoted_task(quoted: Quoted) -> bytes:
    criteria = _as_lists(quoted)
    return json_text({"evaluation_criteria": criteria} if criteria else {}).encode()


def _as_lists(quoted: Quoted) -> dict[str, list[msgspec.Raw]]:
    return {name: [msgspec.Raw(text) for text in texts] for name, texts in quoted.criteria.items()}


def _said_otherwise(task: Fields, quoted: Quoted) -> str | None:
    """Give what the checks say that the task does not: a whole list where one of its elements differs."""
    own = {name: bytes(raw) for name, raw in (peek(task, "evaluation_criteria", CRITERIA) or {}).items()}
    told: dict[str, object] = {
        name: texts
        for name, texts in _as_lists(quoted).items()
        if not says_the_same(json_text(texts), own.get(name))
    }
    if quoted.justifications:
        told["justifications"] = quoted.justifications
    return json_text(told) if told else None


def _secrets(task: Fields, user_secrets: str | None) -> TaskSecrets | None:
    """Take what is left of a task: all of it is private."""
    task.take_raw("id")
    criteria = task.take_object("evaluation_criteria")
    actions, information, scenario = (
        criteria.take_raw("actions"),
        criteria.take_raw("communicate_info"),
        task.take_raw("user_scenario"),
    )
    task.put("evaluation_criteria", criteria.rest())
    task.put("user_info", user_secrets)
    gold_actions, gold_outputs, private = (
        None if raw is None else raw.decode() for raw in (actions, information, scenario)
    )
    secrets = TaskSecrets(
        gold_actions=gold_actions, gold_outputs=gold_outputs, private_instruction=private, extra=task.rest()
    )
    return None if secrets == TaskSecrets() else secrets
