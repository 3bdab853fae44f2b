"""Rebuild: write an export anew and compare every byte; or decide anew and compare all that was decided."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import polars as pl

from curation.decide import Outcome, decide
from flows.buckets import batches_of
from flows.datasets.diff import compare_fates, compare_labels
from flows.datasets.diff_pairs import RowsDiff, compare_rows
from flows.datasets.files import MANIFEST, file_digest
from flows.datasets.find import Merge, find_dataset, recipe_of
from flows.datasets.folder import write_export
from flows.datasets.manifest import choices_from, read_manifest
from flows.datasets.pinned import as_curated
from flows.resolve import Curation, compare_survivors, read_inputs, resolve, survey_buckets
from flows.versions import code_version
from schemas.errors import WinnowError
from schemas.rows import Row
from warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """One export, written anew."""

    folder: str
    format: str
    file_count: int
    """Files whose bytes were compared."""
    differing: dict[str, str] = field(default_factory=dict)
    """What is the matter with each file that is not the same."""
    reasons: list[str] = field(default_factory=list)
    """Why files may differ, as far as it can be told."""

    @property
    def is_same(self) -> bool:
        """Tell whether all bytes are the same."""
        return not self.differing


@dataclass(frozen=True, kw_only=True)
class Redecided:
    """One recipe, decided anew over the tables as they were."""

    dataset_id: str
    """The id that today's code gives it; another one than before means other code or other signals."""
    trajectory_count: int
    differing: pl.DataFrame
    """See `DatasetDiff.trajectories`; A is what is stored."""
    label_counts: dict[str, int]
    """See `compare_labels`, over all views."""
    pairs: RowsDiff
    """A is what is stored."""
    samples: RowsDiff
    """A is what is stored."""

    @property
    def is_same(self) -> bool:
        """Tell whether every fate, label, pair and sample is the same."""
        has_same_words = self.differing.is_empty() and not self.label_counts["changed_count"]
        return has_same_words and self.pairs.is_same and self.samples.is_same


def rebuild(house: Warehouse, target: str, out: Path) -> list[Rebuilt]:
    """Write exports anew from the stored decisions, and compare them with what was written before.

    Args:
        house: the warehouse.
        target: path of a manifest or of its folder; or a dataset's name or id, for all its exports.
        out: folder for them: the export itself for a manifest, one folder each for a dataset.

    Raises:
        DatasetNotFoundError: the dataset, or what it was curated from, is not there any more.
        WinnowError: the manifest cannot be read, nothing was exported, or `out` holds something else.
    """
    if Path(target).exists():
        return [_rebuild_one(house, read_manifest(Path(target)), out)]
    built = find_dataset(house, target)
    rows = house.store.read("exports").filter(pl.col("dataset_id") == built["dataset_id"]).to_dicts()
    if not rows:
        raise WinnowError(
            f"The dataset {target!r} was never exported.\n\nHint: winnow export {target} --to FORMAT --out FOLDER"
        )
    folders = _folder_names([row["format"] for row in rows])
    return [
        _rebuild_one(house, _as_manifest(row), out / name) for row, name in zip(rows, folders, strict=True)
    ]


def redecide(house: Warehouse, target: str) -> Redecided:
    """Apply a dataset's recipe to the tables as they were, in memory, and compare with what was decided then.

    Args:
        house: the warehouse.
        target: the dataset's name or id, or the path of a manifest.

    Raises:
        DatasetNotFoundError: no such dataset, or files of the versions that it was curated from are gone.
        RecipeError: today's signals are of another version than those that were stored then.
        WinnowError: the dataset was merged.
    """
    built = find_dataset(
        house, read_manifest(Path(target))["dataset_id"] if Path(target).exists() else target
    )
    recipe = recipe_of(built)
    if isinstance(recipe, Merge):
        raise WinnowError(
            f"The dataset {target!r} was merged: no recipe decided it.\n\n"
            f"Hint: rebuild its parts from scratch: {', '.join(recipe.merge)}"
        )
    seen = as_curated(house, built, holds_growing=True)
    curation = resolve(seen, recipe)
    anew = _decided_anew(seen, curation)
    stored = {
        table: house.store.scan(table).filter(pl.col("dataset_id") == built["dataset_id"]) for table in anew
    }
    return Redecided(
        dataset_id=curation.dataset_id,
        trajectory_count=anew["decisions"].height,
        differing=compare_fates(stored["decisions"], anew["decisions"].lazy()),
        label_counts=_compare_all_labels(stored["train_labels"], anew["train_labels"].lazy()),
        pairs=compare_rows(stored["pairs"], anew["pairs"].lazy(), "pairs"),
        samples=compare_rows(stored["samples"], anew["samples"].lazy(), "samples"),
    )


