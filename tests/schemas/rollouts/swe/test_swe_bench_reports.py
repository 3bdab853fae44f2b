import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Rejection, decode_record
from schemas.rollouts.swe.swe_bench_reports import SWE_BENCH_REPORTS
from schemas.verdict import Verdict
from tests.schemas.rollouts.real_files import archive_members, file_samples, json_sample
from tests.schemas.rollouts.samples.swe_bench_reports import OLD_RESULTS, WITHOUT_PATCH

TEST_NAME = "tests/test_secret.py::test_it"
TESTS = {"FAIL_TO_PASS": {"success": [TEST_NAME], "failure": ["b"]}, "PASS_TO_PASS": {"success": [], "failure": []}}  # fmt: skip
REPORT = {"patch_is_None": False, "patch_exists": True, "resolved": False, "tests_status": TESTS}


def read(name: str, value: Any) -> list[Verdict]:
    sample = json_sample(name, value)
    decoded = decode_record(sample.record, sample.source)
    assert not isinstance(decoded, Rejection), decoded
    assert decoded.format_name == "swe_bench_reports"
    return list(decoded.verdicts)


def read_archive(path: Path) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for name, content in archive_members(path).items():
        if name.endswith(".json") and not name.endswith(".traj.json"):
            for sample in file_samples(name, content):
                decoded = decode_record(sample.record, sample.source)
                assert not isinstance(decoded, Rejection), decoded
                verdicts.extend(decoded.verdicts)
    return verdicts


def outcomes(verdicts: list[Verdict]) -> Counter[tuple[str | None, float | None]]:
    return Counter((verdict.run, verdict.score.value) for verdict in verdicts if verdict.is_outcome)


@pytest.mark.parametrize(
    ("archive", "census"),
    [
        (
            "swe_agent/claude3.5sonnet_swebench_verified_sample",
            {
                ("20240620_sweagent_claude3.5sonnet", 1.0): 168,
                ("20240620_sweagent_claude3.5sonnet", None): 14,
            },
        ),
        ("swe_agent/swesmith_trajs", {(None, 1.0): 3 + 3, (None, 0.0): 1 + 50}),
        (
            "mini_swe_agent/deepseek_dev_runs",
            {
                ("deepseek_chat_dev", 1.0): 8,
                ("deepseek_chat_dev", 0.0): 15,
                ("deepseek_chat_dev_rerun", 1.0): 8,
                ("deepseek_chat_dev_rerun", 0.0): 15,
            },
        ),
        (
            "mini_swe_agent/deepseek_lite_dev_run",
            {
                ("deepseek_bench_eval", 1.0): 8,
                ("deepseek_bench_eval", 0.0): 15,
                ("deepseek_lite_dev", 1.0): 6,
                ("deepseek_lite_dev", 0.0): 17,
            },
        ),
    ],
)
def test_census_of_the_real_reports(
    archive: str, census: dict[tuple[str | None, float | None], int], real_data: Path
) -> None:
    verdicts = read_archive(real_data / f"{archive}.tar.zst")
    assert outcomes(verdicts) == census
    assert {verdict.benchmark for verdict in verdicts} <= {"swe_bench", "swe_smith"}
    if archive.startswith("mini"):
        assert {verdict.model for verdict in verdicts} == {"deepseek/deepseek-chat"}


def test_who_was_never_judged_has_no_value_and_the_lists_as_reason() -> None:
    verdicts = read("evaluation/lite/20240402_rag/results/results.json", OLD_RESULTS)
    assert {verdict.task_key: (verdict.score.value, verdict.score.explanation) for verdict in verdicts} == {
        "a__b-1": (None, "no_generation"),
        "a__b-2": (0.0, "applied, generated, with_logs"),
        "a__b-3": (None, "generated, install_fail, with_logs"),
        "a__b-4": (None, "generated, no_logs"),
    }
    assert {verdict.run for verdict in verdicts} == {"20240402_rag"}


