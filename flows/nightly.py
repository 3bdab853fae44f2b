"""The whole job: ingest what is new, score what changed, apply a recipe, write its exports.

`winnow run` runs it once, `winnow serve` on a schedule. Every part may be killed and run again.
"""

from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from flows.curate import curate
from flows.export import ExportReport, export
from flows.funnel import CurationCounts, IngestCounts, ScoreCounts, publish_funnel
from flows.ingest import ingest
from flows.recipes import load_recipe
from flows.runs import recorded
from flows.score import score
from schemas.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class NightlyReport:
    """What each stage did."""

    ingested: IngestCounts
    scored: ScoreCounts
    curated: CurationCounts
    exported: list[ExportReport]


@flow(name="nightly")
@recorded
def nightly(
    *,
    warehouse: Path,
    recipe: Path,
    paths: list[str],
    format_name: str = "auto",
    source_name: str | None = None,
    out: Path | None = None,
) -> NightlyReport:
    """Run the job from raw rollouts to training sets.

    Args:
        warehouse: folder of the store; made when absent.
        recipe: the recipe file.
        paths: files, folders or globs to ingest first; none is fine when the warehouse holds rollouts.
        format_name: a rollout format, or `auto`.
        source_name: the user's name for the source.
        out: folder for the exports; `WAREHOUSE/exports` when null.
    """
    loaded = load_recipe(recipe)
    ingested = IngestCounts()
    if paths:
        ingested = ingest(warehouse=warehouse, paths=paths, format_name=format_name, source_name=source_name)
    scored = score(warehouse=warehouse, signals=loaded.stored_signals)
    curated = curate(warehouse=warehouse, recipe=recipe)
    folder = (out or warehouse / "exports") / loaded.name
    exported = [
        export(
            warehouse=warehouse,
            dataset=curated.dataset_id,
            format_name=chosen.format,
            out=folder / export_folder(loaded, number),
            where=chosen.where,
            view=chosen.view,
            parameters=chosen.parameters,
        )
        for number, chosen in enumerate(loaded.exports)
    ]
    report = NightlyReport(ingested=ingested, scored=scored, curated=curated, exported=exported)
    publish_funnel("nightly", _funnel(report), f"Recipe {loaded.name}")
    return report


def export_folder(recipe: Recipe, number: int) -> str:
    """Name the folder of a recipe's export: its format, with a number where the recipe has several of one format."""
    name = recipe.exports[number].format
    earlier = sum(other.format == name for other in recipe.exports[:number])
    return name if earlier == 0 else f"{name}-{earlier + 1}"


def _funnel(report: NightlyReport) -> list[dict[str, object]]:
    stages: dict[str, int] = {
        "records in": report.ingested.record_count,
        "records rejected": report.ingested.rejected_count,
        "trajectories read": report.curated.read_count,
        "repaired": report.curated.repaired_count,
        "dropped": report.curated.dropped_count,
        "kept": report.curated.kept_count,
    }
    stages |= {
        f"exported {number}: {done.format}": done.row_count for number, done in enumerate(report.exported, 1)
    }
    return [{"stage": stage, "count": count} for stage, count in stages.items()]
