"""What a repair did: parent and child side by side, with the rule and the reason; read only."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from schemas.alignment import Change, Piece, Place, align, changed_words, said
from schemas.errors import WinnowError
from warehouse import Warehouse

FACTS = """
    SELECT
        child.trajectory_id AS child_id, child.parent_id, child.relation, child.repair_rule,
        nullif(regexp_extract(child.repair_rule, ' with ([0-9a-f]{32})$', 1), '') AS partner_id,
        task.benchmark, task.task_key, parent.outcome_reward AS parent_reward, child.outcome_reward AS child_reward
    FROM trajectories AS child
    LEFT JOIN trajectories AS parent ON parent.trajectory_id = child.parent_id
    LEFT JOIN tasks AS task ON task.task_id = child.task_id
    WHERE starts_with(child.trajectory_id, $child)
    LIMIT 2
"""
DECIDED = """
    SELECT DISTINCT coalesce(built.name, decision.dataset_id) AS dataset, decision.rule, decision.reason, decision.detail
    FROM decisions AS decision LEFT JOIN datasets AS built USING (dataset_id)
    WHERE decision.child_id = $child
    ORDER BY ALL
"""
MESSAGES = """
    SELECT seq, role, origin, text, reasoning, content_json, tool_calls
    FROM conversations WHERE trajectory_id = $trajectory ORDER BY seq
"""
REPAIRS = """
    SELECT
        regexp_extract(child.repair_rule, '^([^ ]+)', 1) AS rule, child.trajectory_id AS child_id, child.parent_id,
        task.benchmark, task.task_key, parent.message_count AS parent_messages, child.message_count AS child_messages,
        parent.outcome_reward AS parent_reward, child.outcome_reward AS child_reward
    FROM trajectories AS child
    LEFT JOIN trajectories AS parent ON parent.trajectory_id = child.parent_id
    LEFT JOIN tasks AS task ON task.task_id = child.task_id
    WHERE child.relation = 'repair' AND ($rule = '' OR starts_with(child.repair_rule, $rule || ' '))
    ORDER BY rule, task.benchmark, task.task_key, child_id
    LIMIT $limit
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the two conversations side by side."""

    change: Change
    role: str
    before_seq: int | None
    after_seq: int | None
    origin: str
    """The child's, or the parent's where the child has no such message."""
    before: str | None
    """Reasoning, text and calls of the parent's message; null for one that is added."""
    after: str | None
    pieces: tuple[Piece, ...] = ()
    """For a changed message: the words that stayed, went and came."""


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """A child beside its parent."""

    facts: dict[str, Any]
    decisions: list[dict[str, Any]]
    """Which datasets put the child in its parent's place, by which rule and why; empty when none did."""
    rows: list[Row]

    def to_json(self) -> dict[str, Any]:
        """Give all as JSON values."""
        rows = [asdict(row) | {"pieces": [piece._asdict() for piece in row.pieces]} for row in self.rows]
        return {**self.facts, "decisions": self.decisions, "messages": rows}


def list_repairs(house: Warehouse, *, rule: str = "", limit: int = 100) -> pl.DataFrame:
    """List repaired children with their parents; of one rule when it is named."""
    return house.sql(REPAIRS, {"rule": rule, "limit": limit}).to_polars()


def before_after(house: Warehouse, child_id: str) -> BeforeAfter:
    """Lay a child beside its parent.

    Args:
        house: the warehouse.
        child_id: the start of the child's id: anything that has a parent.

    Raises:
        WinnowError: no such trajectory, several, or one without a parent in the warehouse.
    """
    facts = _facts(house, child_id)
    parent, child = (_messages(house, facts[name]) for name in ("parent_id", "child_id"))
    places = align([said(message) for message in parent], [said(message) for message in child])
    return BeforeAfter(
        facts=facts,
        decisions=house.sql(DECIDED, {"child": facts["child_id"]}).to_polars().to_dicts(),
        rows=list(_rows(places, parent, child)),
    )


def _facts(house: Warehouse, child_id: str) -> dict[str, Any]:
    found = house.sql(FACTS, {"child": child_id}).to_polars().to_dicts() if child_id else []
    hint = "\n\nHint: winnow repair list"
    if not found:
        raise WinnowError(f"No trajectory has an id that starts with {child_id!r}.{hint}")
    if len(found) > 1:
        raise WinnowError(f"Several trajectories have an id that starts with {child_id!r}.{hint}")
    if found[0]["parent_id"] is None:
        raise WinnowError(f"{found[0]['child_id']} has no parent: it is no repair.{hint}")
    return found[0]


def _messages(house: Warehouse, trajectory_id: str) -> list[dict[str, Any]]:
    return house.sql(MESSAGES, {"trajectory": trajectory_id}).to_polars().to_dicts()


def _rows(places: list[Place], parent: list[dict[str, Any]], child: list[dict[str, Any]]) -> Iterator[Row]:
    for change, before, after in places:
        old = None if before is None else parent[before]
        new = None if after is None else child[after]
        yield _row(change, old, new)


def _row(change: Change, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Row:
    before = None if old is None else said(old).words
    after = None if new is None else said(new).words
    shown = new or old or {}
    is_changed = change is Change.CHANGED and before is not None and after is not None
    return Row(
        change=change,
        role=shown["role"],
        before_seq=None if old is None else old["seq"],
        after_seq=None if new is None else new["seq"],
        origin=shown["origin"],
        before=before,
        after=after,
        pieces=tuple(changed_words(before or "", after or "")) if is_changed else (),
    )
