"""Write one dataset in one trainer's format: data, provenance, card, metadata, and the manifest that ties them.

The same dataset and the same choices always give the same bytes, whenever they are written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from flows import progress
from flows.datasets.card import Subject, dataset_card
from flows.datasets.croissant import CROISSANT, croissant
from flows.datasets.examples import examples_of, read_kept
from flows.datasets.facts import read_facts
from flows.datasets.files import MANIFEST, SplitFiles, file_facts, names_by_split, replaced_folder
from flows.datasets.find import Merge, merged_part, recipe_of
from flows.datasets.manifest import Choices, export_id, manifest_bytes, spell_choices
from flows.datasets.pinned import as_curated
from flows.datasets.redacted import must_redact_first, redacted_example
from flows.datasets.trained import Trained
from flows.redaction import Redaction
from flows.training_sets import training_format
from schemas.errors import UnknownNameError
from schemas.recipe import Recipe
from schemas.rows import Row
from schemas.training import TrainingExample, TrainingFormat
from schemas.trajectory import Trajectory
from warehouse import Warehouse

STAGE = "export"
CARD = "README.md"
PROVENANCE = "provenance.parquet"
_PROVENANCE: dict[str, pa.DataType] = {
    "split": pa.string(),
    "row_index": pa.int64(),
    "task_id": pa.string(),
    "trajectory_id": pa.string(),
    "parent_id": pa.string(),
    "record_id": pa.string(),
    "dataset_id": pa.string(),
}
PROVENANCE_SCHEMA = pa.schema(_PROVENANCE)
"""Per data row, in the order of its split's files: where it comes from; `parent_id` is null but for a repair or a
branch; `dataset_id` is of a merged dataset the part that kept it."""


@dataclass(frozen=True, kw_only=True)
class WrittenExport:
    """What was written."""

    export_id: str
    dataset_id: str
    format: str
    spelled: str
    """The choices as JSON, see `spell_choices`."""
    files: list[Row]
    """The data files, see `SplitFiles.finish`."""
    losses: dict[str, int]
    """What the format could not carry, by kind."""
    redactions: dict[str, int]
    """How often each kind of secret or personal data that was asked for was replaced."""

    @property
    def row_count(self) -> int:
        """Count the rows of all data files."""
        return sum(file["row_count"] for file in self.files)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Job:
    """One export under way."""

    house: Warehouse
    """The warehouse as the dataset's curation saw it."""
    built: Row
    recipe: Recipe | Merge
    form: TrainingFormat[Any]
    choices: Choices
    redaction: Redaction
    losses: Counter[str] = field(default_factory=Counter)
    trained: Trained = field(default_factory=Trained)

    def write(self, folder: Path) -> WrittenExport:
        spelled = spell_choices(self.choices, self.redaction.versions)
        written_id = export_id(self.built, self.form, spelled)
        writers = self._write_rows(folder)
        files = [file for writer in writers for file in writer.finish()]
        columns = {name: kind for writer in reversed(writers) for name, kind in writer.columns.items()}
        losses = dict(sorted(self.losses.items()))
        self._describe(folder, files, columns, export_id=written_id)
        facts = {
            "row_count": sum(file["row_count"] for file in files),
            "files": files,
            "side_files": self._side_files(folder, files),
            "trained": asdict(self.trained) if self.form.unit == "trajectory" else None,
            "losses": losses,
            "redactions": dict(self.redaction.counts),
        }
        chosen = self.choices.spelled(self.redaction.versions)
        (folder / MANIFEST).write_bytes(manifest_bytes(self.built, self.form, chosen, facts))
        return WrittenExport(
            export_id=written_id,
            dataset_id=self.built["dataset_id"],
            format=self.form.name,
            spelled=spelled,
            files=files,
            losses=losses,
            redactions=dict(self.redaction.counts),
        )

    def _write_rows(self, folder: Path) -> list[SplitFiles]:
        """Write data and provenance, bucket by bucket, in an order that depends on ids alone."""
        kept = read_kept(self.house, self.built["dataset_id"], self.choices.where)
        progress.start(STAGE, kept.height, f"{self.form.unit} rows at most")
        splits = sorted({"train", *kept["split"].unique()}, key=lambda split: (split != "train", split))
        writers = {
            split: SplitFiles(folder, split, self.form, finish_rows=self.redaction.redact) for split in splits
        }
        with pq.ParquetWriter(folder / PROVENANCE, PROVENANCE_SCHEMA, compression="zstd") as provenance:
            for _, bucket_kept in kept.group_by("bucket", maintain_order=True):
                origins = list(self._write_bucket(bucket_kept, writers))
                provenance.write_table(pa.Table.from_pylist(origins, schema=PROVENANCE_SCHEMA))
                progress.advance(STAGE, bucket_kept.height)
        return list(writers.values())

    def _write_bucket(self, kept: pl.DataFrame, writers: Mapping[str, SplitFiles]) -> Iterator[Row]:
        """Write the rows of one bucket, and give the origin of each."""
        parts = dict(kept.select("trajectory_id", "rule").iter_rows())
        examples = examples_of(
            self.house, self.built["dataset_id"], kept, unit=self.form.unit, view=self.choices.view
        )
        for example, trajectory in examples:
            if self.redaction.is_asked_for and must_redact_first(self.form, example):
                example = redacted_example(example, self.redaction)  # noqa: PLW2901 - the row that follows is of it
            written = self.form.write(example)
            self.losses.update(written.losses)
            if isinstance(example, TrainingExample) and written.rows:
                self.trained.add(example)
            split = example.split or "train"
            part = merged_part(parts[trajectory.trajectory_id]) or self.built["dataset_id"]
            for row in written.rows:
                yield _origin(trajectory, split, writers[split].row_count, part)
                writers[split].write(row)

    def _describe(
        self, folder: Path, files: list[Row], columns: Mapping[str, type | None], *, export_id: str
    ) -> None:
        """Write what tells people, machines and the trainer about the data."""
        facts = read_facts(self.house, self.built)
        subject = Subject(
            built=self.built,
            recipe=self.recipe,
            form=self.form,
            view=self.choices.view,
            where=self.choices.where,
            files=files,
            losses=dict(sorted(self.losses.items())),
            redactions=self.redaction.counts,
            trained=self.trained if self.form.unit == "trajectory" else None,
            facts=facts,
        )
        metadata = croissant(
            self.built,
            self.form,
            export_id=export_id,
            licences=facts.licences,
            files=files,
            provenance=file_facts(folder / PROVENANCE),
            provenance_schema=PROVENANCE_SCHEMA,
            columns=columns,
        )
        contents = {CARD: dataset_card(subject).encode(), CROISSANT: metadata}
        contents |= self.form.side_files(self.built["name"], names_by_split(files))
        for name, content in contents.items():
            (folder / name).write_bytes(content)

    @staticmethod
    def _side_files(folder: Path, files: list[Row]) -> list[Row]:
        """Give name, bytes and SHA-256 of all files but the data."""
        known = {file["name"] for file in files}
        return [file_facts(path) for path in sorted(folder.iterdir()) if path.name not in known]


