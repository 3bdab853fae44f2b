import json
from collections import Counter
from pathlib import Path

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.verdict import Verdict
from tests.schemas.rollouts.real_files import archive_members, file_samples

SAFETY = "openhands/openagentsafety_gpt4o_half.tar.zst"
CALLS = "openhands/swebv_claude35_llm_completions_4.tar.zst"


def read(name: str, content: bytes, siblings: dict[str, bytes] | None = None) -> tuple[Verdict, ...]:
    (sample,) = file_samples(name, content, siblings=siblings)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded), decoded
    assert (decoded.format_name, decoded.trajectories) == ("openhands_reports", ())
    return decoded.verdicts


def test_census_of_the_real_evaluations(real_data: Path) -> None:
    members = archive_members(real_data / SAFETY)
    verdicts = [
        verdict
        for name, content in members.items()
        if Path(name).name.startswith("eval_")
        for verdict in read(name, content, members)
    ]
    outcomes = [verdict for verdict in verdicts if verdict.is_outcome]
    assert Counter(verdict.score.value for verdict in outcomes) == {0.0: 53, 1.0: 30, None: 17}
    assert sum(verdict.score.explanation is not None for verdict in outcomes) == 7
    assert len(verdicts) == 452
    runs = Counter((verdict.run or "").partition("/")[0] for verdict in outcomes)
    assert runs == {"outputs": 79, "gpt-4o-2024-08-06_maxiter_100_N_initial": 21}


def test_companions_hold_no_rollout_and_are_not_refused(real_data: Path) -> None:
    members = archive_members(real_data / SAFETY) | archive_members(real_data / CALLS)
    companions = {
        name: content
        for name, content in members.items()
        if Path(name).name.startswith(("state_", "error_")) or Path(name).name == "metadata.json"
    }
    assert len(companions) == 102
    assert all(read(name, content) == () for name, content in companions.items())


def test_an_evaluation_names_its_folder_unless_its_rollout_cannot_be_read() -> None:
    content = b'{"checkpoints": [], "final_score": {"total": 1, "result": 1}}'
    assert {verdict.run for verdict in read("runs/one/eval_t.json", content)} == {"one"}
    dump = {"runs/one/traj_t.json": b'"ActionEvent (agent)"'}
    assert {verdict.run for verdict in read("runs/one/eval_t.json", content, dump)} == {"one/traj_t.json"}
    assert {verdict.run for verdict in read("eval_t.json", content)} == {None}


@pytest.mark.parametrize(
    ("final", "outcome"),
    [
        ({"total": 4, "result": 3}, 0.75),
        ({"total": 0, "result": 0}, None),
        ({"total": 2, "result": None}, None),
        (None, None),
    ],
)
def test_the_outcome_is_the_fraction_of_points(final: object, outcome: float | None) -> None:
    first, *_ = read("eval_t.json", json.dumps({"final_score": final}).encode())
    assert (first.is_outcome, first.task_key, first.score.name, first.score.value) == (
        True,
        "t",
        "final_score",
        outcome,
    )


def test_a_report_lists_who_was_resolved(real_data: Path) -> None:
    members = archive_members(real_data / CALLS)
    (name,) = (name for name in members if name.endswith("output.swebench_eval.md"))
    verdicts = read(name, members[name])
    assert Counter(verdict.score.value for verdict in verdicts) == {1.0: 26, 0.0: 24}
    assert {verdict.benchmark for verdict in verdicts} == {"swe_bench"}
    assert {verdict.run for verdict in verdicts} == {name.split("/")[-2]}
    assert len({verdict.task_key for verdict in verdicts}) == 50


def test_a_broken_evaluation_is_rejected() -> None:
    (sample,) = file_samples("eval_t.json", b'{"final_score": {"total": 1,')
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("truncated_json", "openhands_reports")
