"""Convert: any rollouts become documents of another format, which ingest reads as the same rollouts."""

import json
from pathlib import Path

import pytest

from flows.convert import ConvertReport, convert
from flows.sources import Reading, find_files, open_source
from schemas.errors import SourceNotFoundError, UnknownNameError
from schemas.interchange import ROLLOUT_WRITERS, whole_trajectories
from schemas.rollouts import Rejection, bundling_format, claiming_format, decode_record
from schemas.trajectory import Trajectory
from tests.schemas.interchange.atif_rules import check_document
from tests.schemas.interchange.normal_form import without
from tests.schemas.rollouts.real_files import archive_members

every_writer = pytest.mark.parametrize("target", ROLLOUT_WRITERS)


def read_all(path: Path) -> list[Trajectory]:
    """Read a file as ingest does, whole conversations."""
    found: list[Trajectory] = []
    for file in find_files([str(path)], bundle_of=bundling_format):
        with open_source(file, Reading(claims=claiming_format, bundle_of=bundling_format)) as opened:
            for cut in opened.cuts:
                decoded = decode_record(cut.record, cut.source)
                assert not isinstance(decoded, Rejection), decoded
                found += whole_trajectories(decoded.trajectories)
    return found


def check_same(source: Path, report: ConvertReport) -> None:
    """Assert that what was written reads as what was converted, but for the losses."""
    wanted = read_all(source)
    found = [trajectory for path in report.written for trajectory in read_all(path)]
    assert report.trajectory_count == len(wanted)
    assert [without(one, report.losses) for one in found] == [without(one, report.losses) for one in wanted]
    assert report.record_count == report.kept_count + len(report.refused)


@pytest.fixture(scope="module")
def swe_agent_file(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real SWE-agent trajectory."""
    members = archive_members(real_data / "swe_agent/swesmith_trajs.tar.zst")
    name = min((name for name in members if name.endswith(".traj")), key=lambda name: len(members[name]))
    path = tmp_path_factory.mktemp("swe_agent") / Path(name).name
    path.write_bytes(members[name])
    return path


@every_writer
def test_real_airline_rollouts_come_back(target: str, airline_file: Path, tmp_path: Path) -> None:
    report = convert([str(airline_file)], target, tmp_path)
    assert (report.file_count, report.kept_count, report.refused) == (1, 200, [])
    assert report.written == [tmp_path / f"gpt-4o-airline.{target}.jsonl"]
    assert dict(report.losses) == {"task_secrets": 200}
    check_same(airline_file, report)


@every_writer
def test_a_real_swe_agent_trajectory_comes_back(target: str, swe_agent_file: Path, tmp_path: Path) -> None:
    check_same(swe_agent_file, convert([str(swe_agent_file)], target, tmp_path))


def test_each_trajectory_may_have_a_file_of_its_own(airline_file: Path, tmp_path: Path) -> None:
    report = convert([str(airline_file)], "atif", tmp_path, has_own_files=True)
    documents = sorted(report.written[0].iterdir())
    assert [path.name for path in documents[:2]] == ["000000.json", "000001.json"]
    assert len(documents) == 200
    for path in documents:
        check_document(path.read_bytes())
    check_same(airline_file, report)


def test_no_private_field_of_a_task_is_written(airline_file: Path, tmp_path: Path) -> None:
    secrets = [trajectory.task.secrets for trajectory in read_all(airline_file)]
    for target in ROLLOUT_WRITERS:
        written = convert([str(airline_file)], target, tmp_path).written[0].read_text(encoding="utf-8")
        for secret in secrets:
            assert secret is not None
            for private in (secret.private_instruction, secret.gold_actions):
                assert private is not None
                assert len(private) < 10 or json.dumps(private)[1:-1] not in written


def test_refused_records_are_listed_and_their_neighbours_are_written(tmp_path: Path) -> None:
    chat = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    (tmp_path / "in").mkdir()
    (tmp_path / "in/mixed.jsonl").write_text(
        f'{chat}\n{{oops\n{{"colour": "blue"}}\n{chat}\n', encoding="utf-8"
    )
    (tmp_path / "in/empty.jsonl").write_bytes(b"")

    report = convert([str(tmp_path / "in")], "atif", tmp_path / "out")

    assert [(Path(one.source_uri).name, one.locator, one.reason) for one in report.refused] == [
        ("empty.jsonl", "file", "empty_file"),
        ("mixed.jsonl", "line 2", "invalid_json"),
        ("mixed.jsonl", "line 3", "unknown_format"),
    ]
    assert (report.record_count, report.kept_count, report.trajectory_count) == (5, 2, 2)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mixed.atif.jsonl"]


def test_converting_again_gives_the_same_bytes(airline_file: Path, tmp_path: Path) -> None:
    first = convert([str(airline_file)], "atif", tmp_path).written[0]
    before = first.read_bytes()
    assert convert([str(airline_file)], "atif", tmp_path).written == [first]
    assert first.read_bytes() == before


def test_sources_of_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    chat = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    for name in ("a.json", "a.jsonl", "deep/b.1.json"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(chat, encoding="utf-8")
    out = tmp_path / "out"
    report = convert([str(tmp_path / "in")], "openai_chat", out)
    names = ["a.openai_chat.jsonl", "a-2.openai_chat.jsonl", "deep/b.1.openai_chat.jsonl"]
    assert report.written == [out / name for name in names]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown rollout writer 'aitf'"):
        convert([str(tmp_path)], "aitf", tmp_path)
    with pytest.raises(SourceNotFoundError, match="Nothing to ingest"):
        convert([str(tmp_path / "absent.json")], "atif", tmp_path)


def test_scores_of_other_files_rollouts_are_told_as_not_carried(airline_file: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("task_id,resolved\n0,yes\n1,no\n", encoding="utf-8")
    report = convert([str(labels)], "atif", tmp_path / "out")
    assert report.written == []
    assert report.not_carried() == {"verdicts": 2}
    assert "verdict_count" not in report.figures()
    without_labels = convert([str(airline_file)], "atif", tmp_path / "out")
    assert without_labels.not_carried() == {"task_secrets": 200}