def _origin(trajectory: Trajectory, split: str, row_index: int, part: str) -> Row:
    return {
        "split": split,
        "row_index": row_index,
        "task_id": trajectory.task.task_id,
        "trajectory_id": trajectory.trajectory_id,
        "parent_id": trajectory.parent_id,
        "record_id": trajectory.record_id,
        "dataset_id": part,
    }


def write_export(house: Warehouse, built: Row, choices: Choices, out: Path) -> WrittenExport:
    """Write a dataset into a folder, which is replaced as a whole.

    Args:
        house: the warehouse as it is.
        built: the dataset's row.
        choices: format, view, predicate, parameters, what to redact.
        out: the folder.

    Raises:
        DatasetNotFoundError: what the dataset was curated from is gone.
        UnknownNameError: no such format or view, or nothing of the kind to redact.
        RecipeError: the format has no such parameter.
        ExportRefusedError: the format would train something else than the labels say.
        WinnowError: `out` holds something else.
    """
    form = training_format(choices.format_name, choices.parameters)
    recipe = recipe_of(built)
    views = [view.name for view in recipe.train]
    if choices.view not in views:
        raise UnknownNameError.from_name("training view", choices.view, views, where="export")
    redaction = Redaction((*recipe.redact, *choices.redact))
    job = _Job(
        house=as_curated(house, built),
        built=built,
        recipe=recipe,
        form=form,
        choices=choices,
        redaction=redaction,
    )
    with replaced_folder(out) as folder:
        return job.write(folder)
