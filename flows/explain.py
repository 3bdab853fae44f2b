"""Why a recipe keeps, drops or repairs one trajectory: as rows, and in sentences."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curation.decide import Outcome, decide
from curation.inputs import Plan
from flows.buckets import batches_of
from flows.recipes import load_recipe
from flows.resolve import compare_survivors, read_inputs, resolve, survey_buckets
from schemas.errors import WinnowError
from schemas.rows import Row
from warehouse import Warehouse

MEANINGS = {
    "below_reward_floor": "its reward is below the floor",
    "outcome_unknown": "nobody knows how it came out",
    "infrastructure_fault": "the environment broke, which is no failure of the agent",
    "exact_duplicate": "another one says and does exactly the same",
    "near_duplicate": "another one that is kept is almost the same",
    "contaminated_by_benchmark": "it holds the text of a benchmark's task",
    "task_of_benchmark": "its task is one of the benchmark itself",
    "below_top_k": "others of its task rank higher",
    "not_matched_by_filter": "the predicate does not hold for it",
    "not_matched_by_group_filter": "the expression does not hold for its group",
    "group_outcome_unknown": "what the expression asks about its group is not known",
    "not_picked": "others of its group were picked",
    "over_cap": "enough others of its kind come before it",
    "behaviours_missing": "it shows too few of the behaviours",
    "behaviours_unknown": "too few of the behaviours are known of it",
    "tier_not_allowed": "its tier is none of those allowed",
    "tier_unknown": "it has no tier",
    "below_strategy_gate": "its strategy succeeds too seldom",
    "strategy_unknown": "nothing is known of its strategy",
    "not_chosen_as_center": "others of its task lie farther apart",
    "not_chosen_for_coverage": "others of its task take more branches",
    "over_budget": "the budget was spent on others",
    "outside_difficulty_band": "its task is too easy or too hard for the policy",
    "difficulty_unknown": "nobody knows how hard its task is for the policy",
    "task_not_chosen": "other tasks were chosen",
    "task_unmeasured": "its task has no branches that could be measured",
    "not_triaged": "no stream of the triage took it",
}
"""What a reason code means, as a clause; a code without one is spelled out."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What became of a trajectory, and of the repair that replaces it."""

    rows: pl.DataFrame
    """Verdicts in order: trajectory_id, rule, verdict, reason, detail, inclusion_probability, child_id, split."""
    paragraphs: list[str]
    """The same in English, one paragraph per rule."""


def explain_decision(warehouse: Path, recipe: Path, trajectory_id: str) -> Explanation:
    """Say what a recipe does with one trajectory: every verdict of every rule, also on the repair that replaces it.

    A recipe with a rule that compares tasks is applied to the whole corpus for that.

    Raises:
        WinnowError: no such trajectory.
    """
    house = Warehouse(warehouse)
    curation = resolve(house, load_recipe(recipe))
    found = house.sql("SELECT bucket FROM trajectories WHERE trajectory_id = ?", [trajectory_id]).rows()
    if not found:
        raise WinnowError(
            f'No trajectory {trajectory_id!r}.\n\nHint: winnow sql "SELECT trajectory_id FROM trajectories"'
        )
    compared = None
    if curation.plan.corpus_selectors:
        surveys = [survey_buckets(house, curation, batch) for batch in batches_of(curation.buckets)]
        compared = compare_survivors(house, curation, pl.concat(surveys))
    outcome = decide(read_inputs(house, curation, [found[0][0]]), curation.plan, compared)
    rows = _verdicts(outcome, trajectory_id)
    paragraphs = [_paragraph(row, curation.plan) for row in rows.to_dicts()]
    return Explanation(rows=rows, paragraphs=paragraphs)


def _verdicts(outcome: Outcome, trajectory_id: str) -> pl.DataFrame:
    children = [child.trajectory_id for child in outcome.repaired if child.parent_id == trajectory_id]
    family = pl.col("trajectory_id").is_in([trajectory_id, *children])
    judged = outcome.trace.filter(family).with_columns(
        verdict=pl.when("is_kept").then(pl.lit("passed")).otherwise(pl.lit("dropped"))
    )
    last = outcome.decisions.filter(family & (pl.col("verdict") != "dropped"))
    replaced = last.filter(pl.col("verdict") == "repaired")
    kept = last.filter(pl.col("verdict") == "kept")
    columns = [
        "trajectory_id",
        "rule",
        "verdict",
        "reason",
        "detail",
        "inclusion_probability",
        "child_id",
        "split",
    ]
    return pl.concat([replaced, judged, kept], how="diagonal").select(columns)


def _paragraph(row: Row, plan: Plan) -> str:
    stage, _, rest = row["rule"].partition(":")
    if stage == "read":
        return "The recipe does not read it: the predicate `read.where` does not hold for it."
    if stage == "repair":
        return (
            f"The repair {rest} makes a better trajectory of it, {row['child_id']}, which takes its place: "
            "what follows is about that one."
        )
    if stage == "end":
        return _ending(row)
    number, _, name = rest.partition(":")
    doc = plan.selectors[int(number) - 1].doc
    return f"Rule {number}, {name}, {doc[0].lower()}{doc[1:]} This one {_verdict(row)}{_lot(row)}"


def _verdict(row: Row) -> str:
    detail = f": {row['detail']}." if row["detail"] else "."
    if row["verdict"] == "passed":
        return f"passes{detail}"
    meaning = MEANINGS.get(row["reason"], str(row["reason"]).replace("_", " "))
    return f"is dropped, because {meaning} ({row['reason']}){detail} No later rule looks at it."


def _lot(row: Row) -> str:
    chance = row["inclusion_probability"]
    if chance is None or chance == 1:
        return ""
    return f" The rule draws lots; the chance of being kept was {chance:.4g}."


def _ending(row: Row) -> str:
    if row["verdict"] == "kept":
        return f"It passes every rule and is kept, in the split {row['split']}."
    return f"It is dropped at the end: no message in it was written by the policy, so there is nothing to train ({row['reason']})."
