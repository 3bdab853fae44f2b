"""Export: a curated dataset in a trainer's format, with a manifest from which the same bytes can be made again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from prefect import flow

from flows import progress
from flows.catalogue import training_format
from flows.dataset_files import MANIFEST, Row, SplitFiles, dataset_card, replaced_folder
from flows.funnel import publish_funnel
from flows.redaction import Redaction
from flows.runs import recorded
from schemas.errors import DatasetNotFoundError
from schemas.identity import digest
from schemas.recipe import Recipe
from schemas.rows import arrow_table, trajectory_from_rows
from schemas.training import Label, TaskExample, TrainingExample, TrainingFormat, prompt_messages
from schemas.trajectory import Trajectory
from warehouse import Warehouse
from warehouse.whole import read_conversations

STAGE = "export"
PROVENANCE = "provenance.parquet"
_PROVENANCE: dict[str, pa.DataType] = {
    "split": pa.string(),
    "row_index": pa.int64(),
    "task_id": pa.string(),
    "trajectory_id": pa.string(),
    "parent_id": pa.string(),
    "record_id": pa.string(),
}
PROVENANCE_SCHEMA = pa.schema(_PROVENANCE)
"""Per data row, in the order of its split's files: where it comes from; `parent_id` is null but for a repair."""

# Which kept trajectories go out: the recipe's predicate sees what people see in the console.
KEPT = """
    SELECT decisions.trajectory_id, decisions.task_id, decisions.bucket, decisions.split, kept.group_id
    FROM decisions JOIN trajectory_overview AS kept USING (trajectory_id)
    WHERE decisions.dataset_id = $dataset_id AND decisions.verdict = 'kept'
      AND kept.trajectory_id IN (SELECT trajectory_id FROM trajectory_overview WHERE {where})
    ORDER BY decisions.bucket, decisions.task_id, decisions.trajectory_id
"""
# A task's figures over all its groups; repairs are no trials, and the signals do not count them.
TASK_FIGURES = """
    SELECT task_id, sum(trial_count)::BIGINT AS trial_count,
           sum(success_count) / nullif(sum(scored_trial_count), 0) AS pass_rate,
           sum(reward_mean * scored_trial_count) / nullif(sum(scored_trial_count), 0) AS reward_mean
    FROM group_signals WHERE bucket = $bucket GROUP BY task_id
"""


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """What was written."""

    dataset_id: str
    format: str
    folder: str
    row_count: int
    files: list[Row]
    losses: dict[str, int]
    """What the format could not carry, by kind."""
    redactions: dict[str, int]
    """How often each kind of secret or personal data that was asked for was replaced."""


