"""Export: a curated dataset in a trainer's format, with a manifest from which the same bytes can be made again.

The Prefect flow and the rows that it leaves in the warehouse; the folder itself is written by `flows.datasets.folder`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from prefect import flow

from flows.datasets.find import find_dataset
from flows.datasets.folder import WrittenExport, write_export
from flows.datasets.manifest import Choices
from flows.datasets.rows import read_trajectories
from flows.funnel import publish_funnel
from flows.runs import recorded
from schemas.recipe import DEFAULT_VIEW
from schemas.rows import Row, arrow_table
from warehouse import Warehouse

__all__ = ["ExportReport", "export", "find_dataset", "read_trajectories"]


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
    view: str = DEFAULT_VIEW,
    parameters: Mapping[str, Any] | None = None,
    redact: Iterable[str] = (),
) -> ExportReport:
    """Write a dataset.

    Args:
        warehouse: folder of the store.
        dataset: a recipe's name (its newest dataset), or a dataset id.
        format_name: the training format.
        out: folder to write; an earlier export there is replaced as a whole.
        where: SQL predicate over `trajectory_overview`: which of the kept trajectories (or their tasks) to write.
        view: the training view that says what carries loss.
        parameters: of the format.
        redact: kinds or families of secrets and personal data to replace, besides those that the recipe names.

    Raises:
        DatasetNotFoundError: nothing was curated under that name, or what it was curated from is gone.
        UnknownNameError: no such training format or view, or nothing of the kind to redact.
        RecipeError: the format has no such parameter.
        ExportRefusedError: the format would train something else than the labels say.
        WinnowError: `out` holds something else.
    """
    house = Warehouse(warehouse)
    choices = Choices(
        format_name=format_name,
        where=where,
        view=view,
        parameters=dict(parameters or {}),
        redact=tuple(redact),
    )
    written = write_export(house, find_dataset(house, dataset), choices, out)
    _record(house, written)
    row = {"format": written.format, "rows": written.row_count, **written.losses}
    publish_funnel("export", [row], f"Export to {written.format}")
    return ExportReport(
        dataset_id=written.dataset_id,
        format=written.format,
        folder=str(out),
        row_count=written.row_count,
        files=written.files,
        losses=written.losses,
        redactions=written.redactions,
    )


def _record(house: Warehouse, written: WrittenExport) -> None:
    row: Row = {
        "export_id": written.export_id,
        "dataset_id": written.dataset_id,
        "format": written.format,
        "parameters": written.spelled,
        "row_count": written.row_count,
        "files": msgspec.json.encode(written.files).decode(),
        "losses": msgspec.json.encode(written.losses).decode(),
    }
    house.store.upsert("exports", arrow_table("exports", [row]))
    derivation = {
        "child_id": written.export_id,
        "child_kind": "export",
        "parent_id": written.dataset_id,
        "parent_kind": "dataset",
        "relation": "wasDerivedFrom",
        "activity": f"export:{written.format}",
    }
    house.store.upsert("lineage", arrow_table("lineage", [derivation]))
