"""The least that is an export."""

import json
from pathlib import Path

from flows.datasets.files import file_facts


def make_export(folder: Path, dataset_id: str, data: bytes, *, extra: str | None = None) -> Path:
    """Write data, a card, a binary side file and a manifest; `extra` names a second data file."""
    folder.mkdir()
    names = ["train-00000.jsonl", *([extra] if extra else [])]
    for name in names:
        (folder / name).write_bytes(data)
    sides = {"README.md": b"---\nlicense: mit\n---\n# x\n", "provenance.parquet": b"PAR1\0\0PAR1"}
    for name, content in sides.items():
        (folder / name).write_bytes(content)
    manifest = {
        "dataset_id": dataset_id,
        "name": "x",
        "format": {"name": "openai_chat"},
        "files": [file_facts(folder / name) | {"split": "train", "row_count": 1} for name in names],
        "side_files": [file_facts(folder / name) for name in sides],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