@flow(name="export")
@recorded
def export(
    *,
    warehouse: Path,
    dataset: str,
    format_name: str,
    out: Path,
    where: str = "true",
    redact: Iterable[str] = (),
) -> ExportReport:
    """Write a dataset.

    Args:
        warehouse: folder of the store.
        dataset: a recipe's name (its newest dataset), or a dataset id.
        format_name: the training format.
        out: folder to write; an earlier export there is replaced as a whole.
        where: SQL predicate over `trajectory_overview`: which of the kept trajectories (or their tasks) to write.
        redact: kinds or families of secrets and personal data to replace, besides those that the recipe names.

    Raises:
        DatasetNotFoundError: nothing was curated under that name.
        UnknownNameError: no such training format, or nothing of the kind to redact.
        WinnowError: `out` holds something else.
    """
    form = training_format(format_name)
    house = Warehouse(warehouse)
    built = find_dataset(house, dataset)
    recipe = msgspec.json.decode(built["recipe"], type=Recipe)
    redaction = Redaction((*recipe.redact, *redact))
    kept = _kept(house, built["dataset_id"], where)
    progress.start(STAGE, kept.height, f"{form.unit} rows at most")
    with replaced_folder(out) as folder:
        files, losses = _write_rows(house, built, kept, form, folder=folder, redaction=redaction)
        parameters = {"where": where, "redact": redaction.versions}
        export_id = digest(
            "export",
            built["dataset_id"],
            form.name,
            form.version,
            where,
            *map(":".join, redaction.versions.items()),
        )
        row_count = sum(file["row_count"] for file in files)
        manifest = _manifest(built, form, parameters, files, losses) | {"redactions": dict(redaction.counts)}
        card = dataset_card(name=built["name"], form=form, files=files, redactions=redaction.counts)
        (folder / "README.md").write_text(card, encoding="utf-8")
        (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    row: Row = {
        "export_id": export_id,
        "dataset_id": built["dataset_id"],
        "format": form.name,
        "parameters": msgspec.json.encode(parameters).decode(),
        "row_count": row_count,
        "files": msgspec.json.encode(files).decode(),
        "losses": msgspec.json.encode(losses).decode(),
    }
    house.store.upsert("exports", arrow_table("exports", [row]))
    house.store.upsert(
        "lineage", arrow_table("lineage", [_lineage_row(export_id, built["dataset_id"], form.name)])
    )
    publish_funnel("export", [{"format": form.name, "rows": row_count, **losses}], f"Export to {form.name}")
    return ExportReport(
        dataset_id=built["dataset_id"],
        format=form.name,
        folder=str(out),
        row_count=row_count,
        files=files,
        losses=losses,
        redactions=dict(redaction.counts),
    )


def find_dataset(house: Warehouse, dataset: str) -> Row:
    """Find a dataset by id, or the newest by its recipe's name.

    Raises:
        DatasetNotFoundError: neither.
    """
    datasets = {row["dataset_id"]: row for row in house.store.read("datasets").to_dicts()}
    heads = {row["name"]: row["dataset_id"] for row in house.store.read("dataset_heads").to_dicts()}
    name = heads.get(dataset, dataset)
    if name not in datasets:
        known = ", ".join(sorted(heads)) or "(none)"
        raise DatasetNotFoundError(
            f"No dataset {dataset!r}. Known datasets: {known}\n\nHint: winnow curate RECIPE"
        )
    return datasets[name]


def _kept(house: Warehouse, dataset_id: str, where: str) -> pl.DataFrame:
    with house.console() as console:
        return console.sql(KEPT.format(where=where), {"dataset_id": dataset_id}).to_polars()


def _write_rows(
    house: Warehouse,
    built: Row,
    kept: pl.DataFrame,
    form: TrainingFormat[Any],
    *,
    folder: Path,
    redaction: Redaction,
) -> tuple[list[Row], dict[str, int]]:
    """Write data and provenance, bucket by bucket, in an order that depends on ids alone."""
    splits = sorted({"train", *kept["split"].unique()}, key=lambda split: (split != "train", split))
    writers = {split: SplitFiles(folder, split, form, finish_rows=redaction.redact) for split in splits}
    losses: Counter[str] = Counter()
    with pq.ParquetWriter(folder / PROVENANCE, PROVENANCE_SCHEMA, compression="zstd") as provenance:
        for _, bucket_kept in kept.group_by("bucket", maintain_order=True):
            origins: list[Row] = []
            for example, trajectory in _examples(house, built["dataset_id"], bucket_kept, form):
                writer = writers[example.split or "train"]
                origins.append(_origin(trajectory, example.split or "train", writer.row_count))
                writer.write(form.row(example))
                losses.update(form.losses(example))
            provenance.write_table(pa.Table.from_pylist(origins, schema=PROVENANCE_SCHEMA))
            progress.advance(STAGE, bucket_kept.height)
    files = [file for writer in writers.values() for file in writer.finish()]
    return files, dict(sorted(losses.items()))


def _examples(
    house: Warehouse, dataset_id: str, kept: pl.DataFrame, form: TrainingFormat[Any]
) -> Iterator[tuple[TrainingExample | TaskExample, Trajectory]]:
    """Build the examples of one bucket, in the order of `kept`, each with the trajectory that it stands on."""
    bucket = kept.item(0, "bucket")
    if form.unit == "task":
        kept = kept.unique("task_id", keep="first", maintain_order=True)
        figures = {
            row["task_id"]: row for row in house.sql(TASK_FIGURES, {"bucket": bucket}).to_polars().to_dicts()
        }
    labels = {} if form.unit == "task" else _labels(house, dataset_id, bucket, kept)
    splits = dict(kept.select("trajectory_id", "split").iter_rows())
    for trajectory in read_trajectories(house, bucket, kept):
        split = splits[trajectory.trajectory_id]
        if form.unit == "trajectory":
            own = labels.get(trajectory.trajectory_id, {})
            yield TrainingExample(trajectory=trajectory, labels=own, split=split), trajectory
        else:
            known = dict(figures.get(trajectory.task.task_id, {}))
            known.pop("task_id", None)
            yield (
                TaskExample(
                    task=trajectory.task,
                    prompt=prompt_messages(trajectory),
                    toolset=trajectory.toolset,
                    figures=known,
                    split=split,
                ),
                trajectory,
            )


def read_trajectories(house: Warehouse, bucket: int, wanted: pl.DataFrame) -> Iterator[Trajectory]:
    """Rebuild the records of one bucket that `wanted` names, in its order."""
    ids = wanted.select("trajectory_id")
    rows = {row["trajectory_id"]: row for row in _of(house, "trajectories", bucket, ids).to_dicts()}
    tasks = {row["task_id"]: row for row in house.store.read("tasks", buckets=[bucket]).to_dicts()}
    toolsets = {row["toolset_id"]: row for row in house.store.read("toolsets").to_dicts()}
    messages = _conversations(house, bucket, ids).to_dicts()
    per_trajectory = {key: list(group) for key, group in groupby(messages, key=itemgetter("trajectory_id"))}
    for trajectory_id in ids["trajectory_id"]:
        row = rows[trajectory_id]
        yield trajectory_from_rows(
            row | {"shared_count": 0},
            per_trajectory[trajectory_id],
            tasks[row["task_id"]],
            toolsets.get(row["toolset_id"]),
        )


def _conversations(house: Warehouse, bucket: int, ids: pl.DataFrame) -> pl.DataFrame:
    return read_conversations(house, [bucket], _of(house, "trajectories", bucket, ids))


def _of(house: Warehouse, table: str, bucket: int, ids: pl.DataFrame) -> pl.DataFrame:
    return (
        house.store.scan(table, buckets=[bucket]).join(ids.lazy(), on="trajectory_id", how="semi").collect()
    )


def _labels(
    house: Warehouse, dataset_id: str, bucket: int, kept: pl.DataFrame
) -> dict[str, dict[int, Label]]:
    columns = ["dataset_id", "trajectory_id", "seq", "is_trained", "weight"]
    rows = house.store.scan("train_labels", columns=columns, buckets=[bucket]).filter(
        pl.col("dataset_id") == dataset_id
    )
    wanted = rows.join(kept.lazy().select("trajectory_id"), on="trajectory_id", how="semi").collect()
    labels: dict[str, dict[int, Label]] = {}
    for _, trajectory_id, seq, is_trained, weight in wanted.iter_rows():
        labels.setdefault(trajectory_id, {})[seq] = Label(is_trained=is_trained, weight=weight)
    return labels


def _origin(trajectory: Trajectory, split: str, row_index: int) -> Row:
    return {
        "split": split,
        "row_index": row_index,
        "task_id": trajectory.task.task_id,
        "trajectory_id": trajectory.trajectory_id,
        "parent_id": trajectory.parent_id,
        "record_id": trajectory.record_id,
    }


def _manifest(
    built: Row, form: TrainingFormat[Any], parameters: Row, files: list[Row], losses: dict[str, int]
) -> Row:
    """Say from what and how the files were made, and nothing that differs between two equal builds."""
    return {
        "dataset_id": built["dataset_id"],
        "name": built["name"],
        "format": {"name": form.name, "version": form.version, **parameters},
        "recipe_hash": built["recipe_hash"],
        "recipe": msgspec.Raw(built["recipe"].encode()),
        "input_fingerprint": built["input_fingerprint"],
        "table_versions": msgspec.Raw(built["table_versions"].encode()),
        "code_version": built["code_version"],
        "counts": {
            name: built[name] for name in ("read_count", "repaired_count", "kept_count", "dropped_count")
        },
        "decision_counts": msgspec.Raw(built["decision_counts"].encode()),
        "row_count": sum(file["row_count"] for file in files),
        "files": files,
        "losses": losses,
    }


def _lineage_row(export_id: str, dataset_id: str, format_name: str) -> Row:
    return {
        "child_id": export_id,
        "child_kind": "export",
        "parent_id": dataset_id,
        "parent_kind": "dataset",
        "relation": "wasDerivedFrom",
        "activity": f"export:{format_name}",
    }
