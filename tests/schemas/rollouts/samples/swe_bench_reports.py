import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

OLD_RESULTS = {
    "no_generation": ["a__b-1"], "generated": ["a__b-2", "a__b-3", "a__b-4"], "with_logs": ["a__b-2", "a__b-3"],
    "install_fail": ["a__b-3"], "no_logs": ["a__b-4"], "applied": ["a__b-2"], "resolved": [],
}  # fmt: skip
WITHOUT_PATCH = {"a__b-1": {"patch_is_None": True, "patch_exists": False, "resolved": False}}
MEMBERS = {
    "swe_agent/swesmith_trajs.tar.zst": (
        "tests/test_logs/run_evaluation/report.json",
        "tests/test_logs/run_evaluation/pandas-dev__pandas.95280573.pr_53652/report.json",
    ),
    "swe_agent/claude3.5sonnet_swebench_verified_sample.tar.zst": (
        "benchmarks/swe_bench/resources/tests/20240620_sweagent_claude3.5sonnet/results/results.json",
    ),
    "mini_swe_agent/deepseek_dev_runs.tar.zst": ("deepseek__deepseek-chat.deepseek_chat_dev.json",),
    "mini_swe_agent/deepseek_lite_dev_run.tar.zst": (
        "logs/run_evaluation/deepseek_lite_dev/deepseek__deepseek-chat/pvlib__pvlib-python-1072/report.json",
    ),
}


def shortened(value: Any) -> Any:
    """Keep two elements of each list."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    return value[:2] if isinstance(value, list) else value


def samples(data: Path) -> Iterator[Sample]:
    """One real report of each kind, and lists that the real ones lack."""
    for archive, names in MEMBERS.items():
        members = archive_members(data / archive)
        for name in names:
            yield from file_samples(name, json.dumps(shortened(json.loads(members[name]))).encode())
    yield json_sample("evaluation/lite/20240402_rag/results/results.json", OLD_RESULTS)
    yield json_sample("logs/run_evaluation/run/m__t-0.00__p-0.95/a__b-1/report.json", WITHOUT_PATCH)
