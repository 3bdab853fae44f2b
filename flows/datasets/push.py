"""Push a written export: in one commit where there are such, else data first and the manifest last.

A half push is told by its missing manifest.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from flows.datasets.files import MANIFEST, file_digest
from flows.datasets.manifest import read_manifest
from flows.datasets.place import Place
from flows.datasets.places import open_place
from flows.datasets.rebuild import rebuild
from schemas.errors import WinnowError
from schemas.rows import Row
from warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class PushReport:
    """What was pushed to one place."""

    target: str
    file_count: int
    bytes_count: int
    is_new: bool
    """False when all of it was there already."""


def push(house: Warehouse | None, source: str, target: str, *, force: bool = False) -> list[PushReport]:
    """Push an export's folder, or all exports of a dataset, which are written anew for it.

    Args:
        house: the warehouse, for a dataset.
        source: folder of an export; or a dataset's name or id.
        target: where to, see `open_place`; several exports of a dataset go to folders of their own there.
        force: also over another dataset, or over files of unknown origin.

    Raises:
        WinnowError: the export is not whole, another dataset is there, or something else arrived than was sent.
    """
    if Path(source).is_dir():
        return [push_folder(Path(source), target, force=force)]
    if house is None:
        raise WinnowError(f"{source!r} is no folder.\n\nHint: name a folder that `winnow export` wrote")
    with TemporaryDirectory(dir=house.root, prefix="push-") as place:
        rebuilt = rebuild(house, source, Path(place))
        for export in rebuilt:
            if not export.is_same:
                raise WinnowError(
                    f"The export {export.format!r} of {source!r} cannot be made again: {'; '.join(export.reasons)}.\n\n"
                    "Hint: export it anew, and push that folder"
                )
        return [
            push_folder(
                Path(export.folder),
                target if len(rebuilt) == 1 else f"{target.rstrip('/')}/{Path(export.folder).name}",
                force=force,
            )
            for export in rebuilt
        ]


def push_folder(folder: Path, target: str, *, force: bool = False) -> PushReport:
    """Push one export.

    Raises:
        WinnowError: the export is not whole, another dataset is there, or something else arrived than was sent.
    """
    manifest = read_manifest(folder)
    names = _checked_names(folder, manifest)
    place = open_place(target)
    there = place.names()
    former = _former_manifest(place, there)
    _check_target(manifest, former, set(there) - {MANIFEST, *names}, target, force=force)
    is_new = not (MANIFEST in there and _all_there(place, folder, [*names, MANIFEST], there))
    if is_new:
        stale = {file["name"] for file in _files(former)} - {*names, MANIFEST}
        gone = sorted(stale & set(there))
        if place.is_atomic:
            place.replace(folder, [*names, MANIFEST], gone)
            _check_arrived(place, folder, [*names, MANIFEST], target)
        else:
            place.remove([MANIFEST] if MANIFEST in there else [])
            place.upload(folder, names)
            _check_arrived(place, folder, names, target)
            place.replace(folder, [MANIFEST], gone)
            _check_arrived(place, folder, [MANIFEST], target)
    return PushReport(
        target=target,
        file_count=len(names) + 1,
        bytes_count=sum((folder / name).stat().st_size for name in (*names, MANIFEST)),
        is_new=is_new,
    )


def _files(manifest: Row) -> list[Row]:
    return [*manifest.get("files", ()), *manifest.get("side_files", ())]


def _checked_names(folder: Path, manifest: Row) -> list[str]:
    """Name the files that the manifest tells of, side files last.

    Raises:
        WinnowError: one of them is not there, or has other bytes.
    """
    for file in _files(manifest):
        path = folder / file["name"]
        if not path.is_file() or file_digest(path) != file["sha256"]:
            raise WinnowError(
                f"{str(path)!r} is not the file that its manifest tells of.\n\nHint: export the dataset anew"
            )
    return [file["name"] for file in _files(manifest)]


def _former_manifest(place: Place, there: list[str]) -> Row:
    """Read the manifest that is there; empty when there is none that can be read."""
    if MANIFEST not in there:
        return {}
    try:
        manifest = msgspec.json.decode(place.read(MANIFEST))
    except msgspec.MsgspecError:
        return {}
    return manifest if isinstance(manifest, dict) and "format" in manifest else {}


def _check_target(manifest: Row, former: Row, foreign: set[str], target: str, *, force: bool) -> None:
    """Refuse to write over what is not this dataset in this format; the rest of a half push is."""
    if force:
        return
    own = (manifest["dataset_id"], manifest["format"]["name"])
    if former and (former.get("dataset_id"), former["format"].get("name")) != own:
        raise WinnowError(
            f"{target!r} holds another dataset: {former.get('name')!r} ({former.get('dataset_id')}) in the format "
            f"{former['format'].get('name')!r}.\n\nHint: choose another target, or `--force` to write over it"
        )
    if not former and foreign:
        raise WinnowError(
            f"{target!r} holds files that are no part of this export: {', '.join(sorted(foreign)[:5])}.\n\n"
            "Hint: choose another target, or `--force` to write beside them"
        )


def _all_there(place: Place, folder: Path, names: list[str], there: list[str]) -> bool:
    return set(names) <= set(there) and all(place.holds(folder / name, name) for name in names)


def _check_arrived(place: Place, folder: Path, names: list[str], target: str) -> None:
    wrong = [name for name in names if not place.holds(folder / name, name)]
    if wrong:
        raise WinnowError(
            f"Other bytes arrived at {target!r} than were sent: {', '.join(wrong)}.\n\nHint: push it again"
        )
