"""Every table, declared once. Arrow schemas, `docs/tables.md` and the quality gates derive from these."""

from schemas.tables.branches import BRANCH_POINTS
from schemas.tables.computed import STEPS, TOPOLOGY_EDGES, TOPOLOGY_NODES, TOPOLOGY_TASKS
from schemas.tables.corruptions import CORRUPTIONS
from schemas.tables.curated import DATASET_HEADS, DATASETS, DECISIONS, EXPORTS, LINEAGE, TRAIN_LABELS
from schemas.tables.declaration import Column, Table
from schemas.tables.licences import LICENCES
from schemas.tables.operations import BUCKET_STATES, RUNS, TASK_STATES
from schemas.tables.pairs import PAIRS, SAMPLES
from schemas.tables.privacy import PRIVACY_SPANS
from schemas.tables.protected import PROTECTED_TEXTS
from schemas.tables.raw import RECORDS, SOURCES
from schemas.tables.replay import REPLAY_REQUESTS
from schemas.tables.rollouts import MESSAGES, SCORES, TASK_SECRETS, TASKS, TOOLSETS, TRAJECTORIES
from schemas.tables.verdicts import VERDICTS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SOURCES,
        RECORDS,
        LICENCES,
        TASKS,
        TASK_SECRETS,
        PROTECTED_TEXTS,
        TRAJECTORIES,
        MESSAGES,
        TOOLSETS,
        SCORES,
        VERDICTS,
        PRIVACY_SPANS,
        STEPS,
        TOPOLOGY_NODES,
        TOPOLOGY_EDGES,
        TOPOLOGY_TASKS,
        BRANCH_POINTS,
        BUCKET_STATES,
        TASK_STATES,
        DECISIONS,
        TRAIN_LABELS,
        PAIRS,
        SAMPLES,
        DATASETS,
        DATASET_HEADS,
        EXPORTS,
        LINEAGE,
        CORRUPTIONS,
        REPLAY_REQUESTS,
        RUNS,
    )
}
"""All fixed tables by name, in the order in which data flows. Signals add `signals_NAME`, `step_signals_NAME` and
`group_signals_NAME`, declared beside each signal."""

__all__ = ["TABLES", "Column", "Table"]
