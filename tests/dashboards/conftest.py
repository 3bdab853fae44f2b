"""A small warehouse from literals: one task with a mixed group, a repair, hostile words, decisions and an export."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from schemas.identity import bucket_of, digest
from schemas.rows import Row, arrow_table, trajectory_rows
from schemas.tables import Column, Table
from schemas.tables.declaration import FLAG, INTEGER, REAL
from schemas.tables.signal_tables import signal_table
from schemas.trajectory import Message, Origin, Relation, Role, Status, Task, ToolCall, Trajectory
from warehouse import Warehouse

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
HOSTILE = "<script>alert(1)</script> ![x](http://127.0.0.1:9/x.png) :red[hi] **bold** $e^x$"
LONG = "word " * 1_000
TASK = Task(benchmark="airline", task_key="airline/<b>12</b>", instruction=HOSTILE)
BUCKETS = 4
BUCKET = bucket_of(TASK.task_id, BUCKETS)
DATASET = digest("dataset", "tiny")
OLD_DATASET = digest("dataset", "tiny before")
SUCCESS_OF_TRIAL = {0: True, 1: False, 2: True, 3: None}


def make_trial(trial: int, reward: float | None) -> Trajectory:
    messages = (
        Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text=LONG + "the end"),
        Message(seq=1, role=Role.USER, origin=Origin.SCRIPTED, text=HOSTILE),
        Message(
            seq=2,
            role=Role.ASSISTANT,
            origin=Origin.SAMPLED,
            text=f"I look it up, trial {trial}.",
            reasoning=f"Think of {HOSTILE}",
            tool_calls=(
                ToolCall(name="find_booking", arguments='{"id":1.0,"id":2}', call_id="a", result_seq=4),
                ToolCall(name="find_user", arguments="{broken", call_id="b", result_seq=3),
            ),
        ),
        Message(seq=3, role=Role.TOOL, origin=Origin.INJECTED, text="Error: no such user", call_seq=2),
        Message(seq=4, role=Role.TOOL, origin=Origin.INJECTED, text=f"booking {HOSTILE}", call_seq=2),
        Message(seq=5, role=Role.TOOL, origin=Origin.INJECTED, text="an orphan"),
        Message(seq=6, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="Done."),
    )
    return Trajectory(
        record_id=hashlib.sha256(str(trial).encode()).hexdigest(),
        source_name="literals",
        source_format="openai_chat",
        task=TASK,
        messages=messages,
        trial=trial,
        agent=HOSTILE,
        model="model-1",
        status=Status.COMPLETED,
        termination_reason=HOSTILE,
        outcome_reward=reward,
        cost_usd=0.0125,
        prompt_tokens=1200,
        completion_tokens=60,
    )


TRIALS = [make_trial(0, 1.0), make_trial(1, 0.0), make_trial(2, 1.0), make_trial(3, None)]
REPAIR = Trajectory(
    record_id=TRIALS[1].record_id,
    source_name="literals",
    source_format="openai_chat",
    task=TASK,
    messages=(
        *TRIALS[1].messages[:2],
        Message(seq=2, role=Role.ASSISTANT, origin=Origin.REPAIRED, text="Done at once."),
    ),
    trial=1,
    agent=HOSTILE,
    model="model-1",
    outcome_reward=1.0,
    parent_id=TRIALS[1].trajectory_id,
    relation=Relation.REPAIR,
    repair_rule="drop_retried_failure:1",
)
GROUP = TRIALS[0].group_id
STATES = {"look": digest("node", "act" + "seen"), "fail": digest("node", "act" + "nothing")}


@pytest.fixture(scope="session")
def warehouse_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The filled warehouse; tests only read it."""
    folder = tmp_path_factory.mktemp("dashboards") / "warehouse"
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
    return folder


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    """A warehouse that nothing was ingested into."""
    return Warehouse(tmp_path / "empty", create=True).root


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, warehouse_folder: Path) -> AppTest:
    """The dashboard over the filled warehouse, not run yet."""
    return open_app(monkeypatch, warehouse_folder)


def open_app(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AppTest:
    monkeypatch.setenv("WINNOW_WAREHOUSE", str(folder))
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(APP), default_timeout=60)


def append(warehouse: Warehouse, table: str, rows: Sequence[Row]) -> None:
    warehouse.store.append(table, arrow_table(table, rows))


def replace(warehouse: Warehouse, table: str | Table, rows: Sequence[Row]) -> None:
    warehouse.store.replace_buckets(table, arrow_table(table, rows), [BUCKET])


def records() -> pa.Table:
    parsed = [record_row(trial.record_id, index) for index, trial in enumerate(TRIALS)]
    refused = record_row(hashlib.sha256(b"{").hexdigest(), 4) | {
        "parse_status": "rejected",
        "reason": "invalid_json",
        "detail": f"line 5 is no JSON: {HOSTILE}",
        "trajectory_count": 0,
    }
    return arrow_table("records", [*parsed, refused])


def record_row(record_id: str, index: int) -> Row:
    return {
        "record_id": record_id,
        "bucket": BUCKET,
        "source_id": "5" * 64,
        "source_uri": "rollouts/literals.jsonl",
        "locator": f"line {index + 1}",
        "record_index": index,
        "format": "openai_chat",
        "parse_status": "parsed",
        "reason": None,
        "detail": None,
        "trajectory_count": 1,
        "raw_bytes_count": 1,
        "raw": b"{",
    }


