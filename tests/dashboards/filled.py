"""A small warehouse that holds the literals, scored, curated and exported by hand."""

from collections.abc import Sequence
from pathlib import Path

from schemas.rows import Row, arrow_table
from schemas.tables import Column, Table
from schemas.tables.declaration import FLAG, INTEGER, REAL
from schemas.tables.signal_tables import signal_table
from tests.dashboards.literals import (
    BUCKET,
    BUCKETS,
    DATASET,
    GROUP,
    OLD_DATASET,
    REPAIR,
    SUCCESS_OF_TRIAL,
    TRIALS,
)
from tests.dashboards.rows import (
    dataset_row,
    decision_row,
    edge_rows,
    export_row,
    label_row,
    node_rows,
    records,
    source_row,
    step_rows,
    topology_row,
    with_span,
)
from tests.rollout_rows import trajectory_rows
from warehouse import Warehouse


def fill_warehouse(folder: Path) -> Warehouse:
    warehouse = Warehouse(folder, create=True, bucket_count=BUCKETS)
    rows = trajectory_rows(TRIALS, bucket_count=BUCKETS)
    warehouse.insert_rollouts({name: arrow_table(name, part) for name, part in rows.items()}, records())
    repaired = trajectory_rows([REPAIR], bucket_count=BUCKETS)
    warehouse.insert_repairs(
        {name: arrow_table(name, repaired[name]) for name in ("trajectories", "messages", "scores")}
    )
    append(warehouse, "sources", [source_row()])
    replace(warehouse, "steps", [row for trial in TRIALS for row in step_rows(trial)])
    replace(warehouse, "topology_nodes", node_rows())
    replace(warehouse, "topology_edges", edge_rows())
    replace(warehouse, "topology_tasks", [topology_row()])
    add_signals(warehouse)
    add_dataset(warehouse)
    return warehouse


def append(warehouse: Warehouse, table: str, rows: Sequence[Row]) -> None:
    warehouse.store.append(table, arrow_table(table, rows))


def replace(warehouse: Warehouse, table: str | Table, rows: Sequence[Row]) -> None:
    warehouse.store.replace_buckets(table, arrow_table(table, rows), [BUCKET])


def add_signals(warehouse: Warehouse) -> None:
    """Signals that no code of Winnow computes: pages must show what they find."""
    success = Column(name="is_success", type=FLAG, doc="Outcome; null when unknown.", nullable=True)
    novel = Column(name="novel_frac", type=REAL, doc="A signal that pages never heard of.")
    pass_rate = Column(
        name="pass_rate", type=REAL, doc="Share of successes; null when unknown.", nullable=True
    )
    is_mixed = Column(name="is_mixed", type=FLAG, doc="Some trials succeed and some do not.")
    count = Column(name="novel_count", type=INTEGER, doc="A signal of steps.")
    owners = [{"trajectory_id": trial.trajectory_id, "bucket": BUCKET} for trial in TRIALS]
    outcomes = [owner | {"is_success": SUCCESS_OF_TRIAL[index]} for index, owner in enumerate(owners)]
    replace(warehouse, signal_table("outcomes", "trajectory", (success,)), outcomes)
    replace(
        warehouse,
        signal_table("novel", "trajectory", (novel,)),
        [owner | {"novel_frac": 0.125} for owner in owners],
    )
    steps = [owner | {"step": step, "novel_count": step} for owner in owners for step in (0, 1)]
    replace(warehouse, signal_table("novel", "step", (count,)), steps)
    group = {"group_id": GROUP, "bucket": BUCKET, "pass_rate": 2 / 3, "is_mixed": True}
    replace(warehouse, signal_table("outcomes", "group", (pass_rate, is_mixed)), [group])


def add_dataset(warehouse: Warehouse) -> None:
    for dataset_id, kept in ((DATASET, 2), (OLD_DATASET, 1)):
        append(warehouse, "datasets", [dataset_row(dataset_id, kept)])
    append(warehouse, "dataset_heads", [{"name": "tiny", "dataset_id": DATASET}])
    fates = [
        (TRIALS[0], "kept", "end", "passed_all_rules", None),
        (TRIALS[1], "repaired", "repair:rollback", "repaired_into_child", REPAIR.trajectory_id),
        (REPAIR, "kept", "end", "passed_all_rules", None),
        (TRIALS[2], "dropped", "select:2:exact_duplicates", "exact_duplicate", None),
        (TRIALS[3], "dropped", "select:1:outcome", "outcome_unknown", None),
    ]
    append(warehouse, "decisions", [decision_row(*fate) for fate in fates])
    append(warehouse, "train_labels", [label_row(message) for message in TRIALS[0].messages])
    append(warehouse, "train_labels", [with_span(label_row(message)) for message in TRIALS[0].messages])
    append(warehouse, "exports", [export_row()])