def test_a_summary_names_model_and_run_and_keeps_its_counts() -> None:
    summary = {
        "total_instances": 6, "submitted_ids": ["a", "b", "c", "d", "e"], "completed_ids": ["a", "b"],
        "resolved_ids": ["a"], "unresolved_ids": ["b"], "error_ids": ["c"], "empty_patch_ids": ["d"], "incomplete_ids": ["f"],
    }  # fmt: skip
    verdicts = read("openai__gpt-4.1.nightly.json", summary)
    assert {verdict.task_key: verdict.score.value for verdict in verdicts} == {
        "a": 1.0,
        "b": 0.0,
        "c": None,
        "d": 0.0,
        "e": None,
        "f": None,
    }
    assert {(verdict.model, verdict.run, verdict.benchmark) for verdict in verdicts} == {
        ("openai/gpt-4.1", "nightly", None)
    }
    assert {verdict.extra for verdict in verdicts} == {'{"total_instances":6}'}


@pytest.mark.parametrize(
    ("name", "run", "model"),
    [
        ("logs/run_evaluation/nightly/openai__gpt-4/a__b-1/report.json", "nightly", "openai/gpt-4"),
        ("logs/run_evaluation/nightly/cfg__gpt__t-0.00__p-1/a__b-1/report.json", "cfg__gpt__t-0.00__p-1", None),
        ("logs/run_evaluation/nightly/a__b-1/report.json", "nightly", None),
        ("verified/20250101_agent/logs/a__b-1/report.json", "20250101_agent", None),
    ],
)  # fmt: skip
def test_an_instances_report_lies_where_its_run_is_named(name: str, run: str, model: str | None) -> None:
    for report in (REPORT, {"a__b-1": REPORT}):
        outcome, fraction = read(name, report)
        assert (outcome.task_key, outcome.run, outcome.model) == ("a__b-1", run, model)
        assert (outcome.score.value, outcome.is_outcome) == (0.0, True)
        assert (fraction.score.name, fraction.score.value) == ("fail_to_pass_frac", 0.5)
        assert not fraction.is_outcome


def test_names_of_tests_are_told_apart_but_not_told() -> None:
    first, _ = read("logs/a/report.json", {"a__b-1": REPORT})
    other = REPORT | {"tests_status": TESTS | {"FAIL_TO_PASS": {"success": ["other"], "failure": ["b"]}}}
    second, _ = read("logs/a/report.json", {"a__b-1": other})
    status = json.loads(first.extra or "")["tests_status"]
    assert status["counts"]["FAIL_TO_PASS"] == {"success": 1, "failure": 1}
    assert first.extra != second.extra
    assert TEST_NAME not in (first.extra or "")


def test_a_rollout_without_a_patch_was_never_judged() -> None:
    (verdict,) = read("report.json", WITHOUT_PATCH)
    assert (verdict.score.value, verdict.score.explanation) == (None, "patch_is_None")


@pytest.mark.parametrize(
    "value",
    [
        {"a__b-1": {"instance_id": "a__b-1", "model_name_or_path": "m", "model_patch": "diff"}},
        {"instance_id": "a__b-1", "model_name_or_path": "m", "model_patch": None},
        {"2012": {"resolved": 0, "total": 0}},
    ],
)
def test_predictions_and_counts_hold_no_verdict(value: Any) -> None:
    assert read("preds.json", value) == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [(REPORT, "missing_field"), ({"resolved_ids": [1]}, "unexpected_shape")],
)
def test_a_report_that_breaks_its_promise_is_rejected(value: Any, reason: str) -> None:
    sample = json_sample("report.json", value)
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "swe_bench_reports")


@pytest.mark.parametrize("value", [{}, [], {"resolved": 3}, {"a__b-1": {"patch": "diff"}}])
def test_other_json_is_no_report(value: Any) -> None:
    assert not SWE_BENCH_REPORTS.recognises(value)
