"""Redaction: what an export writes holds no secret that was asked to be replaced, whatever the format."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flows.curate import curate
from flows.datasets.find import find_dataset
from flows.datasets.folder import write_export
from flows.datasets.manifest import Choices
from flows.export import export
from flows.ingest import ingest
from flows.redaction import Redaction, chosen_detectors
from flows.score import score
from schemas.errors import UnknownNameError
from schemas.training import TRAINING_FORMATS
from tests.flows.finished import decoded_bytes, exported_bytes, exported_rows, file_hashes, losing
from tests.flows.leaky import KINDS, PLACES, planted, write_rollouts
from warehouse import Warehouse

RECIPE = "name: {name}\nrepair: [rollback]\npair: [repair_pairs]\nlabel: [step_labels]\nredact: {redact}\n"


LOSE = {"unsupported": "lose"}
"""One message of a leaky rollout is masked, which not every format can carry."""


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with leaky rollouts, curated by a recipe that redacts (`safe`) and one that does not (`plain`)."""
    folder = tmp_path_factory.mktemp("leaky")
    root = folder / "warehouse"
    ingest(warehouse=root, paths=[str(write_rollouts(folder / "leaky.jsonl", range(3)))])
    score(warehouse=root)
    for name, redact in (("plain", "[]"), ("safe", "[all]")):
        recipe = folder / f"{name}.yaml"
        recipe.write_text(RECIPE.format(name=name, redact=redact))
        assert curate(warehouse=root, recipe=recipe).repaired_count == 3
    return root


def leaking_places(folder: Path, kind: str, *, decoded: bytes = b"") -> set[str]:
    """Name the places whose secret of a kind stands in any byte of an export, or in the text of its tokens."""
    exported = b"\0".join([*exported_bytes(folder).values(), decoded])
    return {place for place in PLACES if spelled(planted(place)[kind], place) in exported}


def spelled(secret: str, place: str) -> bytes:
    """Spell a secret as the leaky rollout does: the card in the arguments is a number."""
    return (secret.replace(" ", "").replace("-", "") if place == "arguments" else secret).encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINING_FORMATS)
def test_no_format_writes_what_the_recipe_redacts(
    leaky: Path, tmp_path: Path, name: str, tiny_tokenizer: Path
) -> None:
    decoded = dict.fromkeys(("plain", "safe"), b"")
    house = Warehouse(leaky)
    choices = Choices(format_name=name, parameters=losing(name, tiny_tokenizer))
    for dataset in decoded:
        write_export(house, find_dataset(house, dataset), choices, tmp_path / dataset)
        if TRAINING_FORMATS[name].is_tokenised:
            decoded[dataset] = decoded_bytes(tmp_path / dataset, tiny_tokenizer)
    for kind in KINDS:
        leaks = leaking_places(tmp_path / "plain", kind, decoded=decoded["plain"])
        assert {"policy", "question"} <= leaks <= set(PLACES)
        assert leaking_places(tmp_path / "safe", kind, decoded=decoded["safe"]) == set()


@pytest.mark.slow
def test_each_place_is_written_by_some_format_when_nothing_is_redacted(leaky: Path, tmp_path: Path) -> None:
    for name in ("trl_sft", "openai_chat", "axolotl", "trl_grpo", "agent_traces"):
        export(warehouse=leaky, dataset="plain", format_name=name, out=tmp_path / name, parameters=LOSE)
    for kind in KINDS:
        assert leaking_places(tmp_path, kind) == set(PLACES)


@pytest.mark.slow
def test_redacted_arguments_and_tools_are_json_of_the_same_shape(leaky: Path, tmp_path: Path) -> None:
    export(warehouse=leaky, dataset="safe", format_name="trl_sft", out=tmp_path / "safe", parameters=LOSE)
    for row in exported_rows(tmp_path / "safe"):
        assert json.loads(row["tools"])[0]["function"]["name"] == "pay"
        calls = [call for message in row["messages"] for call in message.get("tool_calls", [])]
        assert [call["function"]["arguments"] for call in calls] == [
            {
                "to": "[REDACTED:email]",
                "deep": [{"token": "[REDACTED:github_token]"}],
                "card": "[REDACTED:payment_card]",
            }
        ]


