"""OpenAI chat records: one conversation per line, as chat-completion messages, with its outcome beside them.

Fields of a foreign `extra` stand where the source had them, in the record, the message or the call, unless they would
be read as something else; then they lie under `winnow`.
"""

import msgspec

from schemas.interchange.json_pieces import fields_of, is_json, one_line
from schemas.interchange.telling import Columns, Told, known
from schemas.interchange.writer import RolloutWriter
from schemas.rollouts.parts.chat import ROLES
from schemas.rollouts.parts.fields import TEXT
from schemas.rollouts.parts.own_facts import KEY
from schemas.trajectory import Message, Origin, Role, Status, ToolCall, Toolset, Trajectory


def _draft(trajectory: Trajectory, told: Told) -> bytes:
    task = trajectory.task
    record: Columns = {
        "benchmark": task.benchmark,
        "task_id": task.task_key,
        "split": task.split,
        "trial": trajectory.trial,
        "agent": trajectory.agent,
        "model": trajectory.model,
        "status": None if trajectory.status is Status.UNKNOWN else trajectory.status,
        "termination_reason": trajectory.termination_reason,
        "reward": trajectory.outcome_reward,
        "cost_usd": trajectory.cost_usd,
        "prompt_tokens": trajectory.prompt_tokens,
        "completion_tokens": trajectory.completion_tokens,
        "tools": None if trajectory.toolset is None else _tools(trajectory.toolset),
    }
    record = known(record)
    record["messages"] = [_message(message, told) for message in trajectory.messages]
    left = _left(trajectory.extra, told.trajectory, told)
    return msgspec.json.encode(_completed(record, left, told.trajectory))


OPENAI_CHAT_WRITER = RolloutWriter(name="openai_chat", version="1", draft=_draft)


def _tools(toolset: Toolset) -> msgspec.Raw | str:
    """Give tool schemas as they are spelled; as a string, which is read too, where they have line breaks."""
    is_line = "\n" not in toolset.tools and "\r" not in toolset.tools
    return msgspec.Raw(toolset.tools) if is_line and is_json(toolset.tools) else toolset.tools


def _message(message: Message, told: Told) -> Columns:
    columns = told.of(message)
    left = _left(message.extra, columns, told)
    parts = None if told.is_apart else _parts(message)
    written: Columns = {
        "role": _role(message.role, left),
        "content": message.text if parts is None else parts,
    }
    more: Columns = {
        "reasoning_content": message.reasoning,
        "tool_calls": [
            _call(call, told.calls.get((message.seq, index), {}), told)
            for index, call in enumerate(message.tool_calls)
        ]
        or None,
        "tool_call_id": message.tool_call_id,
        "name": message.name,
        "is_demo": True if message.origin is Origin.DEMO else None,
        "weight": 0 if message.origin is Origin.COPIED and message.role is Role.ASSISTANT else None,
    }
    return _completed(written | known(more), left, columns)


def _parts(message: Message) -> msgspec.Raw | None:
    """Give content that is a list or an object; a chat message may hold no other JSON."""
    parts = message.content_json
    return one_line(parts) if parts is not None and parts.startswith(("[", "{")) and is_json(parts) else None


def _role(role: Role, left: Columns) -> str:
    """Give the source's own name of a role (`developer`), which is left in `extra`, or else ours."""
    raw = left.get("role")
    own = TEXT.decode(raw) if raw is not None and bytes(raw).startswith(b'"') else None
    return own if own is not None and ROLES.get(own) is role else role.value


def _call(call: ToolCall, columns: Columns, told: Told) -> Columns:
    left = _left(call.extra, columns, told)
    is_custom = bytes(left.get("type", b"")) == b'"custom"'
    holder, arguments = ("custom", "input") if is_custom else ("function", "arguments")
    inside = fields_of(left.get(holder))
    written: Columns = {} if call.call_id is None else {"id": call.call_id}
    written |= {"type": "function", holder: inside | {"name": call.name, arguments: call.arguments}}
    return written | {name: raw for name, raw in left.items() if name not in {"id", holder}}


def _left(extra: str | None, columns: Columns, told: Told) -> Columns:
    """Give the fields of an `extra` that stand where the source had them; none when `winnow` tells it."""
    return {} if told.is_apart or "extra" in columns else fields_of(extra)


def _completed(written: Columns, left: Columns, columns: Columns) -> Columns:
    """Add the fields of an `extra`, and what is told."""
    completed = written | {name: raw for name, raw in left.items() if name not in {*written, KEY}}
    return completed | {KEY: columns} if columns else completed
