"""Scores from other files find their rollouts in real data, and nothing that nobody measured becomes a number."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.ingest import ingest
from tests.schemas.rollouts.real_files import archive_members
from warehouse import Warehouse
from warehouse.queries import named_query

pytestmark = pytest.mark.slow

Outcomes = Counter[float | None]
Ingested = Callable[..., Warehouse]

SWE_AGENT = "swe_agent/claude3.5sonnet_swebench_verified_sample.tar.zst"
AGENTLENS = "agentlens/agentlens-bench.dev16.tar.zst"
MINI_TWO_RUNS = "mini_swe_agent/deepseek_dev_runs.tar.zst"
MINI_THIRD_RUN = "mini_swe_agent/deepseek_lite_dev_run.tar.zst"
AGENT_SAFETY = "openhands/openagentsafety_gpt4o_half.tar.zst"
SAFETY_RUN = "gpt-4o-2024-08-06_maxiter_100_N_initial"
HARNESS_RUN = "logs/run_evaluation/deepseek_bench_eval/"
"""The harness's name for its run over `output/deepseek_chat_dev`: no name in it says so."""


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Ingested:
    """Ingest archives of the real data into a new warehouse, one after the other."""

    def ingest_archives(*archives: str) -> Warehouse:
        root = tmp_path_factory.mktemp("joins") / "warehouse"
        for archive in archives:
            ingest(warehouse=root, paths=[str(real_data / archive)])
        return Warehouse(root)

    return ingest_archives


@pytest.fixture(scope="module")
def swe_bench(ingested: Ingested) -> Warehouse:
    """Rollouts of two projects over the same suite."""
    return ingested(SWE_AGENT, AGENTLENS)


@pytest.fixture(scope="module")
def mini(ingested: Ingested) -> Warehouse:
    """Three runs of one agent, and reports on all of them."""
    return ingested(MINI_TWO_RUNS, MINI_THIRD_RUN)


@pytest.fixture(scope="module")
def agent_safety(ingested: Ingested) -> Warehouse:
    return ingested(AGENT_SAFETY)


