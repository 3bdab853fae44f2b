"""What each repair does to the rollouts of a warehouse, and whether the rollback rule is difflib's.

`python -m benchmarks.repairs --warehouse DIR`. Nothing is written: per repair and source it prints how many trajectories are
repaired and how many of them failed, then what a failed call becomes, every disagreement with the oracle, and why failed
calls are left after `rollback` and `drop_failed_calls`.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.measure import machine, measured
from benchmarks.rollback_oracle import check
from curation.frames import Frames
from curation.repair import REPAIRS, Case, Repair
from curation.repair.children import frames_of
from curation.repair.drop_failed_calls import DropFailedCalls
from flows.buckets import read_buckets
from flows.frames import read_frames
from schemas.rows import Row, trajectory_from_rows
from schemas.trajectory import Role, Trajectory
from warehouse import Warehouse

SUCCESS_REWARD = 1.0


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A warehouse in memory."""

    frames: Frames
    toolsets: Mapping[str, Row]

    def records(self, ids: Sequence[str]) -> dict[str, Trajectory]:
        """Rebuild records by id."""
        tasks = {row["task_id"]: row for row in self.frames.tasks.to_dicts()}
        chosen = pl.col("trajectory_id").is_in(ids)
        messages = self.frames.messages.filter(chosen).partition_by("trajectory_id", as_dict=True)
        return {
            row["trajectory_id"]: trajectory_from_rows(
                row,
                messages[row["trajectory_id"],].to_dicts(),
                tasks[row["task_id"]],
                self.toolsets.get(row["toolset_id"]),
            )
            for row in self.frames.trajectories.filter(chosen).to_dicts()
        }

    def repair(self, repair: Repair) -> list[tuple[Case, Trajectory]]:
        """Repair all that can be."""
        found = repair.cases(self.frames)
        records = self.records([*found["trajectory_id"], *found["partner_id"].drop_nulls()])
        cases = [
            Case(trajectory=records[own], partner=records.get(partner), seq=seq, partner_seq=partner_seq)
            for own, partner, seq, partner_seq in found.iter_rows()
        ]
        children = repair.apply_all(cases)
        return [(case, child) for case, child in zip(cases, children, strict=True) if child is not None]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, required=True)
    house = Warehouse(parser.parse_args().warehouse)
    frames = read_frames(house, [bucket.bucket for bucket in read_buckets(house)])
    toolsets = {row["toolset_id"]: row for row in house.store.read("toolsets").to_dicts()}
    stock = Stock(frames=frames, toolsets=toolsets)
    sources = dict(frames.trajectories.select("trajectory_id", "source_format").iter_rows())
    print(f"{len(sources)} trajectories, {frames.messages.height} messages; {machine()}\n")
    print(
        "| repair | source | repaired | of them failures | messages before | after |\n|---|---|---|---|---|---|"
    )
    for name, member in REPAIRS.items():
        with measured() as took:
            made = stock.repair(member())
        for row in _rows(made, sources):
            print(f"| `{name}` | {' | '.join(map(str, row))} |")
        print(f"{name}: {took.cpu_s:.2f} CPU s", file=sys.stderr)
    print(f"\n{_agreement(stock)}\n")
    print("| source | failed calls | rolled back | dropped | left, and why |\n|---|---|---|---|---|")
    for row in _left(stock, sources):
        print(f"| {' | '.join(map(str, row))} |")


def _rows(
    made: Sequence[tuple[Case, Trajectory]], sources: Mapping[str, str]
) -> Iterator[tuple[object, ...]]:
    pairs = [(case.trajectory, child) for case, child in made]
    for source in sorted({sources[parent.trajectory_id] for parent, _ in pairs}):
        own = [pair for pair in pairs if sources[pair[0].trajectory_id] == source]
        failed = sum((parent.outcome_reward or 0) < SUCCESS_REWARD for parent, _ in own if _is_known(parent))
        before, after = (sum(len(pair[side].messages) for pair in own) for side in (0, 1))
        yield source, len(own), failed, before, after


def _is_known(trajectory: Trajectory) -> bool:
    return trajectory.outcome_reward is not None


def _agreement(stock: Stock) -> str:
    """Compare every trajectory with a failed call with what the oracle makes of it."""
    failing = stock.frames.calls.filter(pl.col("error_kind").is_not_null())
    texts = set(failing["result"])
    records = stock.records(failing["trajectory_id"].unique().to_list())
    children = {case.trajectory.trajectory_id: child for case, child in stock.repair(REPAIRS["rollback"]())}
    checks = {name: check(record, texts.__contains__) for name, record in records.items()}
    wrong = [
        name for name, found in checks.items() if _told(children.get(name, records[name])) != found.turns
    ]
    compared, deep = (sum(getattr(found, of) for found in checks.values()) for of in ("comparisons", "deep"))
    return (
        f"{failing.height} failed calls in {len(records)} trajectories: {compared} compared and rolled back, "
        f"{deep} of the comparisons deep; other than difflib says: {len(wrong)} trajectories {wrong[:5]}"
    )


def _left(stock: Stock, sources: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    """Judge what is left of the failed calls of each source after `rollback`."""
    failed = stock.frames.calls.filter(pl.col("error_kind").is_not_null())["trajectory_id"]
    records = stock.records(failed.unique().sort().to_list())
    before = pl.DataFrame({"source": [sources[name] for name in failed]})["source"].value_counts(sort=True)
    children = {case.trajectory.trajectory_id: child for case, child in stock.repair(REPAIRS["rollback"]())}
    rolled = [children.get(name, record) for name, record in records.items()]
    origins = {one.trajectory_id: one.source_format for one in rolled}
    judged = DropFailedCalls().judged(frames_of(rolled))
    judged = judged.with_columns(source=pl.col("trajectory_id").replace_strict(origins))
    for source, count in before.iter_rows():
        own = judged.filter(pl.col("source") == source)["reason"]
        why = own.drop_nulls().value_counts(sort=True).iter_rows()
        reasons = ", ".join(f"{reason} {left}" for reason, left in why)
        yield source, count, count - own.len(), own.null_count(), reasons or "-"


def _told(trajectory: Trajectory) -> list[tuple[str | None, str | None, tuple[str, ...]]]:
    return [
        (
            message.text,
            message.reasoning,
            tuple(f"{call.name}({call.arguments})" for call in message.tool_calls + message.text_calls),
        )
        for message in trajectory.messages
        if message.role is Role.ASSISTANT
    ]


if __name__ == "__main__":
    main()
