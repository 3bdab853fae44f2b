"""The card of an export: Markdown after Hugging Face's conventions, whose header tells loaders which files are data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from flows.datasets.facts import Facts
from flows.datasets.find import Merge
from flows.datasets.licences import header_lines
from flows.datasets.markdown import quoted, table
from flows.datasets.trained import Trained
from schemas.recipe import Recipe
from schemas.rows import Row
from schemas.training import TrainingFormat

SIZE_LIMITS = {"n<1K": 10**3, "1K<n<10K": 10**4, "10K<n<100K": 10**5, "100K<n<1M": 10**6, "1M<n<10M": 10**7}
"""Hugging Face's size categories, by their upper end."""
LARGEST = "10M<n<100M"
MOST_ORIGINS = 20
"""Rows of a table of origins; the rest is summed up."""
DECONTAMINATION = "decontaminate"
CONTAMINATED = ("contaminated_by_benchmark", "task_of_benchmark")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a card is about."""

    built: Row
    """The dataset's row."""
    recipe: Recipe | Merge
    form: TrainingFormat[Any]
    view: str
    where: str
    files: list[Row]
    """The data files, see `SplitFiles.finish`."""
    losses: Mapping[str, int]
    redactions: Mapping[str, int]
    """How often each kind was replaced; empty when none was asked for."""
    trained: Trained | None
    """What carries loss; null for a format whose rows are no trajectories."""
    facts: Facts


def dataset_card(subject: Subject) -> str:
    """Write the card; the same export always has the same one."""
    sections = {
        "Splits": _splits(subject),
        "How it was made": _funnel(subject),
        "Where it is from": _origins(subject.facts),
        "Licences": _licences(subject.facts),
        "Signals before and after": _signals(subject.facts.signals),
        "What is trained": _trained(subject),
        "What the format does not carry": _losses(subject),
        "Secrets and personal data": _redactions(subject.redactions),
        "Decontamination": _decontamination(subject),
        "How to load it": _loading(subject),
        "How to make it again": _rebuilding(),
    }
    lines = [*_header(subject), "", f"# {subject.built['name']}", "", *_abstract(subject)]
    for title, body in sections.items():
        if body:
            lines += ["", f"## {title}", "", *body]
    return "\n".join([*lines, ""])


def _header(subject: Subject) -> list[str]:
    form = subject.form
    lines = ["---", f"pretty_name: {quoted(subject.built['name'])}", *header_lines(subject.facts.licence)]
    lines += ["task_categories:", "- text-generation", "size_categories:", f"- {_size(subject.files)}"]
    lines += ["tags:", "- agent", "- trajectories", "- winnow", f"- {quoted(form.name)}"]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for split in dict.fromkeys(file["split"] for file in subject.files):
        lines += [f"  - split: {split}", f'    path: "{split}-*.{form.suffix}"']
    return [*lines, "---"]


def _size(files: list[Row]) -> str:
    count = sum(file["row_count"] for file in files)
    return next((name for name, limit in SIZE_LIMITS.items() if count < limit), LARGEST)


def _abstract(subject: Subject) -> list[str]:
    form = subject.form
    return [
        (
            f"Agent trajectories, curated by Winnow and written in the format `{form.name}` (version {form.version}), "
            f"one row per {form.unit}."
        ),
        (
            "`manifest.json` says from what and how; `provenance.parquet` gives the origin of each row; `croissant.json` "
            "describes files and columns for machines."
        ),
    ]


def _splits(subject: Subject) -> list[str]:
    files = pl.DataFrame(
        [(file["split"], file["row_count"], file["bytes_count"]) for file in subject.files],
        schema={"split": pl.String, "row_count": pl.Int64, "bytes_count": pl.Int64},
        orient="row",
    )
    written = files.group_by("split", maintain_order=True).agg(
        pl.col("row_count").sum(), pl.col("bytes_count").sum()
    )
    rows = written.join(subject.facts.splits, on="split", how="left", maintain_order="left")
    return [
        "No task is in two splits.",
        "",
        *table(rows.rename({"trajectory_count": "kept_trajectories", "task_count": "kept_tasks"})),
    ]