@pytest.mark.slow
def test_export_redacts_on_top_of_the_recipe_and_says_so(leaky: Path, tmp_path: Path) -> None:
    plain = export(
        warehouse=leaky, dataset="plain", format_name="trl_sft", out=tmp_path / "plain", parameters=LOSE
    )
    report = export(
        warehouse=leaky,
        dataset="plain",
        format_name="trl_sft",
        out=tmp_path / "mail",
        redact=["email"],
        parameters=LOSE,
    )
    assert leaking_places(tmp_path / "mail", "email") == set()
    assert leaking_places(tmp_path / "mail", "github_token") == leaking_places(
        tmp_path / "plain", "github_token"
    )
    # Per row: policy, question, parts, copied, reasoning, arguments, result, said and tools; parts are also text.
    assert (plain.redactions, report.redactions) == ({}, {"email": 9 * 3})
    manifest = json.loads((tmp_path / "mail" / "manifest.json").read_text())
    assert manifest["redactions"] == report.redactions
    assert manifest["format"]["redact"]["email"].startswith("email_validator.validate_email 2")
    assert "email 27" in (tmp_path / "mail" / "README.md").read_text()
    assert "REDACTED" not in (tmp_path / "plain" / "README.md").read_text()
    again = export(
        warehouse=leaky,
        dataset="plain",
        format_name="trl_sft",
        out=tmp_path / "again",
        redact=["email"],
        parameters=LOSE,
    )
    assert file_hashes(tmp_path / "again") == file_hashes(tmp_path / "mail")
    assert again.redactions == report.redactions


@pytest.mark.slow
def test_recipe_that_redacts_what_nobody_finds_is_refused_with_the_nearest(
    leaky: Path, tmp_path: Path
) -> None:
    (tmp_path / "r.yaml").write_text("{name: wrong, redact: [emial]}")
    with pytest.raises(UnknownNameError, match=r"'emial' in recipe 'wrong'(.|\n)*did you mean 'email'"):
        curate(warehouse=leaky, recipe=tmp_path / "r.yaml")


def test_privacy_page_names_every_kind(repository: Path) -> None:
    page = (repository / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert [kind for kind in chosen_detectors(["all"]) if f"`{kind}`" not in page] == []


def test_kinds_families_and_all_choose_detectors() -> None:
    assert list(chosen_detectors(["email"])) == ["email"]
    assert {detector.family for detector in chosen_detectors(["personal"]).values()} == {"personal"}
    assert {"email", "github_token"} < set(chosen_detectors(["all"]))
    assert chosen_detectors([]) == {}


def test_rows_are_redacted_whatever_holds_the_text_and_nothing_else_changes() -> None:
    mail = planted("question")["email"]
    spliced = msgspec.Raw(json.dumps([{"text": mail}, 1.50], indent=1).encode())
    row: dict[str, Any] = {
        "a": f"to {mail}, {mail}", "b": [{"c": (mail, 7, None)}], mail: True, "raw": spliced, "json": json.dumps({mail: 1}),
        "list": f"[a note] {mail}", "plain": "kept",
    }  # fmt: skip
    redaction = Redaction(["email"])
    (redacted,) = redaction.redact([row])
    gone = "[REDACTED:email]"
    raw = redacted.pop("raw")
    assert redacted == {
        "a": f"to {gone}, {gone}", "b": [{"c": [gone, 7, None]}], gone: True, "json": json.dumps({gone: 1}),
        "list": f"[a note] {gone}", "plain": "kept",
    }  # fmt: skip
    assert bytes(raw) == bytes(spliced).replace(mail.encode(), gone.encode())
    assert redaction.counts == {"email": 7}
    assert redaction.redact([redacted]) == [redacted]


def test_rows_are_left_alone_when_nothing_is_asked_for() -> None:
    rows = [{"a": planted("question")["email"]}]
    assert Redaction([]).redact(rows) is rows
