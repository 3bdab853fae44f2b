"""The recipes that ship, over real rollouts: what `docs/recipes.md` says they do is what they do."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from flows.curate import curate
from flows.funnel import CurationCounts
from flows.ingest import ingest
from flows.recipes import SHIPPED, load_recipe
from flows.score import score
from warehouse import Warehouse

pytestmark = pytest.mark.slow

SOURCES = {
    "tau-bench airline": ("tau_bench", "tau_bench/gpt-4o-airline.json.zst"),
    "tau2": ("tau2", "tau2"),
    "mini-swe-agent": ("mini_swe_agent", "mini_swe_agent"),
    "AgentLens": ("agentlens", "agentlens"),
}
"""By the name in the documentation: folder of a warehouse, and what is ingested."""

FUNNELS = [
    ("topocurate_sft", "tau-bench airline"),
    ("topocurate_rl", "tau-bench airline"),
    ("signals_triage", "tau-bench airline"),
    ("behavior_priming", "tau-bench airline"),
    ("strategy_then_shortest", "tau-bench airline"),
    ("near_duplicates", "tau-bench airline"),
    ("difficulty_band", "tau-bench airline"),
    ("best_of", "tau-bench airline"),
    ("agent_r", "tau-bench airline"),
    ("step_masking", "tau-bench airline"),
    ("r3l_pivot", "tau-bench airline"),
    ("critic", "tau2"),
    ("limi_budget", "tau2"),
    ("signals_triage", "tau2"),
    ("near_duplicates", "tau2"),
    ("step_labels", "tau2"),
    ("best_of", "mini-swe-agent"),
    ("cleaner", "mini-swe-agent"),
    ("difficulty_band", "mini-swe-agent"),
    ("step_masking", "mini-swe-agent"),
    ("agentlens_tiers", "AgentLens"),
    ("contrast_sets", "AgentLens"),
    ("step_preferences", "AgentLens"),
    ("strategy_then_shortest", "AgentLens"),
]

House = Callable[[str], Path]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> House:
    """Ingest a source once, and score what the recipes need of it."""

    @cache
    def make(source: str) -> Path:
        folder, path = SOURCES[source]
        root = tmp_path_factory.mktemp(folder) / "warehouse"
        ingest(warehouse=root, paths=[str(real_data / path)])
        recipes = [load_recipe(Path(name)) for name, of in FUNNELS if of == source]
        score(
            warehouse=root,
            signals=sorted({signal for recipe in recipes for signal in recipe.stored_signals or ()}),
        )
        return root

    return make


def funnel_row(recipe: str, source: str, counts: CurationCounts) -> str:
    """Write a funnel as the documentation's table does."""
    drops = [
        f"{name.split(':')[-1].strip()} {count}"
        for name, count in counts.reasons.items()
        if not name.startswith("end: passed")
    ]
    cells = (
        f"`{recipe}`",
        source,
        str(counts.read_count),
        ", ".join(drops) or "none",
        str(counts.kept_count),
    )
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize(("recipe", "source"), FUNNELS)
def test_documented_funnel_is_the_recipes_own(
    recipe: str, source: str, scored: House, repository: Path
) -> None:
    counts = curate(warehouse=scored(source), recipe=Path(recipe), dry_run=True)
    assert counts.read_count + counts.added_count == counts.kept_count + counts.dropped_count
    assert counts.kept_count > 0
    page = (repository / "docs" / "recipes.md").read_text(encoding="utf-8")
    row = funnel_row(recipe, source, counts)
    assert row in page, f"docs/recipes.md should say: {row}"


def test_every_shipped_recipe_is_tried_on_real_rollouts() -> None:
    elsewhere = {"demo", "airline"}  # over the simulation, and in `test_airline.py`
    assert {path.stem for path in SHIPPED.glob("*.yaml")} == {recipe for recipe, _ in FUNNELS} | elsewhere


def test_tasks_for_reinforcement_are_ones_that_teach(scored: House) -> None:
    root = scored("tau-bench airline")
    dataset = curate(warehouse=root, recipe=Path("topocurate_rl")).dataset_id
    kept = Warehouse(root).sql(
        "SELECT min(pass_rate) > 0, max(pass_rate) < 1, count_if(detail LIKE '%expected to teach nothing%') "
        "FROM decisions JOIN trajectory_overview USING (trajectory_id) WHERE verdict = 'kept' AND dataset_id = ?",
        [dataset],
    )
    assert kept.rows() == [(True, True, 40)]


def test_the_documented_estimate_counts_rewards_of_other_files(scored: House, repository: Path) -> None:
    root = scored("mini-swe-agent")
    score(warehouse=root, signals=load_recipe(Path("signals_triage")).stored_signals)
    curate(warehouse=root, recipe=Path("signals_triage"))
    page = (repository / "docs" / "selection.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    ((estimate,),) = Warehouse(root).sql(query).rows()
    ((truth,),) = Warehouse(root).sql("SELECT count_if(outcome_reward < 1) FROM trajectory_overview").rows()
    assert abs(estimate - float(truth)) < 10


def test_triage_estimates_the_rate_of_failure_that_its_sample_hides(scored: House) -> None:
    root = scored("tau-bench airline")
    dataset = curate(warehouse=root, recipe=Path("signals_triage")).dataset_id
    judged = (
        Warehouse(root)
        .sql(
            """
            SELECT verdict, inclusion_probability, (outcome_reward < 1)::DOUBLE AS is_failure
            FROM decisions JOIN trajectories USING (trajectory_id) WHERE dataset_id = ?
            """,
            [dataset],
        )
        .to_polars()
    )
    kept = judged.filter(pl.col("verdict") == "kept")
    weight = 1 / pl.col("inclusion_probability")
    truth = judged["is_failure"].sum()
    estimate = kept.select((pl.col("is_failure") * weight).sum()).item()
    assert judged["inclusion_probability"].sum() == pytest.approx(kept.height)
    assert truth == 116
    assert abs(estimate - truth) < 40  # one draw of twenty: the test of `Triage` shows that the mean is right
