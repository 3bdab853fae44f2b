"""What is known of the files that ingest reads: which were read to the end, and what was found in each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from flows.funnel import IngestCounts
from flows.sources import SourceFile
from flows.sources.places import STORED_PLACE
from schemas.rollouts import Decoded, Rejection
from schemas.rows import Row, arrow_table
from schemas.tables import TABLES
from schemas.verdict import Verdict
from warehouse import Warehouse

COUNTS = tuple(name for name in IngestCounts.__dataclass_fields__ if name in TABLES["sources"].column_names)


class FinishedSources:
    """Files that an earlier run read to the end, by content: there is nothing to read in them again.

    A file with refused records is not among them: a newer decoder may make something of those. Nor is one with
    verdicts that lies at another place than when it was read, or whose user now says what it judges: places and users
    say whom a verdict means.
    """

    def __init__(self, house: Warehouse, sizes: Collection[int], *, judges: str | None = None) -> None:
        """Look up the sources that have one of these sizes in bytes.

        Args:
            house: the warehouse.
            sizes: sizes of the files at hand.
            judges: what the user says that label files judge; null when not said.
        """
        self._judges = judges
        rows = (
            house.store.scan("sources")
            .filter(pl.col("file_bytes_count").is_in(list(sizes)) & (pl.col("rejected_count") == 0))
            .with_columns(place=STORED_PLACE)
        )
        self._rows = {row["source_id"]: row for row in rows.collect().to_dicts()}

    def holds(self, source_id: str, file: SourceFile) -> bool:
        """Tell whether nothing is left to read in a file.

        One that took its place back (other bytes have been there since) is read again, so that it counts as the newest
        there.
        """
        row = self._rows.get(source_id)
        if row is None or (row["replaced_by"] is not None and row["place"] == file.place):
            return False
        is_elsewhere = (row["place"], row["source_uri"]) != (file.place, file.uri)
        return not (row["verdict_count"] and (self._judges is not None or is_elsewhere))

    def counts(self, source_ids: Iterable[str]) -> IngestCounts:
        """Sum up what was found in sources that it holds, one of several files several times."""
        rows = [self._rows[source_id] for source_id in source_ids]
        return IngestCounts(**{name: sum(row[name] for row in rows) for name in COUNTS})


@dataclass(kw_only=True)
class Tally:
    """Counts of one source, and what was seen in it."""

    source_id: str
    file: SourceFile
    record_count: int = 0
    repeated_count: int = 0
    kept_count: int = 0
    trajectory_count: int = 0
    verdict_count: int = 0
    rejected_ids: list[str] = field(default_factory=list)
    formats: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _with_verdicts: set[str] = field(default_factory=set)

    def is_new(self, record_id: str) -> bool:
        """Count one record; false for a byte-equal repeat."""
        self.record_count += 1
        if record_id in self._seen:
            self.repeated_count += 1
            return False
        self._seen.add(record_id)
        return True

    def holds_verdicts(self, record_id: str) -> bool:
        """Tell whether a repeat says something of its own: its place in an archive says whom it judges."""
        return record_id in self._with_verdicts

    def add_verdicts(self, record_id: str, verdicts: Sequence[Verdict]) -> None:
        """Count what a record, or a repeat of it, says of other files' rollouts."""
        self.verdict_count += len(verdicts)
        if verdicts:
            self._with_verdicts.add(record_id)

    def add(self, record_id: str, outcome: Decoded | Rejection) -> None:
        """Count what a record became."""
        if isinstance(outcome, Rejection):
            self.rejected_ids.append(record_id)
        else:
            self.kept_count += 1
            self.trajectory_count += len(outcome.trajectories)
            self.add_verdicts(record_id, outcome.verdicts)
        if outcome.format_name is not None:
            self.formats.add(outcome.format_name)

    def counts(self) -> IngestCounts:
        """Give the counts."""
        return IngestCounts(
            record_count=self.record_count,
            kept_count=self.kept_count,
            rejected_count=len(self.rejected_ids),
            repeated_count=self.repeated_count,
            trajectory_count=self.trajectory_count,
            verdict_count=self.verdict_count,
        )

    def row(self) -> Row:
        """Make the row of `sources`."""
        counts = self.counts()
        return {
            "source_id": self.source_id,
            "source_uri": self.file.uri,
            "place": self.file.place,
            "source_name": self.file.name,
            "format": ",".join(sorted(self.formats)) or None,
            "file_bytes_count": self.file.file_bytes_count,
            **{name: getattr(counts, name) for name in COUNTS},
            "rejected_ids": self.rejected_ids,
            "replaced_by": None,
        }


def write_sources(house: Warehouse, tallies: Sequence[Tally]) -> list[str]:
    """Write the rows of sources that were read to the end; other bytes that lay at their places are marked replaced.

    Returns:
        The ids of those that are replaced now and were not before.
    """
    if not tallies:
        return []
    rows = [tally.row() for tally in tallies]
    newest = {row["place"]: row["source_id"] for row in rows}
    standing = {row["source_id"] for row in rows}
    earlier = (
        house.store.scan("sources")
        .filter(STORED_PLACE.is_in(list(newest)) & pl.col("replaced_by").is_null())
        .with_columns(replaced_by=STORED_PLACE.replace_strict(newest, default=None))
        .collect()
        .to_dicts()
    )
    replaced = [row for row in earlier if row["source_id"] not in standing]
    house.store.upsert("sources", arrow_table("sources", [*rows, *replaced]), update=True)
    return [row["source_id"] for row in replaced]


def replacement_counts(house: Warehouse, replaced: Collection[str]) -> IngestCounts:
    """Count what no longer stands.

    Args:
        house: the warehouse.
        replaced: the sources that one ingest found replaced; those that it then found elsewhere stand again.
    """
    if not replaced:
        return IngestCounts()
    is_one = pl.col("source_id").is_in(list(replaced))
    sources = house.store.scan("sources").filter(is_one & pl.col("replaced_by").is_not_null())
    ids = sources.select("source_id").collect()["source_id"].to_list()
    verdicts = house.store.scan("verdicts", columns=["source_id"]).filter(pl.col("source_id").is_in(ids))
    return IngestCounts(
        replaced_source_count=len(ids),
        withdrawn_verdict_count=verdicts.select(pl.len()).collect().item(),
    )
