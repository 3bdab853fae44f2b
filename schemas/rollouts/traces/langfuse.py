"""Langfuse exports: observations, traces and scores, as JSON Lines, an array, CSV or Parquet, or a trace with its observations.

Read from the SDK's types (5.0.4) and the reference of the blob export; no real file was at hand. Names come in
camelCase (API, exports of the UI) and snake_case (blob export). The generations of a trace lie anywhere in a file, so
a file is one record. Input and output hold JSON of any framework's shape, often as a string; a shape that nobody knows
stays whole.

Traces alone hold no generations, so a file of them holds nothing; a file of scores holds verdicts, each on the
trace that it names: the first trajectory of a trace keeps its id as `extra.trace_id`.
"""

from dataclasses import dataclass

from schemas.rollouts.format import Head, Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.raw.log_lines import first_objects, read_documents
from schemas.rollouts.traces.langfuse_observations import is_observation
from schemas.rollouts.traces.langfuse_scores import is_score
from schemas.rollouts.traces.langfuse_tables import read_table, table_columns
from schemas.rollouts.traces.langfuse_traces import is_trace, is_whole_trace, sort_export, trace_holds
from schemas.trajectory import Task, Trajectory


@dataclass(frozen=True, kw_only=True)
class Langfuse(RolloutFormat):
    """A file of a Langfuse export."""

    name: str = "langfuse"
    version: str = "2"
    reads: str = "observations (V2 or legacy), traces with observations, scores; JSON, JSON Lines, CSV or Parquet (by types and reference; no real file was at hand)"
    carries: str = (
        "messages, tool schemas, model, token counts, cost, scores; all other observations in `extra`"
    )
    lacks: str = "task and reward, and what other files of the same export hold of a trace"
    example: str = "winnow ingest export/observations_v2 export/scores --source production"

    def recognises(self, record: object) -> bool:
        """Tell a trace that holds its observations."""
        return isinstance(record, dict) and is_whole_trace(record)

    def claims(self, head: Head) -> bool:
        """Tell an export by its records, which are all of one kind."""
        kinds = (is_whole_trace, is_observation, is_score, is_trace)
        columns: dict[str, object] = dict.fromkeys(table_columns(head))
        return any(is_kind(record) for record in (columns, *first_objects(head)) for is_kind in kinds)

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read one file.

        Raises:
            RecordFault: a table is broken, or there are observations, but no generation among them holds an input or
                output.
        """
        rows = read_table(record.raw, source.file_name)
        documents, broken = read_documents(record.raw) if rows is None else (rows, None)
        blank = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(benchmark=source.name, task_key=record.record_id),
            messages=(),
        )
        return trace_holds(sort_export(documents), blank, broken=broken)


LANGFUSE = Langfuse()
