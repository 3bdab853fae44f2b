"""OpenHands V0: rows of an evaluation's `output.jsonl`, and whole files that are one event stream.

Read against All-Hands-AI/OpenHands 156d068. Real files read: 3 rows of Multi-SWE-bench and 4 event streams; old pairs,
parallel calls and condensation only from the source. `eval.py` reads the row around the history, `events.py` the events,
`views.py` what a condensation does to the prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.rollouts.chats.openai_chat import read_toolset
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.openhands.eval import has_finished, read_nameless, read_row, with_prompt
from schemas.rollouts.openhands.events import converse, read_events
from schemas.rollouts.openhands.views import Event, trajectories_of, unseen, views
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields
from schemas.rollouts.parts.peeking import peek_inside
from schemas.rollouts.raw.strict_json import parse_json
from schemas.trajectory import Message, Status, Toolset, Trajectory

ROW_FIELDS = frozenset({"instance_id", "history", "test_result"})


@dataclass(frozen=True, kw_only=True)
class Openhands(RolloutFormat):
    """One V0 rollout: an evaluation's row, or an event stream."""

    name: str = "openhands"
    version: str = "1"
    reads: str = "a row of output.jsonl, or a JSON array of events (V0, All-Hands-AI/OpenHands 156d068)"
    carries: str = "messages with exact calls, token counts, cost, verdict, tool schemas; the benchmark's row goes to quarantine"
    lacks: str = "how observations were rendered for the model; a stream: the task's name, the verdict"
    example: str = "winnow ingest 'evaluation_outputs/**/output.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a row by its fields and its first event."""
        if not isinstance(record, dict) or not record.keys() >= ROW_FIELDS:
            return False
        history = record["history"]
        return isinstance(history, list) and (not history or _is_event(history[0]))

    def claims(self, head: Head) -> bool:
        """Claim an array of events; rows of JSON Lines are records of their own."""
        return (
            head.start.lstrip().startswith(b"[") and bool(head.records) and all(map(_is_event, head.records))
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one rollout; the continuations of a condensed one follow it.

        Raises:
            RecordFault: it has no events to tell, or one is not what its kind promises.
        """
        row, whole, events = self._open(record, source)
        seen = views(events)
        row.put("events", unseen(events))
        messages = converse(seen[0].events)
        is_complete = whole.termination_reason is None and has_finished(converse(seen[-1].events))
        facts = replace(
            with_prompt(whole, messages),
            model=whole.model or _model(messages),
            status=Status.COMPLETED if is_complete else whole.status,
            toolset=_toolset(seen[0].events[0]),
            extra=row.rest(),
        )
        return trajectories_of(facts, seen, converse)

    def _open(self, record: RawRecord, source: Source) -> tuple[Fields, Trajectory, list[Event]]:
        """Give the record's other fields, its facts and its events, whichever of the two shapes it has."""
        if record.raw.lstrip().startswith(b"["):
            parse_json(record.raw)
            whole = read_nameless(record, source, self.name)
            return Fields(b"{}", "$"), whole, read_events(map(bytes, ELEMENTS.decode(record.raw)), "$")
        row = Fields(record.raw, "$")
        whole = read_row(row, record, source, self.name)
        history = row.require("history", ELEMENTS)
        return row, whole, read_events(map(bytes, history), "$.history")


OPENHANDS = Openhands()


def _is_event(event: object) -> bool:
    """Tell a V0 event, or a pair of them."""
    if isinstance(event, list):
        return bool(event) and all(map(_is_event, event))
    return isinstance(event, dict) and ("action" in event or "observation" in event) and "kind" not in event


def _toolset(opening: Event) -> Toolset | None:
    """Take the tools of the system message that opens the conversation."""
    if opening.kind != "system":
        return None
    return read_toolset(Fields(opening.raw, opening.place).take_object("args"), "tools")


def _model(messages: Sequence[Message]) -> str | None:
    """Read the model from the first logged response."""
    for message in messages:
        response = peek_inside(Fields((message.extra or "{}").encode(), "extra"), "model_response")
        if not response.is_empty:
            return response.take_if("model", TEXT)
    return None
