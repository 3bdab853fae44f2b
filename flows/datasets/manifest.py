"""The manifest of an export: from what and how its files were made, so that the same bytes can be made again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from flows.tokenizers import resources_of
from schemas.errors import WinnowError
from schemas.identity import digest
from schemas.recipe import DEFAULT_VIEW
from schemas.rows import Row
from schemas.training import TrainingFormat

COUNTS = ("read_count", "repaired_count", "added_count", "kept_count", "dropped_count")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What an export is asked for."""

    format_name: str
    where: str = "true"
    """SQL predicate over `trajectory_overview`: which of the kept trajectories (or their tasks) to write."""
    view: str = DEFAULT_VIEW
    """The training view that says what carries loss."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the format."""
    redact: tuple[str, ...] = ()
    """Kinds or families of secrets and personal data to replace, besides those that the recipe names."""

    def spelled(self, redactions: Mapping[str, str]) -> Row:
        """Spell them out for the manifest, with who finds each kind that is redacted."""
        return {
            "where": self.where,
            "view": self.view,
            "parameters": dict(self.parameters),
            "redact": dict(redactions),
        }


def choices_from(format_name: str, spelled: Mapping[str, Any]) -> Choices:
    """Read choices back, as a manifest or a row of `exports` spells them."""
    return Choices(
        format_name=format_name,
        where=spelled.get("where", "true"),
        view=spelled.get("view", DEFAULT_VIEW),
        parameters=spelled.get("parameters", {}),
        redact=tuple(spelled.get("redact", ())),
    )


def spell_choices(choices: Choices, redactions: Mapping[str, str]) -> str:
    """Give the choices as JSON, keys sorted: the column `parameters` of `exports`."""
    return msgspec.json.encode(choices.spelled(redactions), order="deterministic").decode()


def export_id(built: Row, form: TrainingFormat[Any], spelled: str) -> str:
    """Name an export by what it is made of."""
    resources = (part for pair in resources_of(form).items() for part in pair)
    return digest("export", built["dataset_id"], form.name, form.version, spelled, *resources)


def manifest_bytes(built: Row, form: TrainingFormat[Any], choices: Row, facts: Mapping[str, Any]) -> bytes:
    """Write the manifest: nothing in it differs between two equal builds.

    Args:
        built: the dataset's row.
        form: the format.
        choices: see `Choices.spelled`.
        facts: what was written: counts, files, losses.
    """
    resources = resources_of(form)
    manifest = {
        "dataset_id": built["dataset_id"],
        "name": built["name"],
        "format": {"name": form.name, "version": form.version, **choices}
        | ({"resources": resources} if resources else {}),
        "recipe_hash": built["recipe_hash"],
        "recipe": msgspec.Raw(built["recipe"].encode()),
        "input_fingerprint": built["input_fingerprint"],
        "table_versions": msgspec.Raw(built["table_versions"].encode()),
        "code_version": built["code_version"],
        "counts": {name: built[name] for name in COUNTS},
        "decision_counts": msgspec.Raw(built["decision_counts"].encode()),
        **facts,
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read_manifest(path: Path) -> Row:
    """Read a manifest.

    Args:
        path: the file, or the folder that it lies in.

    Raises:
        WinnowError: it cannot be read, or is no manifest of ours.
    """
    file = path / "manifest.json" if path.is_dir() else path
    try:
        manifest = msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError) as exc:
        raise WinnowError(
            f"No manifest could be read from {str(file)!r}: {exc}\n\nHint: `winnow export` writes one"
        ) from exc
    if not (isinstance(manifest, dict) and {"dataset_id", "format", "files"} <= manifest.keys()):
        raise WinnowError(
            f"{str(file)!r} is not the manifest of an export: it has no dataset_id, format and files.\n\n"
            "Hint: name the manifest.json that `winnow export` wrote"
        )
    return manifest