def _decided_anew(house: Warehouse, curation: Curation) -> dict[str, pl.DataFrame]:
    """Give what a recipe decides and makes, by table; nothing is written."""
    outcomes = list(_outcomes(house, curation))
    return {
        "decisions": pl.concat([outcome.decisions for outcome in outcomes]),
        "train_labels": pl.concat([outcome.labels for outcome in outcomes]),
        "pairs": pl.concat([outcome.pairs for outcome in outcomes]),
        "samples": pl.concat([outcome.samples for outcome in outcomes]),
    }


def _outcomes(house: Warehouse, curation: Curation) -> Iterator[Outcome]:
    batches = list(batches_of(curation.buckets))
    compared = None
    if len(batches) > 1 and curation.plan.corpus_selectors:
        surveys = pl.concat([survey_buckets(house, curation, batch) for batch in batches])
        compared = compare_survivors(house, curation, surveys)
    for batch in batches:
        inputs = read_inputs(house, curation, [bucket.bucket for bucket in batch])
        yield decide(inputs, curation.plan, compared)


def _compare_all_labels(stored: pl.LazyFrame, fresh: pl.LazyFrame) -> dict[str, int]:
    """Compare labels of all views at once: a view's name is part of the message's."""
    sides = [
        rows.with_columns(trajectory_id=pl.concat_str("view", "trajectory_id", separator=" "))
        for rows in (stored, fresh)
    ]
    return compare_labels(*sides)


def _rebuild_one(house: Warehouse, manifest: Row, out: Path) -> Rebuilt:
    built = find_dataset(house, manifest["dataset_id"])
    spelled = manifest["format"]
    choices = choices_from(spelled["name"], spelled)
    if out.exists() and (out / MANIFEST).is_file() and read_manifest(out) == manifest:
        raise WinnowError(
            f"{str(out)!r} is the export itself, which a rebuild would replace.\n\nHint: choose another --out"
        )
    write_export(house, built, choices, out)
    expected = {
        file["name"]: file["sha256"] for file in (*manifest["files"], *manifest.get("side_files", ()))
    }
    differing = dict(_differences(out, expected))
    return Rebuilt(
        folder=str(out),
        format=choices.format_name,
        file_count=len(expected),
        differing=differing,
        reasons=_reasons(house, manifest, built, read_manifest(out)) if differing else [],
    )


def _differences(out: Path, expected: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, digest in expected.items():
        if not (out / name).is_file():
            yield name, "was not written again"
        elif file_digest(out / name) != digest:
            yield name, "has other bytes"


def _reasons(house: Warehouse, manifest: Row, built: Row, fresh: Row) -> list[str]:
    """Say what is not as it was then."""
    reasons = []
    if built["code_version"] != code_version():
        reasons.append(f"the code is {code_version()}, and was {built['code_version']}")
    then, now = manifest["format"].get("version"), fresh["format"]["version"]
    if then is not None and then != now:
        reasons.append(f"the format has version {now}, and had {then}")
    if manifest["format"]["redact"] != fresh["format"]["redact"]:
        reasons.append("other versions of the detectors look for what is redacted")
    if gone := _gone_count(house, built["dataset_id"]):
        reasons.append(f"{gone} of the kept trajectories are not in the warehouse any more")
    return reasons or ["the code that writes files, or rows of the tables, are not those of then"]


def _gone_count(house: Warehouse, dataset_id: str) -> int:
    kept = house.store.scan("decisions").filter(
        (pl.col("dataset_id") == dataset_id) & (pl.col("verdict") == "kept")
    )
    there = house.store.scan("trajectories", columns=["trajectory_id"])
    return int(kept.join(there, on="trajectory_id", how="anti").select(pl.len()).collect().item())


def _as_manifest(row: Row) -> Row:
    """Read a row of `exports` as the part of its manifest that the warehouse keeps."""
    return {
        "dataset_id": row["dataset_id"],
        "format": {"name": row["format"], **msgspec.json.decode(row["parameters"])},
        "files": msgspec.json.decode(row["files"]),
    }


def _folder_names(formats: list[str]) -> list[str]:
    """Name a folder for each: its format, with a number where there are several of one."""
    names = []
    for number, name in enumerate(formats):
        earlier = formats[:number].count(name)
        names.append(f"{name}-{earlier + 1}" if earlier else name)
    return names
