"""Curate: apply a recipe to what is scored. Each trajectory gets one decision, each kept message one training label.

The dataset's id is the hash of recipe, input and code, so the same curation is made once: a finished one is found by
its row in `datasets`, which is written last; what a killed one left is removed before it is made anew.

A recipe with a rule that compares tasks takes two passes where there are several batches: the first surveys the
candidates, whose slim rows are then compared all at once, the second decides and writes.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from curation.decide import Outcome, decide
from curation.repair.children import partner_of
from flows import progress
from flows.buckets import Bucket, batches_of
from flows.datasets.landing import point_head, remove_decisions
from flows.funnel import CurationCounts, Example, publish_funnel
from flows.recipes import load_recipe
from flows.resolve import Curation, compare_survivors, read_inputs, read_versions, resolve, survey_buckets
from flows.rule_counts import counts_of_batch, stored_counts, sum_counts
from flows.runs import recorded
from flows.versions import code_version
from flows.workers import THREADS
from schemas.rows import Row, arrow_table, rollout_tables
from schemas.tables import TABLES
from schemas.trajectory import Trajectory
from warehouse import Warehouse
from warehouse.gates import check_expectations

STAGE = "curate"
SURVEY_STAGE = "survey"
EXAMPLE_COUNT = 10


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What was decided, in figures."""

    reasons: pl.DataFrame
    """Columns verdict, rule, reason, len."""
    added_count: int
    """Repairs that stand beside their parents."""
    examples: pl.DataFrame
    """Rows of `decisions`: some of each rule and reason."""
    made: pl.DataFrame
    """Pairs and samples, as `RULE_COUNTS`."""


@flow(name="curate", task_runner=THREADS)
@recorded
def curate(*, warehouse: Path, recipe: Path, dry_run: bool = False) -> CurationCounts:
    """Apply a recipe.

    Args:
        warehouse: folder of the store.
        recipe: the recipe file.
        dry_run: decide, but write nothing.

    Returns:
        The funnel, of a dry run with examples.

    Raises:
        RecipeError: the recipe cannot mean anything, or its signals are out of date.
    """
    house = Warehouse(warehouse)
    curation = resolve(house, load_recipe(recipe))
    versions = read_versions(house)
    if not dry_run:
        if (finished := _finished_counts(house, curation)) is not None:
            point_head(house, curation.recipe.name, curation.dataset_id)
            return finished
        remove_decisions(house, curation.dataset_id)  # what a killed run left; its repairs are the same ones
    tallies = _decide_all(house, curation, is_dry=dry_run)
    counts = _counts(house, curation, tallies, is_dry=dry_run)
    counts.check()
    if counts.read_count != sum(bucket.trajectory_count for bucket in curation.buckets):
        raise AssertionError(f"not every trajectory was decided upon: {counts}")
    if not dry_run:
        _finish(house, curation, counts, versions)
    publish_funnel(
        "curate",
        [{"rule and reason": name, "count": count} for name, count in (counts.reasons | counts.made).items()],
        "Curation",
    )
    return counts


def _decide_all(house: Warehouse, curation: Curation, *, is_dry: bool) -> list[Tally]:
    """Decide batch by batch; a single one is the whole corpus, and needs no survey."""
    batches = list(batches_of(curation.buckets))
    is_surveyed = len(batches) > 1 and curation.plan.corpus_selectors
    compared = _compare_all(house, curation) if is_surveyed else None
    progress.start(STAGE, len(curation.buckets), "buckets")
    decided = [
        curate_batch.submit(
            warehouse=house.root, curation=curation, buckets=batch, compared=compared, dry_run=is_dry
        )
        for batch in batches
    ]
    return [batch.result() for batch in decided]


def _compare_all(house: Warehouse, curation: Curation) -> pl.DataFrame:
    """Survey all batches, and run the rules that compare tasks over what the other rules have kept.

    Returns:
        The verdicts of these rules, as `VERDICTS`.
    """
    progress.start(SURVEY_STAGE, len(curation.buckets), "buckets")
    surveys = [
        survey_batch.submit(warehouse=house.root, curation=curation, buckets=batch)
        for batch in batches_of(curation.buckets)
    ]
    return compare_survivors(house, curation, pl.concat([batch.result() for batch in surveys]))


@task(name="survey batch", cache_policy=NO_CACHE)
def survey_batch(*, warehouse: Path, curation: Curation, buckets: list[Bucket]) -> pl.DataFrame:
    """Give the slim rows of one batch of buckets, see `curation.decide.survey`."""
    rows = survey_buckets(Warehouse(warehouse), curation, buckets)
    progress.advance(SURVEY_STAGE, len(buckets))
    return rows


@task(name="curate batch", cache_policy=NO_CACHE)
def curate_batch(
    *,
    warehouse: Path,
    curation: Curation,
    buckets: list[Bucket],
    compared: pl.DataFrame | None,
    dry_run: bool,
) -> Tally:
    """Decide upon one batch of buckets, and write decisions, labels and repairs unless it is a dry run."""
    house = Warehouse(warehouse)
    inputs = read_inputs(house, curation, [bucket.bucket for bucket in buckets])
    outcome = decide(inputs, curation.plan, compared)
    if not dry_run:
        _write(house, curation.dataset_id, outcome)
    progress.advance(STAGE, len(buckets))
    return Tally(
        reasons=outcome.decisions.group_by("verdict", "rule", "reason").len(),
        added_count=outcome.added_count,
        examples=_some_of_each(outcome.decisions),
        made=counts_of_batch(outcome),
    )