@pytest.fixture(scope="module")
def harness_reports(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Path:
    """The reports of one run of the harness, without the rollouts that lie in the same archive."""
    folder = tmp_path_factory.mktemp("harness")
    for name, content in archive_members(real_data / MINI_THIRD_RUN).items():
        if name.startswith(HARNESS_RUN) and name.endswith("report.json"):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_bytes(content)
    return folder / HARNESS_RUN


def outcomes(house: Warehouse, place: str = "%") -> Outcomes:
    """Count rollouts by final reward, of those whose path is like `place`."""
    rows = house.sql(
        """
        SELECT outcome_reward FROM judged_trajectories JOIN records USING (record_id)
        WHERE relation = 'attempt' AND source_uri LIKE $place
        """,
        {"place": place},
    ).rows()
    return Counter(reward for (reward,) in rows)


def states(house: Warehouse, run: str | None = None) -> dict[str, int]:
    """Count outcomes that other files tell by whether they found their rollout."""
    rows = house.sql(
        """
        SELECT state, count(*) FROM verdict_attachments JOIN verdicts USING (verdict_id)
        WHERE is_outcome AND ($run IS NULL OR run = $run) GROUP BY state
        """,
        {"run": run},
    ).rows()
    return dict(rows)


def missing_rewards(house: Warehouse) -> dict[str, int]:
    rows = house.sql(named_query("ingest_summary")).to_arrow().to_pylist()
    return {row["format"]: row["missing_reward_count"] for row in rows}


def judged(house: Warehouse, tmp_path: Path, reports: Path, *, judges: str) -> Warehouse:
    """Ingest reports into a copy of a warehouse, saying whom they judge."""
    root = tmp_path / "warehouse"
    shutil.copytree(house.root, root)
    ingest(warehouse=root, paths=[str(reports)], judges=judges)
    return Warehouse(root)


def contradictions(house: Warehouse) -> int:
    (row,) = house.sql("SELECT count(*) FROM attached_outcomes WHERE is_contradictory").rows()
    return int(row[0])


def test_results_of_a_published_run_reach_its_rollouts(swe_bench: Warehouse) -> None:
    # `results.json` lists who was resolved, and who was never judged: of 2 rollouts there was no patch, of one no log.
    # The 39 in no list were judged and failed, which only the file as a whole says; so the rollout's decoder reads it.
    assert outcomes(swe_bench, "%.traj") == {1.0: 22, 0.0: 39, None: 3}
    told = swe_bench.sql(
        """
        SELECT v.explanation, v.value, count(*) FROM verdict_attachments AS a JOIN verdicts AS v USING (verdict_id)
        WHERE a.state = 'attached' AND v.name = 'resolved' GROUP BY ALL ORDER BY ALL
        """
    ).rows()
    assert told == [("no_generation", None, 2), ("no_logs", None, 1), ("resolved", 1.0, 22)]
    assert states(swe_bench, "20240620_sweagent_claude3.5sonnet") == {"attached": 25, "waiting": 182 - 25}


def test_a_task_of_two_projects_is_one_task(swe_bench: Warehouse) -> None:
    tasks = swe_bench.sql(
        """
        SELECT task_key, count(DISTINCT task_id), count(DISTINCT source_format) FROM trajectories
        JOIN tasks USING (task_id) GROUP BY task_key
        """
    ).rows()
    assert len(tasks) == 64 + 16 - 3
    assert {ids for _, ids, _ in tasks} == {1}
    assert {key for key, _, formats in tasks if formats == 2} == {
        "psf__requests-1142",
        "psf__requests-5414",
        "pydata__xarray-4075",
    }


def test_every_label_of_the_published_table_finds_its_rollout(swe_bench: Warehouse) -> None:
    rows = swe_bench.sql(
        """
        SELECT t.trajectory_id, t.outcome_reward, v.value, j.outcome_source
        FROM verdict_attachments AS a
        JOIN verdicts AS v USING (verdict_id)
        JOIN trajectories AS t ON t.trajectory_id = a.trajectory_id
        JOIN judged_trajectories AS j ON j.trajectory_id = a.trajectory_id
        WHERE v.is_outcome AND v.name = 'passed' AND a.state = 'attached'
        """
    ).rows()
    assert len({trajectory for trajectory, *_ in rows}) == len(rows) == 622
    assert all(own == told and source == "rollout" for _, own, told, source in rows)
    scores = swe_bench.sql(
        "SELECT count(*), count(DISTINCT trajectory_id) FROM all_scores WHERE told_by = 'verdict' AND source = 'judge'"
    ).rows()
    assert scores == [(622 * 31, 622)]


def test_missing_outcomes_are_counted_and_never_0(swe_bench: Warehouse, agent_safety: Warehouse) -> None:
    assert missing_rewards(swe_bench) == {
        "agentlens": 0,
        "licence_document": 0,
        "swe_agent": 3,
        "swe_bench_reports": 0,
        "unknown": 0,
    }
    assert missing_rewards(agent_safety)["openhands_sdk"] == outcomes(agent_safety)[None]


def test_summaries_name_the_run_that_they_judge(mini: Warehouse) -> None:
    for run in ("deepseek_chat_dev", "deepseek_chat_dev_rerun"):
        assert states(mini, run) == {"attached": 23}
        assert outcomes(mini, f"%/output/{run}/%") == {1.0: 8, 0.0: 15}


def test_reports_per_instance_reach_the_third_run(mini: Warehouse) -> None:
    assert states(mini, "deepseek_lite_dev") == {"attached": 23}
    assert outcomes(mini, "%/output/deepseek_lite_dev/%") == {1.0: 6, 0.0: 17}
    assert missing_rewards(mini)["mini_swe_agent"] == 0


def test_reports_under_a_name_of_their_own_wait(mini: Warehouse) -> None:
    assert states(mini, "deepseek_bench_eval") == {"waiting": 23}
    assert contradictions(mini) == 0


def test_reports_agree_once_the_user_says_whom_they_judge(
    mini: Warehouse, harness_reports: Path, tmp_path: Path
) -> None:
    house = judged(mini, tmp_path, harness_reports, judges="output/deepseek_chat_dev")
    assert states(house, "deepseek_bench_eval") == {"attached": 23}
    assert contradictions(house) == 0
    assert outcomes(house, "%/output/deepseek_chat_dev/%") == {1.0: 8, 0.0: 15}


def test_reports_that_judge_another_run_contradict_its_own(
    mini: Warehouse, harness_reports: Path, tmp_path: Path
) -> None:
    house = judged(mini, tmp_path, harness_reports, judges="*/output/deepseek_chat_dev_rerun/*")
    assert states(house, "deepseek_bench_eval") == {"attached": 23}
    rerun = outcomes(house, "%/output/deepseek_chat_dev_rerun/%")
    assert rerun[None] == contradictions(house) > 0
    assert outcomes(house, "%/output/deepseek_chat_dev/%") == {1.0: 8, 0.0: 15}


def test_evaluations_beside_rollouts_judge_them(agent_safety: Warehouse) -> None:
    # 2 evaluations have two rollouts of their task to choose from: `traj_*.json` and a row of `output.jsonl`.
    assert states(agent_safety, SAFETY_RUN) == {"attached": 18, "ambiguous": 2, "waiting": 1}
    assert outcomes(agent_safety) == {1.0: 4, 0.0: 9, None: 9}


def test_evaluations_of_rollouts_that_cannot_be_read_judge_nobody(agent_safety: Warehouse) -> None:
    found = agent_safety.sql(
        "SELECT count(*) FROM verdict_attachments JOIN verdicts USING (verdict_id) "
        "WHERE run LIKE 'outputs/traj_%' AND state <> 'waiting'"
    )
    assert found.rows() == [(0,)]


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> tuple[Path, list[str]]:
    """Rollouts of two runs over the same three instances without their reports, and the instances."""
    folder = tmp_path_factory.mktemp("runs")
    rollouts = {
        name: content
        for name, content in archive_members(real_data / MINI_TWO_RUNS).items()
        if name.endswith(".traj.json")
    }
    instances = sorted({Path(name).parent.name for name in rollouts})[:3]
    for name, content in rollouts.items():
        if Path(name).parent.name in instances:
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_bytes(content)
    return folder, instances


@pytest.mark.parametrize("labels_first", [True, False])
def test_labels_of_ones_own_reach_rollouts_in_any_order(
    two_runs: tuple[Path, list[str]], tmp_path: Path, *, labels_first: bool
) -> None:
    folder, (first, second, third) = two_runs
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "task_id,run,passed,style_score,comment\n"
        f"{first},deepseek_chat_dev,yes,0.5,clean\n"
        f"{second},deepseek_chat_dev,no,,\n"
        f"{third},deepseek_chat_dev,,0.25,never run\n"
        f"{first},,yes,1,of which run?\n"
        "astropy__astropy-1,deepseek_chat_dev,yes,1,of no rollout here\n",
        encoding="utf-8",
    )
    root = tmp_path / "warehouse"
    for path in (labels, folder) if labels_first else (folder, labels):
        ingest(warehouse=root, paths=[str(path)])

    house = Warehouse(root)
    assert states(house) == {"attached": 3, "ambiguous": 1, "waiting": 1}
    judged = house.sql(
        """
        SELECT task_key, outcome_reward, outcome_source, s.value FROM trajectory_overview
        LEFT JOIN (FROM all_scores WHERE name = 'style_score' AND value IS NOT NULL) AS s USING (trajectory_id)
        JOIN records USING (record_id) WHERE source_uri LIKE '%/deepseek_chat_dev/%' ORDER BY task_key
        """
    ).rows()
    assert judged == [(first, 1.0, "verdict", 0.5), (second, 0.0, "verdict", None), (third, None, None, 0.25)]
    assert outcomes(house) == {1.0: 1, 0.0: 1, None: 4}
    assert missing_rewards(house) == {"labels_csv": 0, "mini_swe_agent": 4}
