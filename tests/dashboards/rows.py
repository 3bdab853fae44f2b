"""Rows of every table about the literals, as the flows would write them."""

import hashlib

import pyarrow as pa

from schemas.rows import Row, arrow_table
from schemas.trajectory import Message, Role, Trajectory
from tests.dashboards.literals import BUCKET, DATASET, HOSTILE, STATES, TASK, TRIALS


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
        "verdict_count": 0,
        "rejected_ids": [],
        "replaced_by": None,
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
        "state_key": STATES["fail" if is_failed else "look"],
        "is_copied": False,
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
        "state_key": "",
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
            "task_id": TASK.task_id,
            "bucket": BUCKET,
            "node_id": node_id,
            "kind": kind,
            "action_label": f"find_booking({HOSTILE})" if kind == "turn" else "",
            "observation_label": HOSTILE if kind == "turn" else "",
            "is_error": is_error,
            "depth": depth,
            "component": depth,
            "visit_count": visits,
            "success_count": successes,
            "policy_count": 1,
            "success_potential": (successes + 1) / (visits + 2),
            "success_potential_low": 0.125,
            "success_potential_high": 0.875,
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
            "task_id": TASK.task_id,
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
        "task_id": TASK.task_id,
        "bucket": BUCKET,
        "trial_count": 3,
        "success_count": 2,
        "policy_count": 1,
        "node_count": 5,
        "edge_count": 5,
        "branch_count": 1,
        "cycle_count": 0,
        "shortest_success_edges": 2,
        "error_branch_ratio": 0.5,
        "strategic_heterogeneity": 0.5,
    }


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
        "added_count": 0,
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
        "view": "default",
        "bucket": BUCKET,
        "trajectory_id": TRIALS[0].trajectory_id,
        "seq": message.seq,
        "is_trained": is_trained,
        "weight": float(is_trained),
        "advantage": 0.5 if is_trained else None,
        "reason": "sampled_by_policy" if is_trained else "not_assistant",
        "spans": [],
    }


def with_span(label: Row) -> Row:
    """Put a label into another view, in which the first word of the last turn is context."""
    span = {"part": "text", "call": None, "begin": 0, "end": 6, "is_trained": False, "weight": 0.0}
    is_last = label["seq"] == TRIALS[0].messages[-1].seq
    spans = [span | {"reason": "text_matched_mask"}] if is_last else []
    return label | {"view": "spans", "spans": spans}


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