def _some_of_each(decisions: pl.DataFrame) -> pl.DataFrame:
    return decisions.sort("trajectory_id").group_by("rule", "reason", maintain_order=True).head(EXAMPLE_COUNT)


def _finished_counts(house: Warehouse, curation: Curation) -> CurationCounts | None:
    """Give the funnel of a dataset that an earlier run finished; null when none did."""
    name = curation.dataset_id
    rows = house.store.read("datasets").filter(pl.col("dataset_id") == name).to_dicts()
    if not rows:
        return None
    counts = {
        key: rows[0][key]
        for key in ("read_count", "repaired_count", "added_count", "kept_count", "dropped_count")
    }
    reasons = msgspec.json.decode(rows[0]["decision_counts"], type=dict[str, int])
    made = sum_counts(curation.plan, [stored_counts(house, name)])
    return CurationCounts(dataset_id=name, **counts, reasons=reasons, made=made)


def _write(house: Warehouse, name: str, outcome: Outcome) -> None:
    if outcome.repaired:
        tables = rollout_tables(outcome.repaired, bucket_count=house.bucket_count)
        house.insert_repairs({name: tables[name] for name in ("trajectories", "messages", "scores")})
        house.store.upsert(
            "lineage",
            arrow_table("lineage", [row for child in outcome.repaired for row in _lineage_rows(child)]),
        )
    made = {
        "decisions": outcome.decisions,
        "train_labels": outcome.labels,
        "pairs": outcome.pairs,
        "samples": outcome.samples,
    }
    for table, frame in made.items():
        if frame.is_empty() and table in {"pairs", "samples"}:
            continue
        decided = frame.with_columns(dataset_id=pl.lit(name))
        check_expectations(TABLES[table], decided)
        house.store.append(table, decided)


def _finish(house: Warehouse, curation: Curation, counts: CurationCounts, versions: dict[str, int]) -> None:
    recipe = curation.recipe
    row: Row = {
        "dataset_id": curation.dataset_id,
        "name": recipe.name,
        "recipe_hash": recipe.recipe_hash,
        "recipe": recipe.canonical_json(),
        "input_fingerprint": curation.input_fingerprint,
        "code_version": code_version(),
        "table_versions": msgspec.json.encode(versions).decode(),
        "read_count": counts.read_count,
        "repaired_count": counts.repaired_count,
        "added_count": counts.added_count,
        "kept_count": counts.kept_count,
        "dropped_count": counts.dropped_count,
        "decision_counts": msgspec.json.encode(counts.reasons).decode(),
    }
    house.store.upsert("datasets", arrow_table("datasets", [row]))
    point_head(house, recipe.name, curation.dataset_id)


def _counts(house: Warehouse, curation: Curation, tallies: list[Tally], *, is_dry: bool) -> CurationCounts:
    verdicts, reasons = Counter[str](), Counter[tuple[str, str]]()
    for tally in tallies:
        for verdict, rule, reason, count in tally.reasons.iter_rows():
            verdicts[verdict] += count
            reasons[rule, reason] += count
    added_count = sum(tally.added_count for tally in tallies)
    return CurationCounts(
        dataset_id=curation.dataset_id,
        read_count=verdicts["kept"] + verdicts["dropped"] - added_count,
        repaired_count=verdicts["repaired"],
        added_count=added_count,
        kept_count=verdicts["kept"],
        dropped_count=verdicts["dropped"],
        reasons={
            f"{rule}: {reason}": reasons[rule, reason] for rule, reason in sorted(reasons, key=_rule_order)
        },
        made=sum_counts(curation.plan, [tally.made for tally in tallies]),
        examples=_examples(house, tallies) if is_dry and tallies else [],
    )


def _rule_order(place: tuple[str, str]) -> tuple[int, int, str, str]:
    """Sort rules as they come in a recipe: read, repairs, selectors by number, the end."""
    rule, reason = place
    stage, _, name = rule.partition(":")
    number = name.partition(":")[0]
    stages = ("read", "repair", "select", "end")
    return stages.index(stage), int(number) if number.isdecimal() else 0, name, reason


def _examples(house: Warehouse, tallies: list[Tally]) -> list[Example]:
    tasks = house.store.read("tasks", columns=["task_id", "benchmark", "task_key"])
    chosen = _some_of_each(pl.concat([tally.examples for tally in tallies])).join(
        tasks, on="task_id", how="left", maintain_order="left"
    )
    named = chosen.select(
        "rule", "reason", "trajectory_id", pl.format("{} {}", "benchmark", "task_key").alias("task"), "detail"
    )
    examples = [Example(**row) for row in named.to_dicts()]
    return sorted(examples, key=lambda example: _rule_order((example.rule, example.reason)))


def _lineage_rows(child: Trajectory) -> list[Row]:
    """Lead to the parent, and to the partner whose messages the child has too."""
    return [
        {
            "child_id": child.trajectory_id,
            "child_kind": "trajectory",
            "parent_id": source,
            "parent_kind": "trajectory",
            "relation": "wasDerivedFrom",
            "activity": f"repair:{child.repair_rule}",
        }
        for source in (child.parent_id, partner_of(child))
        if source is not None
    ]