def source_row() -> Row:
    return {
        "source_id": "5" * 64,
        "source_uri": "rollouts/literals.jsonl",
        "source_name": "literals",
        "format": "openai_chat",
        "file_bytes_count": 10,
        "record_count": 7,
        "kept_count": 4,
        "rejected_count": 1,
        "repeated_count": 2,
        "trajectory_count": 4,
    }


def step_rows(trial: Trajectory) -> list[Row]:
    is_failed = trial.trial == 1
    first = {
        "step": 0,
        "seq": 2,
        "end_seq": 4,
        "call_count": 2,
        "tool_names": ["find_booking", "find_user"],
        "action_key": "act",
        "action_label": f"find_booking({HOSTILE})",
        "observation_key": "nothing" if is_failed else "seen",
        "observation_label": HOSTILE,
        "is_error": is_failed,
        "error_kind": "not_found" if is_failed else None,
    }
    last = first | {
        "step": 1,
        "seq": 6,
        "end_seq": 6,
        "call_count": 0,
        "tool_names": [],
        "action_key": "words",
        "action_label": "respond",
        "observation_key": "",
        "observation_label": "",
        "is_error": False,
        "error_kind": None,
    }
    owner = {"trajectory_id": trial.trajectory_id, "bucket": BUCKET}
    return [owner | first, owner | last]


def node_rows() -> list[Row]:
    figures = {
        "START": ("start", 0, 3, 2, False),
        STATES["look"]: ("turn", 1, 2, 2, False),
        STATES["fail"]: ("turn", 1, 1, 0, True),
        "END_SUCCESS": ("end_success", 2, 2, 2, False),
        "END_FAILURE": ("end_failure", 2, 1, 0, False),
    }
    return [
        {
            "group_id": GROUP,
            "bucket": BUCKET,
            "task_id": TASK.task_id,
            "node_id": node_id,
            "kind": kind,
            "action_label": f"find_booking({HOSTILE})" if kind == "turn" else "",
            "observation_label": HOSTILE if kind == "turn" else "",
            "is_error": is_error,
            "depth": depth,
            "visit_count": visits,
            "success_count": successes,
            "success_potential": (successes + 1) / (visits + 2),
        }
        for node_id, (kind, depth, visits, successes, is_error) in figures.items()
    ]


def edge_rows() -> list[Row]:
    moves = [
        ("START", STATES["look"], 2, 2),
        ("START", STATES["fail"], 1, 0),
        (STATES["look"], STATES["look"], 1, 1),
        (STATES["look"], "END_SUCCESS", 2, 2),
        (STATES["fail"], "END_FAILURE", 1, 0),
    ]
    return [
        {
            "group_id": GROUP,
            "bucket": BUCKET,
            "source_node_id": source,
            "target_node_id": target,
            "trial_count": trials,
            "success_count": successes,
        }
        for source, target, trials, successes in moves
    ]


def topology_row() -> Row:
    return {
        "group_id": GROUP,
        "bucket": BUCKET,
        "task_id": TASK.task_id,
        "trial_count": 3,
        "success_count": 2,
        "node_count": 5,
        "edge_count": 5,
        "shortest_success_edges": 2,
        "error_branch_ratio": 0.5,
        "strategic_heterogeneity": 0.5,
    }


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
        (TRIALS[1], "repaired", "repair:drop_retried_failure", "repaired_into_child", REPAIR.trajectory_id),
        (REPAIR, "kept", "end", "passed_all_rules", None),
        (TRIALS[2], "dropped", "select:1:exact_duplicates", "exact_duplicate", None),
        (TRIALS[3], "dropped", "select:0:outcome", "outcome_unknown", None),
    ]
    append(warehouse, "decisions", [decision_row(*fate) for fate in fates])
    append(warehouse, "train_labels", [label_row(message) for message in TRIALS[0].messages])
    append(warehouse, "exports", [export_row()])


def dataset_row(dataset_id: str, kept_count: int) -> Row:
    return {
        "dataset_id": dataset_id,
        "name": "tiny",
        "recipe_hash": "r" * 32,
        "recipe": "{}",
        "input_fingerprint": "f" * 32,
        "code_version": "0.1.0",
        "table_versions": "{}",
        "read_count": 4,
        "repaired_count": 1,
        "kept_count": kept_count,
        "dropped_count": 4 - kept_count,
        "decision_counts": "{}",
    }


def decision_row(trajectory: Trajectory, verdict: str, rule: str, reason: str, child_id: str | None) -> Row:
    return {
        "dataset_id": DATASET,
        "bucket": BUCKET,
        "trajectory_id": trajectory.trajectory_id,
        "task_id": TASK.task_id,
        "verdict": verdict,
        "rule": rule,
        "reason": reason,
        "detail": "because of a value",
        "child_id": child_id,
        "split": "train" if verdict == "kept" else None,
    }


def label_row(message: Message) -> Row:
    is_trained = message.role is Role.ASSISTANT
    return {
        "dataset_id": DATASET,
        "bucket": BUCKET,
        "trajectory_id": TRIALS[0].trajectory_id,
        "seq": message.seq,
        "is_trained": is_trained,
        "weight": float(is_trained),
        "advantage": 0.5 if is_trained else None,
        "reason": "sampled_by_policy" if is_trained else "not_assistant",
    }


def export_row() -> Row:
    return {
        "export_id": "e" * 32,
        "dataset_id": DATASET,
        "format": "trl_sft",
        "parameters": "{}",
        "row_count": 2,
        "files": "[]",
        "losses": "{}",
    }
