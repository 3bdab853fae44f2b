"""Apply a recipe to one batch of whole task groups: repair, judge, label. Every trajectory gets exactly one fate.

Rules that compare tasks see the whole corpus instead: `survey` gives their candidates batch by batch, `compare` judges
these together, and `decide` does the rest batch by batch.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from curation.candidates import candidate_rows
from curation.fates import END_RULE, READ_RULE, drop_all, fates, replaced_fates
from curation.frames import Frames
from curation.inputs import Inputs, Plan
from curation.pairs.rule import PAIR_SCHEMA, SAMPLE_SCHEMA, LabelRule, PairRule
from curation.scene import Scene
from curation.selection.cascade import run_selectors
from curation.selection.selector import MessageReader
from curation.substitution import Substitution, substitute_repairs, values_after
from curation.training.view import train_labels, trains_anything
from schemas.identity import digest
from schemas.reasons import DecisionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a recipe makes of one batch."""

    decisions: pl.DataFrame
    """Columns of `decisions` but `dataset_id`."""
    labels: pl.DataFrame
    """Columns of `train_labels` but `dataset_id`."""
    pairs: pl.DataFrame
    """Columns of `pairs` but `dataset_id`."""
    samples: pl.DataFrame
    """Columns of `samples` but `dataset_id`."""
    repaired: list[Trajectory] = field(default_factory=list)
    """New trajectories, in the order in which they were made."""
    added_count: int = 0
    """How many of these stand beside their parents."""
    trace: pl.DataFrame
    """Every verdict of every rule, as `VERDICTS`."""


@dataclass(frozen=True, kw_only=True)
class _Narrowed:
    """A batch after its repairs and the rules that a batch suffices for."""

    repairs: Substitution
    candidates: pl.DataFrame
    """Every trajectory, one row each."""
    kept: pl.DataFrame
    """Those that no rule has dropped yet."""
    verdicts: pl.DataFrame


def survey(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """Give what the corpus selectors must know of a batch.

    Returns:
        One row for each candidate that the local selectors keep, with the plan's slim columns.

    Raises:
        RecipeError: a selector reads a column that candidates do not have.
    """
    return _slim(_narrow(inputs, plan).kept, plan)


def compare(survivors: pl.DataFrame, plan: Plan, read_messages: MessageReader) -> pl.DataFrame:
    """Run the corpus selectors.

    Args:
        survivors: the surveys of all batches, together.
        plan: the recipe.
        read_messages: gives the words of survivors, as repaired.

    Returns:
        Their verdicts, as `VERDICTS`.
    """
    first = len(plan.local_selectors) + 1
    return run_selectors(survivors, plan.corpus_selectors, first=first, read_messages=read_messages)[1]


def decide(inputs: Inputs, plan: Plan, compared: pl.DataFrame | None = None) -> Outcome:
    """Apply a plan to one batch.

    A repaired trajectory takes its parent's place before anything is judged: the signals of its task are computed
    anew with the repaired trial in place of the raw one, so that it competes on equal terms.

    Args:
        inputs: the batch.
        plan: the recipe.
        compared: what the corpus selectors said, of this batch's survivors and others; when null, the batch is the
            whole corpus.

    Returns:
        Decisions (one per trajectory), training labels of what is kept, and the repairs that were made.
    """
    narrowed = _narrow(inputs, plan)
    frames = narrowed.repairs.frames
    if compared is None:
        compared = compare(_slim(narrowed.kept, plan), plan, lambda ids: words_of(frames, ids))
    compared = compared.join(narrowed.kept, on="trajectory_id", how="semi")
    dropped = compared.filter(~pl.col("is_kept"))
    kept = narrowed.kept.join(dropped, on="trajectory_id", how="anti")
    scene = Scene(
        frames=frames,
        kept=kept,
        toolsets=inputs.toolsets,
        originals=inputs.frames,
        corrupted=inputs.corrupted,
    )
    labels = pl.concat([train_labels(view, scene) for view in plan.views])
    trained = labels.filter(trains_anything()).select("trajectory_id").unique()
    final = replace(scene, kept=kept.join(trained, on="trajectory_id", how="semi"))
    silent = kept.join(trained, on="trajectory_id", how="anti")
    last = drop_all(silent, END_RULE, DecisionReason.NO_TRAINABLE_MESSAGE)
    trace = pl.concat([narrowed.verdicts, compared, last])
    repairs = narrowed.repairs
    replaced = replaced_fates(repairs.replacements, repairs.rules, narrowed.candidates)
    return Outcome(
        decisions=pl.concat([fates(narrowed.candidates, trace, plan.split_of), replaced]),
        labels=labels.join(trained, on="trajectory_id", how="semi"),
        pairs=_built(plan.pair_rules, final, PAIR_SCHEMA),
        samples=_built(plan.label_rules, final, SAMPLE_SCHEMA),
        repaired=list(repairs.children.values()),
        added_count=len(repairs.added_ids),
        trace=trace,
    )


def repaired_words(inputs: Inputs, plan: Plan, trajectory_ids: pl.Series) -> pl.DataFrame:
    """Give the messages of some candidates of a batch, as repaired."""
    return words_of(substitute_repairs(inputs, plan.repairs).frames, trajectory_ids)


def words_of(frames: Frames, trajectory_ids: pl.Series) -> pl.DataFrame:
    """Give the messages of some trajectories."""
    return frames.messages.filter(pl.col("trajectory_id").is_in(trajectory_ids.implode()))


def _narrow(inputs: Inputs, plan: Plan) -> _Narrowed:
    repairs = substitute_repairs(inputs, plan.repairs)
    candidates = candidate_rows(repairs.frames, values_after(inputs, repairs, plan.signals))
    is_read = pl.col("trajectory_id").is_in([*inputs.read_ids, *repairs.children])
    unread = drop_all(candidates.filter(~is_read), READ_RULE, DecisionReason.NOT_MATCHED_BY_READ)
    kept, verdicts = run_selectors(candidates.filter(is_read), plan.local_selectors)
    return _Narrowed(
        repairs=repairs, candidates=candidates, kept=kept, verdicts=pl.concat([unread, verdicts])
    )


def _built(rules: Sequence[PairRule | LabelRule], scene: Scene, schema: pl.Schema) -> pl.DataFrame:
    """Run the rules that make pairs, or those that make samples; one name may stand there more than once."""
    seen = Counter[str]()
    made = [schema.to_frame()]
    for rule in rules:
        seen[rule.name] += 1
        made.append(rule.build(scene, nth=seen[rule.name]))
    return pl.concat(made)


def _slim(candidates: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    for selector in plan.corpus_selectors:
        selector.check_columns(candidates)
    return candidates.select(plan.slim_columns)


def dataset_id(*, recipe_hash: str, input_fingerprint: str, code_version: str) -> str:
    """Name a dataset by what it is made of."""
    return digest("dataset", recipe_hash, input_fingerprint, code_version)
