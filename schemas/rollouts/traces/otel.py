"""OpenTelemetry traces of model calls, as OTLP JSON: GenAI conventions, OpenLLMetry, OpenInference.

Read from the conventions' documents; no real trace was at hand. One file is one record, because the spans of a trace
lie anywhere in it. A conversation (`gen_ai.conversation.id`), else a trace, becomes one trajectory; an agent that runs
inside another one is its subagent. Each call logs the whole history, which is put together again (`call_chains.py`).

Spans without model words stay exactly in `extra.spans`, and of a call's span what no column holds stays in the
`extra.span` of its answer. Content is opt-in in most instrumentations: a file without any is refused.
"""

import re
from dataclasses import dataclass

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.raw.log_lines import first_objects
from schemas.rollouts.traces.otel_runs import runs_of
from schemas.rollouts.traces.otel_trajectories import run_trajectories
from schemas.rollouts.traces.otlp import read_export
from schemas.trajectory import Task, Trajectory

DOCUMENT_NAMES = frozenset({"resourceSpans", "resourceLogs"})
DOCUMENT_START = re.compile(rb'\s*\[?\s*\{\s*"resource(Spans|Logs)"')


@dataclass(frozen=True, kw_only=True)
class Otel(RolloutFormat):
    """A file of OTLP JSON."""

    name: str = "otel"
    version: str = "1"
    reads: str = "OTLP JSON, one export or one per line: GenAI conventions, OpenLLMetry, OpenInference (by their documents; no real file was at hand)"
    carries: str = "messages, tool schemas, model, token counts, subagents, evaluations as scores; all other spans in `extra`"
    lacks: str = "task and reward; content, unless its capture was switched on; spans that sampling dropped"
    example: str = "winnow ingest 'traces/*.jsonl.gz' --source production"

    def claims(self, head: Head) -> bool:
        """Tell an export by its first field."""
        is_export = any(record.keys() & DOCUMENT_NAMES for record in first_objects(head))
        return is_export or DOCUMENT_START.match(head.start) is not None

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one file.

        Raises:
            RecordFault: it is not OTLP, no span holds messages, or messages are not of their convention's shape.
        """
        export = read_export(record.raw)
        blank = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(benchmark=source.name, task_key=record.record_id),
            messages=(),
        )
        made = run_trajectories(runs_of(export.spans), export, blank)
        if not made:
            raise RecordFault(
                RejectReason.EMPTY_CONVERSATION,
                f"None of {len(export.spans)} spans holds messages; capture of content is off by default.",
            )
        return made


OTEL = Otel()