def _funnel(subject: Subject) -> list[str]:
    built, recipe = subject.built, subject.recipe
    if isinstance(recipe, Merge):
        first = (
            f"Merged from {len(recipe.merge)} datasets: {', '.join(f'`{part}`' for part in recipe.merge)}."
        )
    else:
        first = f"Recipe `{recipe.name}` (hash `{built['recipe_hash']}`)."
    counts = [
        ("read", built["read_count"]),
        ("of these repaired", built["repaired_count"]),
        ("repairs added beside their parents", built["added_count"]),
        ("dropped", built["dropped_count"]),
        ("kept", built["kept_count"]),
    ]
    stages = pl.DataFrame(counts, schema=["trajectories", "count"], orient="row")
    reasons = pl.DataFrame(
        [(*place.split(": ", 1), count) for place, count in subject.facts.decision_counts.items()],
        schema={"rule": pl.String, "reason": pl.String, "count": pl.Int64},
        orient="row",
    )
    chosen = (
        [] if subject.where == "true" else ["", f"Of what is kept, written are those with: `{subject.where}`"]
    )
    return [first, "", *table(stages), "", *table(reasons), *chosen]


def _origins(facts: Facts) -> list[str]:
    lines = ["Kept trajectories by origin; empty cells are unknown to the source."]
    for counts in facts.origins.values():
        lines += ["", *_most(counts)]
    return lines


def _most(counts: pl.DataFrame) -> list[str]:
    """Draw the first rows of a table of counts, and sum up the rest."""
    rest = counts.slice(MOST_ORIGINS)
    more = (
        [f"\n{rest.height} more with {rest['trajectory_count'].sum()} trajectories."] if rest.height else []
    )
    return [*table(counts.head(MOST_ORIGINS)), *more]


def _licences(facts: Facts) -> list[str]:
    unknown = facts.licences.filter(pl.col("licence").is_null())["trajectory_count"].sum()
    lines = [
        f"Of the whole: `{facts.licence}`. As SPDX ids, by what whoever ingested the sources said, or the sources themselves."
    ]
    if unknown:
        lines.append(
            f"The licence of {unknown} trajectories is unknown: ask whoever made them before you pass them on."
        )
    return [*lines, "", *_most(facts.licences)]


def _signals(signals: pl.DataFrame) -> list[str]:
    known = signals.filter(pl.col("known_count").sum().over("signal") > 0)
    if known.is_empty():
        return []
    return [
        (
            "Over the trajectories that were read, and over those that are kept. `known_count` is how many have a value; a "
            "repair has none."
        ),
        "",
        *table(known),
    ]


def _trained(subject: Subject) -> list[str]:
    trained = subject.trained
    if trained is None:
        return []
    return [
        (
            f"By the view `{subject.view}`: {trained.message_count} messages carry loss, {trained.character_count} "
            f"characters of them; {trained.context_message_count} messages are context."
        ),
    ]


def _losses(subject: Subject) -> list[str]:
    if not subject.losses:
        return ["Nothing was found that it cannot carry."]
    rows = list(subject.losses.items())
    return table(pl.DataFrame(rows, schema=["what", "count"], orient="row"))


def _redactions(redactions: Mapping[str, int]) -> list[str]:
    if not redactions:
        return ["None were looked for."]
    replaced = ", ".join(f"{kind} {count}" for kind, count in redactions.items() if count)
    return [
        f"Secrets and personal data were replaced by `[REDACTED:KIND]`: {replaced or 'none was found'}.",
        f"Looked for: {', '.join(redactions)}.",
    ]


def _decontamination(subject: Subject) -> list[str]:
    if isinstance(subject.recipe, Merge):
        return []
    rules = [rule for rule in subject.recipe.select if rule.name == DECONTAMINATION]
    removed = {
        place: count
        for place, count in subject.facts.decision_counts.items()
        if place.partition(": ")[2] in CONTAMINATED
    }
    lines = [
        f"Removed by `{DECONTAMINATION}` ({msgspec.json.encode(rule.parameters, order='deterministic').decode()}):"
        for rule in rules
    ]
    found = [f"- {place}: {count}" for place, count in removed.items()]
    return [*lines, *(found or ["- nothing was found"])] if rules else []


def _loading(subject: Subject) -> list[str]:
    return [
        "```python",
        "from datasets import load_dataset",
        "",
        'rows = load_dataset("FOLDER OR REPOSITORY", split="train")',
        "```",
        "",
        f"What the trainer must be told is in Winnow's `docs/training-formats.md`, at `{subject.form.name}`.",
    ]


def _rebuilding() -> list[str]:
    return [
        "```sh",
        "winnow dataset rebuild manifest.json --out AGAIN",
        "```",
        "",
        "with the warehouse that it came from compares the SHA-256 of every file.",
    ]
