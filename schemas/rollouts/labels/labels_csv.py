"""Labels that somebody keeps in a CSV: one row judges one rollout, told by any of the columns below.

Whom it judges: `task_key`, `task_id` or `instance_id` (the task); `run`, `file` or `trajectory` (a part of the
rollout's path); `trial` (a number, or a trial's folder); `benchmark`, `agent`, `model`. What it says: `reward`,
`score`, `resolved`, `success`, `passed`, `correct`, `label`, `rating`, and every column that ends in `_score` or
`_reward`. Who says it: `annotator` (then a human). Why: `explanation`, `comment` or `reason`. All else is kept.

Yes and no, true and false, resolved and failed are 1 and 0; an empty cell is unknown, and so is a word that is no
verdict, which is kept beside it. The first of `reward`, `resolved`, `success`, `passed`, `correct` that the table has
is the outcome of the task, unless a human says so. No published file was read: the columns are ours.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.errors import RecordFault
from schemas.identity import content_digest
from schemas.reasons import RejectReason
from schemas.rollouts.format import Head, Holds, RawRecord, Rejection, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.csv_labels import Row, csv_columns, label_value, read_csv
from schemas.rollouts.parts.csv_rows import TableRow, table_rows
from schemas.rollouts.parts.fields import json_text
from schemas.rollouts.raw.cutting import Cutting
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

TASK = ("task_key", "task_id", "instance_id")
RUN = ("run", "file", "trajectory")
TRIAL = "trial"
OUTCOME = ("reward", "resolved", "success", "passed", "correct")
VALUES = frozenset({*OUTCOME, "score", "label", "rating"})
VALUE_ENDS = ("_score", "_reward")
REASON = ("explanation", "comment", "reason")


@dataclass(frozen=True, kw_only=True)
class LabelsCsv(RolloutFormat):
    """A table of labels."""

    name: str = "labels_csv"
    version: str = "2"
    reads: str = "a `.csv` with a column that names rollouts (`task_id`, `run`, ...) and one that judges (`score`, ...)"
    carries: str = "scores of rollouts that lie in other files, who gave them, and why"
    lacks: str = "the rollouts; a row that fits several of them attaches to none"
    example: str = "winnow ingest labels.csv --source my-runs"

    def claims(self, head: Head) -> bool:
        """Claim a CSV that names rollouts and judges them."""
        columns = csv_columns(head)
        return not columns.isdisjoint((*TASK, *RUN, TRIAL)) and any(map(_is_value, columns))

    def part(self, record: RawRecord) -> Iterable[RawRecord]:
        """Refuse rows that cannot be read, or name no rollout, one by one: a table is kept by people."""
        rows = list(table_rows(record.raw))
        faults = _row_faults(rows)
        if not faults:
            return (record,)
        whole = b"".join(row.raw for row in rows if row.line not in faults)
        read = replace(record, raw=whole, record_id=content_digest(whole))
        broken = (row for row in rows if row.line in faults)
        return (read, *(self._refused(row, faults[row.line], n) for n, row in enumerate(broken, start=1)))

    def _refused(self, row: TableRow, fault: RecordFault, index: int) -> RawRecord:
        rejection = Rejection(reason=fault.reason, detail=fault.detail, format_name=self.name)
        return Cutting().refused(
            [row.raw.rstrip(b"\r\n")], rejection, locator=f"line {row.line}", index=index
        )

    def decode(self, record: RawRecord, source: Source) -> Holds:  # noqa: ARG002 - the signature is the contract
        """Read every verdict of every row.

        Raises:
            RecordFault: the table is broken, or a row names no rollout.
        """
        rows = read_csv(record.raw)
        return tuple(
            verdict for number, row in enumerate(rows, start=1) for verdict in _verdicts(row, number)
        )


LABELS_CSV = LabelsCsv()


def _row_faults(rows: Sequence[TableRow]) -> dict[int, RecordFault]:
    """Give what is wrong with rows, by line; nothing of a table whose header is broken, which is refused whole."""
    if not rows or rows[0].fault is not None:
        return {}
    found = ((row.line, _row_fault(row, rows[0].cells)) for row in rows[1:])
    return {line: fault for line, fault in found if fault is not None}


def _row_fault(row: TableRow, columns: list[str]) -> RecordFault | None:
    if row.fault is not None or not row.cells:
        return row.fault
    named = dict(zip(columns, row.cells, strict=True))
    if any(named.get(name) for name in (*TASK, *RUN, TRIAL)):
        return None
    return RecordFault(RejectReason.MISSING_FIELD, "It names neither a task, nor a run, nor a trial.")


def _is_value(column: str) -> bool:
    return column in VALUES or column.endswith(VALUE_ENDS)


def _verdicts(row: Row, number: int) -> Iterator[Verdict]:
    """Read one row: a verdict per judging column; what is no verdict goes along with the first."""
    task_key, run, reason = _take(row, *TASK), _take(row, *RUN), _take(row, *REASON)
    trial = _take(row, TRIAL)
    if task_key is None and run is None and trial is None:
        raise RecordFault(
            RejectReason.MISSING_FIELD, f"Row {number} names neither a task, nor a run, nor a trial."
        )
    is_number = trial is not None and trial.isdecimal() and len(trial) < 19  # noqa: PLR2004 - digits of an int64
    annotator = _take(row, "annotator")
    benchmark, agent, model = (_take(row, name) for name in ("benchmark", "agent", "model"))
    outcome = None if annotator else next((name for name in OUTCOME if name in row), None)
    labels = {name: row.pop(name) for name in list(row) if _is_value(name)}
    for name, text in labels.items():
        value, others = _value(name, text)
        extra = (row if name == next(iter(labels)) else {}) | others
        yield Verdict(
            score=Score(
                name=name,
                value=value,
                source=ScoreSource.HUMAN if annotator else ScoreSource.VERIFIER,
                annotator=annotator,
                explanation=reason,
            ),
            is_outcome=name == outcome,
            task_key=task_key,
            benchmark=benchmark or (task_key and benchmark_of(task_key, "")) or None,
            trial=int(trial) if trial is not None and is_number else None,
            agent=agent,
            model=model,
            run=run or (None if is_number else trial),
            extra=json_text(extra) if extra else None,
        )


def _take(row: Row, *names: str) -> str | None:
    """Take the first of several columns that tells something; the others stay."""
    name = next((name for name in names if row.get(name)), None)
    return None if name is None else row.pop(name)


def _value(name: str, text: str) -> tuple[float | None, Row]:
    """Give a label's number, or none and its words."""
    try:
        return label_value(text), {}
    except ValueError:
        return None, {name: text}
