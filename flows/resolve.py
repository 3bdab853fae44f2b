"""A recipe, resolved against one state of the warehouse: its members, the buckets that it reads, and how it reads them."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from curation.candidates import SignalValues, compute_values
from curation.decide import compare, dataset_id, repaired_words, survey, words_of
from curation.decontamination.task_twins import task_twins
from curation.inputs import Inputs, Plan
from curation.members import build_member
from curation.pairs import LABEL_RULES, PAIR_RULES
from curation.plan_check import check_plan
from curation.repair import REPAIRS
from curation.selection import SELECTORS
from curation.signals.signal import Signal
from curation.training import LOSS_RULES
from curation.training.view import View
from flows.buckets import Bucket, batches_of, find_stale, read_buckets
from flows.chosen_signals import chosen_signals, is_stored
from flows.corrupted import corruptions_digest, read_corrupted
from flows.frames import read_frames
from flows.licences.binding import bind_licences
from flows.protected import bind_protected
from flows.redaction import chosen_detectors
from flows.stages import stage_versions
from flows.task_texts import read_task_texts
from flows.training_sets import check_exports
from flows.versions import code_version
from flows.writers import build_written
from schemas import recipe as recipes
from schemas.errors import QueryError, QueryRefusedError, RecipeError
from schemas.identity import digest
from schemas.recipe import Recipe
from warehouse import Warehouse
from warehouse.delta import open_delta

OUTPUTS = frozenset(
    {
        *("records", "sources", "runs", "privacy_spans"),
        *("decisions", "train_labels", "pairs", "samples", "datasets", "dataset_heads", "exports", "lineage"),
        "replay_requests",
    }
)
"""Tables that no curation reads."""


@dataclass(frozen=True, kw_only=True)
class Curation:
    """A recipe, resolved against one state of the warehouse."""

    recipe: Recipe
    plan: Plan
    dataset_id: str
    input_fingerprint: str
    buckets: list[Bucket]


def read_versions(house: Warehouse) -> dict[str, int]:
    """Give the version of each table that a curation may read; those that were never written have none."""
    opened = {name: open_delta(house.store.path(name)) for name in input_tables(house)}
    return {name: int(delta.version()) for name, delta in opened.items() if delta is not None}


def input_tables(house: Warehouse) -> list[str]:
    """Name the tables that were ever written and that a curation may read, those of signals included."""
    return [name for name in house.store.table_names() if name not in OUTPUTS]


def resolve(house: Warehouse, recipe: Recipe) -> Curation:
    """Turn a recipe's names into members and name the dataset that it makes of the warehouse as it is.

    Raises:
        UnknownNameError: a signal, repair, selector, protected set, training format or kind to redact that does not exist.
        RecipeError: a wrong parameter, or signals that are out of date.
    """
    where = f"recipe {recipe.name!r}"
    versions = stage_versions(recipe.stored_signals)
    check_exports(
        recipe, where=where, has_tools=not house.store.read("toolsets", columns=["toolset_id"]).is_empty()
    )
    chosen_detectors(recipe.redact, where=where)
    plan, plan_digests = _plan(house, recipe, where=where)
    check_plan(plan, where=where)
    buckets = read_buckets(house)
    if find_stale(house, buckets, versions):
        raise RecipeError(f"Signals that {where} needs are missing or out of date.\n\nHint: winnow score")
    fingerprint = digest(
        *(part for bucket in buckets for part in (bucket.bucket, bucket.fingerprint)),
        *versions.values(),
        *plan_digests,
    )
    name = dataset_id(
        recipe_hash=recipe.recipe_hash, input_fingerprint=fingerprint, code_version=code_version()
    )
    return Curation(recipe=recipe, plan=plan, dataset_id=name, input_fingerprint=fingerprint, buckets=buckets)


def _plan(house: Warehouse, recipe: Recipe, *, where: str) -> tuple[Plan, list[str]]:
    """Build all members that a recipe names.

    Returns:
        The plan, and what it depends on besides recipe, code and scored trajectories.
    """
    signals = chosen_signals(house, recipe, where=where)
    selectors, protected_digests = bind_protected(
        house,
        [build_member("selector", SELECTORS, rule, where=where) for rule in recipe.select],
        where=where,
    )
    selectors, licence_digests = bind_licences(house, selectors)
    twins = task_twins(read_task_texts(house)) if recipe.split.joins_twins else {}
    plan = Plan(
        repairs=tuple(
            build_written("repair", REPAIRS, rule, house=house, where=where) for rule in recipe.repair
        ),
        selectors=selectors,
        signals=signals,
        views=tuple(_view(view, where=f"{where}, view {view.name!r}") for view in recipe.train),
        pair_rules=tuple(
            build_written("pair rule", PAIR_RULES, rule, house=house, where=where) for rule in recipe.pair
        ),
        label_rules=tuple(
            build_written("label rule", LABEL_RULES, rule, house=house, where=where) for rule in recipe.label
        ),
        split=recipe.split,
        task_twins=twins,
    )
    own = (signal.stage_version for signal in signals if not is_stored(signal))
    labelled = [corruptions_digest(house)] if plan.reads_corrupted else []
    return plan, [
        *own,
        *protected_digests,
        *licence_digests,
        *(part for pair in sorted(twins.items()) for part in pair),
        *labelled,
    ]


def _view(named: recipes.View, *, where: str) -> View:
    rules = (build_member("loss rule", LOSS_RULES, rule, where=where) for rule in named.rules)
    return View(name=named.name, rules=tuple(rules))


def read_inputs(house: Warehouse, curation: Curation, buckets: list[int]) -> Inputs:
    """Read what deciding upon one batch of buckets needs."""
    frames = read_frames(house, buckets)
    values = _read_values(house, [signal for signal in curation.plan.signals if is_stored(signal)], buckets)
    own = [signal for signal in curation.plan.signals if not is_stored(signal)]
    if own:
        values = values.beside(compute_values(own, frames))
    return Inputs(
        frames=frames,
        toolsets=house.store.read("toolsets").join(frames.trajectories, on="toolset_id", how="semi"),
        values=values,
        read_ids=_read_ids(house, curation.recipe, buckets),
        bucket_count=house.bucket_count,
        corrupted=read_corrupted(house, buckets) if curation.plan.reads_corrupted else None,
    )


def _read_values(house: Warehouse, signals: Iterable[Signal], buckets: list[int]) -> SignalValues:
    trajectories, groups = dict[str, pl.DataFrame](), dict[str, pl.DataFrame]()
    for signal in signals:
        tables = signal.tables()
        if "trajectory" in tables:
            trajectories[signal.name] = house.store.read(tables["trajectory"], buckets=buckets)
        if "group" in tables:
            groups[signal.name] = house.store.read(tables["group"], buckets=buckets)
    return SignalValues(trajectories=trajectories, groups=groups)


def survey_buckets(house: Warehouse, curation: Curation, buckets: list[Bucket]) -> pl.DataFrame:
    """Give the slim rows of one batch of buckets, see `curation.decide.survey`."""
    return survey(read_inputs(house, curation, [bucket.bucket for bucket in buckets]), curation.plan)


def compare_survivors(house: Warehouse, curation: Curation, survivors: pl.DataFrame) -> pl.DataFrame:
    """Run the rules that compare tasks over the survivors of the whole corpus.

    Returns:
        Their verdicts, as `VERDICTS`.
    """
    places = survivors.select("trajectory_id", "bucket")

    def read_messages(trajectory_ids: pl.Series) -> pl.DataFrame:
        wanted = places.filter(pl.col("trajectory_id").is_in(trajectory_ids.implode()))["bucket"]
        held = set(wanted)
        batches = batches_of([bucket for bucket in curation.buckets if bucket.bucket in held])
        return pl.concat(
            [
                _read_words(house, curation, [bucket.bucket for bucket in batch], trajectory_ids)
                for batch in batches
            ]
            or [read_frames(house, []).messages]
        )

    return compare(survivors, curation.plan, read_messages)


def _read_words(
    house: Warehouse, curation: Curation, buckets: list[int], trajectory_ids: pl.Series
) -> pl.DataFrame:
    if curation.plan.repairs:
        return repaired_words(read_inputs(house, curation, buckets), curation.plan, trajectory_ids)
    return words_of(read_frames(house, buckets), trajectory_ids)


def _read_ids(house: Warehouse, recipe: Recipe, buckets: list[int]) -> frozenset[str]:
    """Run the recipe's predicate where people's SQL runs: read-only, over the public views.

    Raises:
        RecipeError: it cannot be run.
    """
    numbers = ", ".join(map(str, buckets))
    query = (
        f"SELECT trajectory_id FROM trajectory_overview "
        f"WHERE bucket IN ({numbers}) AND relation NOT IN ('repair', 'corruption') AND ({recipe.read.where})"
    )
    with house.console() as console:
        try:
            return frozenset(console.sql(query).to_polars()["trajectory_id"])
        except (QueryError, QueryRefusedError) as exc:
            raise RecipeError(f"recipe {recipe.name!r}, `read.where` {recipe.read.where!r}: {exc}") from exc
