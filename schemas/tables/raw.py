"""What came in: files and raw records, kept or refused."""

from schemas.reasons import RejectReason
from schemas.tables.declaration import (
    BYTES,
    INTEGER,
    STRING,
    STRINGS,
    Column,
    Table,
    bucket_column,
    id_column,
)

SOURCES = Table(
    name="sources",
    row="one file, archive or bundle of files that was ingested, by content",
    key=("source_id",),
    columns=(
        id_column(
            "source_id",
            "SHA-256 of the file's bytes as they lie there (compressed if they are); of a bundle that of its files'.",
        ),
        Column(name="source_uri", type=STRING, doc="Where the file was first seen."),
        Column(
            name="place",
            type=STRING,
            doc="Where its bytes were read last: absolute path, its folder resolved through links, or URI; null when an "
            "older Winnow read it.",
            nullable=True,
        ),
        Column(
            name="source_name",
            type=STRING,
            doc="The user's name for the source, else that of the file or folder that was ingested.",
        ),
        Column(
            name="format", type=STRING, doc="Rollout format; null when none was recognised.", nullable=True
        ),
        Column(name="file_bytes_count", type=INTEGER, doc="Size on disk in bytes.", minimum=0),
        Column(
            name="record_count", type=INTEGER, doc="Raw records in it: kept + rejected + repeated.", minimum=0
        ),
        Column(name="kept_count", type=INTEGER, doc="Records that became trajectories.", minimum=0),
        Column(name="rejected_count", type=INTEGER, doc="Records refused, each with a reason.", minimum=0),
        Column(name="repeated_count", type=INTEGER, doc="Byte-equal repeats within this file.", minimum=0),
        Column(name="trajectory_count", type=INTEGER, doc="Trajectories that its records hold.", minimum=0),
        Column(
            name="verdict_count", type=INTEGER, doc="Scores about rollouts of other files in it.", minimum=0
        ),
        Column(name="rejected_ids", type=STRINGS, doc="The records refused, in the order of the file."),
        id_column(
            "replaced_by",
            "The source whose bytes lie at its place now; null while its own do. Refusals of replaced sources are "
            "settled.",
            nullable=True,
        ),
    ),
)

RECORDS = Table(
    name="records",
    row="one raw record, byte for byte",
    key=("record_id",),
    columns=(
        id_column(
            "record_id",
            "SHA-256 of the raw bytes: the record's address. Of its place, when it could not be read.",
        ),
        bucket_column("record"),
        id_column("source_id", "The file in which it was first seen."),
        Column(name="source_uri", type=STRING, doc="Where that file was."),
        Column(name="locator", type=STRING, doc="Place in the file: `$[3]`, `line 17`, `file` or `bundle`."),
        Column(name="record_index", type=INTEGER, doc="Order in the file, from 0.", minimum=0),
        Column(
            name="format", type=STRING, doc="Rollout format; null when none was recognised.", nullable=True
        ),
        Column(name="parse_status", type=STRING, doc="What became of it.", allowed=("parsed", "rejected")),
        Column(
            name="reason",
            type=STRING,
            doc="Why it was refused; null when parsed.",
            nullable=True,
            allowed=tuple(RejectReason),
        ),
        Column(
            name="detail", type=STRING, doc="What was found and expected; null when parsed.", nullable=True
        ),
        Column(name="trajectory_count", type=INTEGER, doc="Trajectories that it became.", minimum=0),
        Column(
            name="raw_bytes_count", type=INTEGER, doc="Length of the record in bytes, held or not.", minimum=0
        ),
        Column(
            name="raw",
            type=BYTES,
            doc="The record's exact bytes; null when it is too large to hold (they lie in the folder `oversized`), or "
            "when the file could not be read.",
            nullable=True,
        ),
    ),
)
