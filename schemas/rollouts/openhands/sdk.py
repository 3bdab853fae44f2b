"""OpenHands V1 (openhands-sdk): evaluation rows, files that are one list of events, and conversation folders.

`eval.py` reads the row around the history, `sdk_events.py` the events, `views.py` what a
condensation does to the prompt. A conversation folder (`base_state.json`, `events/event-NNNNN-<id>.json`) is one
record. Rows and event lists were read in real files, folders only from the SDK's sources.

Some OpenAgentSafety runs wrote their events as one string of Python reprs. That is no JSON of anything, arguments and
long outputs are cut off in it, and it is never evaluated: such a file is rejected.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import read_toolset
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.openhands.eval import read_nameless, read_row, status_of, with_prompt
from schemas.rollouts.openhands.sdk_events import converse, read_events
from schemas.rollouts.openhands.views import Event, trajectories_of, unseen, views
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek_inside
from schemas.rollouts.raw.bundle import unpack_bundle
from schemas.rollouts.raw.strict_json import parse_json
from schemas.trajectory import Message, Role, Status, Toolset, Trajectory

ROW_FIELDS = frozenset({"instance_id", "history", "test_result"})
REPR_DUMP = re.compile(r"(ConversationStateUpdate|[A-Z]\w+Event)\b ?\(")
EVENT_FILE = re.compile(r"(?:^|/)events/event-\d+-[^/]+\.json$")
BASE_STATE = "base_state.json"
TRAJ_FILE = re.compile(r"traj_(?P<task>.+)\.json")
MODEL_FOLDER = re.compile(
    r"/[^/]+-(?:train|validation|test|dev)/(?P<model>.+?)_(?:sdk_[0-9a-f]+_)?maxiter_\d+"
)
FINISH = "finish"


@dataclass(frozen=True, kw_only=True)
class OpenhandsSdk(RolloutFormat):
    """One V1 rollout."""

    name: str = "openhands_sdk"
    version: str = "1"
    reads: str = (
        "a row of output.jsonl, a JSON array of typed events, or a conversation folder (openhands-sdk 1.58.2)"
    )
    carries: str = (
        "messages with exact calls, reasoning, cost, verdict; the benchmark's row goes to quarantine"
    )
    lacks: str = (
        "how observations were rendered for the model; an event list: the verdict (`openhands_reports`)"
    )
    example: str = "winnow ingest 'outputs/**/traj_*.json'"

    def recognises(self, record: object) -> bool:
        """Tell a row by its first event's `kind`, and a dump of Python reprs, which is then rejected."""
        if isinstance(record, str):
            return REPR_DUMP.match(record) is not None
        if not isinstance(record, dict) or not record.keys() >= ROW_FIELDS:
            return False
        history = record["history"]
        return isinstance(history, list) and bool(history) and _is_event(history[0])

    def claims(self, head: Head) -> bool:
        """Claim an array of typed events, also an empty one where a rollout's file should hold some."""
        if TRAJ_FILE.fullmatch(head.file_name) and head.start.strip() == b"[]":
            return True
        return (
            head.start.lstrip().startswith(b"[") and bool(head.records) and all(map(_is_event, head.records))
        )

    def bundle_key(self, path: str) -> str | None:
        """Take a conversation's folder as one record."""
        if EVENT_FILE.search(path):
            return path.rpartition("/events/")[0] or None
        folder, _, name = path.rpartition("/")
        return folder or None if name == BASE_STATE else None

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one rollout; the continuations of a condensed one follow it.

        Raises:
            RecordFault: it holds no event of a prompt, an event breaks its kind's promise, or it is a dump of reprs.
        """
        if record.raw.startswith(b'"'):
            raise RecordFault(
                RejectReason.UNEXPECTED_SHAPE,
                "One JSON string with a dump of Python reprs of events. A list of events as JSON objects is read.",
            )
        row, whole, events = self._open(record, source)
        seen = views(events)
        row.put("events", unseen(events))
        status, reason = _ending(whole, events, converse(seen[-1].events))
        facts = replace(
            with_prompt(whole, converse(seen[0].events)),
            status=status,
            termination_reason=reason,
            toolset=_toolset(seen[0].events[0]),
            extra=row.rest(),
        )
        return trajectories_of(facts, seen, converse)

    def _open(self, record: RawRecord, source: Source) -> tuple[Fields, Trajectory, list[Event]]:
        """Give the record's other fields, its facts and its events, whichever of the three shapes it has."""
        if record.raw.lstrip().startswith(b"["):
            parse_json(record.raw)
            match = TRAJ_FILE.fullmatch(source.file_name)
            whole = read_nameless(record, source, self.name, task_key=match["task"] if match else None)
            run = MODEL_FOLDER.search(source.uri)
            whole = replace(whole, model=run["model"] if run else None)
            return Fields(b"{}", "$"), whole, read_events(map(bytes, ELEMENTS.decode(record.raw)), "$")
        if record.raw.lstrip().startswith(b"{"):
            row = Fields(record.raw, "$")
            whole = read_row(row, record, source, self.name)
            history = row.require("history", ELEMENTS)
            return row, whole, read_events(map(bytes, history), "$.history")
        return self._open_folder(record, source)

    def _open_folder(self, record: RawRecord, source: Source) -> tuple[Fields, Trajectory, list[Event]]:
        members = unpack_bundle(record.raw)
        whole = read_nameless(record, source, self.name)
        row = Fields(b"{}", "$")
        histories: list[bytes] = []
        for name, content in members.items():
            try:
                parse_json(content)
            except RecordFault:
                row.put(name, json_text(content.decode("utf-8", "backslashreplace")))
                continue
            if EVENT_FILE.search(name):
                histories.append(content.strip())
            else:
                row.put(name, content.decode().strip())
        llm = peek_inside(peek_inside(peek_inside(row, BASE_STATE), "agent"), "llm")
        return row, replace(whole, model=llm.take_if("model", TEXT)), read_events(histories, "events")


OPENHANDS_SDK = OpenhandsSdk()


def _is_event(event: object) -> bool:
    return isinstance(event, dict) and isinstance(event.get("kind"), str) and "timestamp" in event


def _toolset(opening: Event) -> Toolset | None:
    """Take the tools of the system prompt that opens the conversation."""
    if opening.kind != "SystemPromptEvent":
        return None
    return read_toolset(Fields(opening.raw, opening.place), "tools")


def _ending(
    whole: Trajectory, events: Sequence[Event], messages: Sequence[Message]
) -> tuple[Status, str | None]:
    """Tell how the rollout ended: by an error of the conversation, by the agent's word, or nobody knows how."""
    if whole.termination_reason is not None:
        return whole.status, whole.termination_reason
    failed = next((event for event in reversed(events) if event.kind == "ConversationErrorEvent"), None)
    if failed is not None:
        fields = Fields(failed.raw, failed.place)
        reason = f"{fields.require('code', TEXT)}: {fields.require('detail', TEXT)}"
        return status_of(reason), reason
    last = next((message for message in reversed(messages) if message.role is Role.ASSISTANT), None)
    if last is None or any(call.name != FINISH for call in last.tool_calls):
        return whole.status, None
    return Status.COMPLETED, None
