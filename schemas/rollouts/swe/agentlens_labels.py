"""The labels of AgentLens-Bench: `annotations/trajectories*.csv`, one row per rollout."""

import re
from collections.abc import Iterator

from schemas.rollouts.format import Head
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.csv_labels import Row, csv_columns, read_csv, split_labels
from schemas.rollouts.parts.fields import json_text
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

OUTCOME = "passed"
SUMMARY = "quality_score"
"""The score that sums up the others; the row's words go along with it."""
WORDS = ("n_states", "quality_tier", "verdict", "failure_reasons", "strengths")
COLUMNS = frozenset({"task_id", "model", "trajectory_id", OUTCOME, SUMMARY, *WORDS})
JUDGE = "agentlens"
RUN_ID = re.compile(r".+-logs-.+-(?:pass|fail)-(?P<run>\d{1,18})(?:_pta)?")


def has_label_columns(head: Head) -> bool:
    """Tell the table by its columns."""
    return csv_columns(head) >= COLUMNS


def read_labels(raw: bytes) -> tuple[Verdict, ...]:
    """Read every score of every rollout; the tests' verdict is the outcome, the others are AgentLens' own measures.

    Raises:
        RecordFault: the table is broken.
    """
    return tuple(verdict for row in read_csv(raw, COLUMNS) for verdict in _row_verdicts(row))


def _row_verdicts(row: Row) -> Iterator[Verdict]:
    task_key, model, rollout = row.pop("task_id"), row.pop("model"), row.pop("trajectory_id")
    words = {"trajectory_id": rollout} | {name: row.pop(name) for name in WORDS}
    values, others = split_labels(row)
    run = RUN_ID.fullmatch(rollout)
    for name, value in values.items():
        is_outcome = name == OUTCOME
        yield Verdict(
            score=Score(
                name=name,
                value=value,
                source=ScoreSource.VERIFIER if is_outcome else ScoreSource.JUDGE,
                annotator=None if is_outcome else JUDGE,
            ),
            is_outcome=is_outcome,
            task_key=task_key,
            benchmark=benchmark_of(task_key, JUDGE),
            trial=None if run is None else int(run["run"]),
            model=model,
            run=rollout if run is None else None,
            extra=json_text(words | others) if name == SUMMARY else None,
        )
