"""Scan: what is stored is scanned once, and again only where it changed."""

import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from flows.curate import curate
from flows.ingest import ingest
from flows.scan import ScanCounts, privacy_report, scan
from flows.score import score
from tests.flows.leaky import KINDS, leak, planted, write_rollouts
from warehouse import Warehouse
from warehouse.secrecy import KEY_NAME, privacy_key

pytestmark = pytest.mark.slow

VALUES = 8
"""Places of a leaky rollout that are in its messages; its tools and its task's name are not."""
SPANS = VALUES + 3
"""Parts are there as JSON and as text, arguments and reasoning in two messages."""


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ingested")
    ingest(warehouse=folder / "w", paths=[str(write_rollouts(folder / "leaky.jsonl", range(3)))])
    return folder / "w"


@pytest.fixture
def root(ingested: Path, tmp_path: Path) -> Path:
    """A warehouse with three leaky rollouts."""
    return Path(shutil.copytree(ingested, tmp_path / "w"))


def spans(root: Path) -> pl.DataFrame:
    return Warehouse(root).store.read("privacy_spans")


def stored_messages(root: Path) -> int:
    ((count,),) = Warehouse(root).sql("SELECT count(*) FROM messages").rows()
    return int(count)


def test_finds_what_messages_hold_and_never_stores_it(root: Path) -> None:
    counts = scan(warehouse=root)
    assert counts.kinds == dict.fromkeys(KINDS, 3 * SPANS)
    assert counts.span_count == 3 * 3 * SPANS
    assert counts.scanned_message_count == stored_messages(root) == 3 * 9
    assert counts.scanned_bytes_count > 3 * len(leak("question"))
    held = repr([Warehouse(root).store.read(name).to_dicts() for name in ("privacy_spans", "runs")])
    assert not any(secret in held for secret in planted("question").values())
    assert privacy_key(Warehouse(root)).hex() not in held


def test_report_counts_spans_values_trajectories_and_sources_by_kind(root: Path) -> None:
    scan(warehouse=root)
    rows = {row["kind"]: row for row in privacy_report(root).to_pylist()}
    assert rows["email"] == {
        "kind": "email",
        "family": "personal",
        "confidence": "high",
        "span_count": 3 * SPANS,
        "value_count": 3 * VALUES,
        "trajectory_count": 3,
        "source_count": 1,
    }
    assert set(rows) == set(KINDS)


def test_only_buckets_that_changed_are_scanned_again(root: Path, tmp_path: Path) -> None:
    first = scan(warehouse=root)
    assert scan(warehouse=root) == unchanged(first)
    more = write_rollouts(tmp_path / "more.jsonl", range(3, 4))
    ingest(warehouse=root, paths=[str(more)])
    second = scan(warehouse=root)
    assert second.span_count == first.span_count + 3 * SPANS
    assert 9 <= second.scanned_message_count < stored_messages(root)


def test_repairs_are_scanned_too(root: Path, tmp_path: Path) -> None:
    first = scan(warehouse=root)
    score(warehouse=root)
    (tmp_path / "repairing.yaml").write_text("{name: repairing, repair: [rollback]}")
    assert curate(warehouse=root, recipe=tmp_path / "repairing.yaml").repaired_count == 3
    # A repair holds one call less, with its reasoning and arguments.
    assert scan(warehouse=root).span_count == first.span_count + 3 * len(KINDS) * (SPANS - 2)


def test_another_key_scans_everything_again_so_that_digests_stay_comparable(root: Path) -> None:
    first = scan(warehouse=root)
    before = spans(root)
    (root / KEY_NAME).unlink()
    assert scan(warehouse=root) == first
    after = spans(root)
    assert not set(before["text_digest"]) & set(after["text_digest"])
    assert before.drop("text_digest").equals(after.drop("text_digest"))


def test_command_shows_figures_and_report_and_no_secret(root: Path) -> None:
    winnow = str(Path(sys.executable).parent / "winnow")
    answer = subprocess.run(
        [winnow, "scan", "--warehouse", str(root)], capture_output=True, text=True, check=True
    )
    assert "scanned_message_count  27" in answer.stdout
    assert "github_token" in answer.stdout
    assert not any(secret in answer.stdout + answer.stderr for secret in planted("question").values())


def test_scan_that_was_killed_before_it_said_so_is_repeated(root: Path) -> None:
    first = scan(warehouse=root)
    Warehouse(root).store.delete("bucket_states", "stage = 'privacy'")
    assert scan(warehouse=root) == first


def unchanged(counts: ScanCounts) -> ScanCounts:
    return ScanCounts(
        scanned_message_count=0,
        scanned_bytes_count=0,
        span_count=counts.span_count,
        kinds=counts.kinds,
    )
