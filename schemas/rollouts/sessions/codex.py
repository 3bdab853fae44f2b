"""Codex CLI sessions: one rollout file is one session, with its compactions and rollbacks.

No real file was at hand: read as public descriptions and short excerpts show it (v0.46 and later; old files without
wrapping). The items (`response_item`) are what the model saw. The events repeat some of it for the screen and tell
more besides; they stay in `extra.lines`, a repeated text left out. What `codex exec --json` prints is another format, a
summary without prompts and exact arguments, and is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.branches import part_branches
from schemas.rollouts.parts.chat import policy_text
from schemas.rollouts.parts.fields import TEXT, Fields
from schemas.rollouts.raw.log_lines import Log, asked_key, first_objects, read_log
from schemas.rollouts.sessions.codex_lines import (
    Line,
    is_bare_start,
    is_wrapped,
    line_extra,
    read_event,
    texts_of,
    unwrap_lines,
)
from schemas.rollouts.sessions.codex_replay import conversation_messages, replay
from schemas.rollouts.sessions.codex_tokens import count_tokens, spread_tokens
from schemas.trajectory import Relation, Status, Task, Trajectory

ENDINGS = {
    "task_complete": Status.COMPLETED,
    "turn_complete": Status.COMPLETED,
    "turn_aborted": Status.UNKNOWN,
    "error": Status.INFRA_ERROR,
    "task_started": Status.UNKNOWN,
    "turn_started": Status.UNKNOWN,
}
"""What the last of these events says of the rollout; a turn that only began may still be going on."""


@dataclass(frozen=True, kw_only=True)
class Codex(RolloutFormat):
    """A rollout file of the Codex CLI."""

    name: str = "codex"
    version: str = "1"
    reads: str = (
        "a session's rollout file, wrapped or bare (as described in public; no real file was at hand)"
    )
    carries: str = "messages, reasoning summaries, model, token counts, system prompt, compactions, rollbacks; git facts in `extra`"
    lacks: str = "tool schemas, readable reasoning, any outcome, cost"
    example: str = "winnow ingest '~/.codex/sessions/**/rollout-*.jsonl'"

    def claims(self, head: Head) -> bool:
        """Tell a rollout file by its lines, and the output of `codex exec --json` by its first."""
        records = list(first_objects(head))
        is_bare = head.file_name.startswith("rollout-") and any(map(is_bare_start, records))
        return is_bare or any(map(is_wrapped, records)) or _is_exec_output(records[:1])

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one file.

        Raises:
            RecordFault: `unsupported_version` for the output of `codex exec --json`; `empty_conversation`; an item
                is not what the Responses API promises.
        """
        log = read_log(record.raw)
        lines = unwrap_lines(log)
        if log.lines and _is_exec_output([msgspec.json.decode(log.lines[0].raw)]):
            raise RecordFault(
                RejectReason.UNSUPPORTED_VERSION,
                "Output of `codex exec --json`, which holds neither prompts nor exact arguments. "
                "Read: the session's rollout file under `~/.codex/sessions`.",
            )
        blank = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(benchmark=source.name, task_key=record.record_id),
            messages=(),
            agent="codex",
            model=next(filter(None, map(_model, lines)), None),
        )
        return _trajectories(blank, log, lines)


CODEX = Codex()


def _is_exec_output(records: Sequence[object]) -> bool:
    return any(isinstance(record, dict) and record.get("type") == "thread.started" for record in records)


def _model(line: Line) -> str | None:
    return Fields(line.payload, "$.payload").take_if("model", TEXT) if line.kind == "turn_context" else None


def _trajectories(blank: Trajectory, log: Log, lines: Sequence[Line]) -> tuple[Trajectory, ...]:
    """Make the trajectories of a session: totals, ending and bookkeeping are of all of it, and stand on the first."""
    conversations = replay(lines)
    if not conversations:
        raise RecordFault(RejectReason.EMPTY_CONVERSATION, "No line holds an item that the model saw.")
    instructions, facts = _session_facts(lines)
    branches = part_branches([conversation_messages(instructions, one) for one in conversations])
    counts = count_tokens(lines)
    owns = spread_tokens([branch.own for branch in branches], counts.calls)
    made: list[Trajectory] = []
    places: list[int] = []
    for conversation, branch, own in zip(conversations, branches, owns, strict=True):
        before = places[-1] if branch.parent is None and places else None
        place = before if branch.parent is None else places[branch.parent]
        if own:
            parent = None if place is None else made[place]
            place = len(made)
            whole = replace(blank, record_part=place, messages=own, shared_count=branch.shared_count)
            made.append(_descended(whole, parent, conversation.relation))
        places.append(place or 0)
    status, reason = _ending(lines)
    made[0] = replace(
        made[0],
        status=status,
        termination_reason=reason,
        prompt_tokens=counts.total.input_tokens,
        completion_tokens=counts.total.output_tokens,
        extra=_extra(log, lines, facts),
    )
    return tuple(made)


def _descended(one: Trajectory, parent: Trajectory | None, relation: Relation) -> Trajectory:
    """Tell what a conversation came from; all of a session are about its first task."""
    if parent is not None:
        return replace(one, task=parent.task, parent_id=parent.trajectory_id, relation=relation)
    task_key = asked_key(one.messages, one.task.task_key)
    return replace(one, task=replace(one.task, task_key=task_key, policy=policy_text(one.messages)))


def _session_facts(lines: Sequence[Line]) -> tuple[str | None, str | None]:
    """Read the first line: the system prompt, and all else as JSON (working folder, git, versions)."""
    line = next((line for line in lines if line.kind == "session_meta"), None)
    if line is None:
        return None, None
    meta = Fields(line.payload, "$.payload")
    instructions = None
    raw = meta.take_raw("base_instructions")
    if raw is not None and raw.startswith(b"{"):
        held = Fields(raw, "$.payload.base_instructions")
        instructions = held.take_if("text", TEXT)
        meta.put("base_instructions", held.rest())
    elif raw is not None:
        meta.put("base_instructions", raw.decode())
    meta.put("line", line.wrapping)
    return instructions, meta.rest()


def _ending(lines: Sequence[Line]) -> tuple[Status, str | None]:
    """Tell how the session ended by the last event that says so."""
    for line in reversed(lines):
        event = read_event(line) if line.kind == "event_msg" else None
        if event is not None and event.type in ENDINGS:
            return ENDINGS[event.type], event.reason or event.type
    return Status.UNKNOWN, None


def _extra(log: Log, lines: Sequence[Line], facts: str | None) -> str | None:
    """Keep what no message holds: the first line's facts, and all lines but items, in file order."""
    said = frozenset(texts_of(line.payload for line in lines if line.kind == "response_item"))
    first = next((line for line in lines if line.kind == "session_meta"), None)
    left = [line_extra(line, said) for line in lines if line.kind != "response_item" and line is not first]
    extra = Fields(b"{}", "extra")
    extra.put("session_meta", facts)
    extra.put("lines", f"[{','.join(left)}]" if left else None)
    extra.put("broken_lines", log.broken_json)
    return extra.rest()
