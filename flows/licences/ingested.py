"""What an ingest learns about licences: from the user, for all of its files, and from the files that it read."""

from collections.abc import Mapping, Sequence

from flows.licences.finding import Found
from flows.licences.statements import found_statement, sources_at, write_statements
from flows.sources import SourceFile
from schemas.rows import Row
from warehouse import Warehouse


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
    earlier = sources_at(house, [file.uri for file, _ in spoken])
    statements: list[tuple[str, Row]] = []
    for file, name in spoken:
        ids = {name, *earlier.get(file.uri, ())}
        said = [found_statement(found[name])] if name in found else []
        said += [] if told is None else [told]
        statements += [(source_id, row) for source_id in sorted(ids) for row in said]
    write_statements(house, statements)
