"""What an ingest learns about licences: from the user, for all of its files, and from the files that it read."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from flows.licences.documents import DOCUMENTS
from flows.licences.finding import INSIDE, FolderLicences, Found
from flows.licences.statements import found_statement, sources_at, write_statements
from flows.sources import SourceFile
from schemas.rows import Row
from warehouse import Warehouse


def found_anew(
    house: Warehouse,
    licences: FolderLicences,
    untouched: Sequence[tuple[SourceFile, str]],
    read: Iterable[tuple[SourceFile, str]],
) -> Mapping[str, Found]:
    """Look again beside files that nobody opened, if a document that may speak for them was opened.

    Args:
        house: the warehouse, in which the sources are.
        licences: looks beside files.
        untouched: files that are as they were, each with its source id.
        read: files that were opened.

    Returns:
        What is said of the untouched sources, by id, see `found_beside`.
    """
    opened = (part.location for file, _ in read for part in file.parts)
    if not any(posixpath.basename(location) in DOCUMENTS for location in opened):
        return {}
    return found_beside(house, licences, untouched)


def found_beside(
    house: Warehouse, licences: FolderLicences, sources: Sequence[tuple[SourceFile, str]]
) -> Mapping[str, Found]:
    """Look beside files that are not read again.

    Args:
        house: the warehouse, in which the sources are.
        licences: looks beside files.
        sources: files with their source ids.

    Returns:
        What is said of them, by id; archives are left out, for what they hold themselves goes first.
    """
    beside = ((name, licences.beside(file)) for file, name in sources)
    found = {name: one for name, one in beside if one is not None}
    if not found:
        return {}
    members = house.store.scan("records", columns=["source_id", "source_uri"]).filter(
        pl.col("source_uri").str.contains(INSIDE, literal=True) & pl.col("source_id").is_in(list(found))
    )
    archives = set(members.select("source_id").unique().collect()["source_id"])
    return {name: one for name, one in found.items() if name not in archives}


def write_licences(
    house: Warehouse,
    sources: Sequence[tuple[SourceFile, str]],
    found: Mapping[str, Found],
    told: Row | None,
) -> None:
    """Store what was found and what the user said.

    It holds for other bytes too that lay at these places before: a file that grew is under the licence that it was.

    Args:
        house: the warehouse, in which the sources are.
        sources: each file with its source id.
        found: what sources say of themselves, by id.
        told: what the user said of all of them, see `user_statement`; null when nothing.
    """
    spoken = [(file, name) for file, name in sources if told is not None or name in found]
    if not spoken:
        return
    earlier = sources_at(house, [file.place for file, _ in spoken])
    statements: list[tuple[str, Row]] = []
    for file, name in spoken:
        ids = {name, *earlier.get(file.place, ())}
        said = [found_statement(found[name])] if name in found else []
        said += [] if told is None else [told]
        statements += [(source_id, row) for source_id in sorted(ids) for row in said]
    write_statements(house, statements)
