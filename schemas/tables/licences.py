"""What is known of the terms under which sources were given out."""

from schemas.tables.declaration import STRING, Column, Table, id_column

LICENCES = Table(
    name="licences",
    row="what one party says of the licence of one source; of two, what the user says counts",
    key=("source_id", "told_by"),
    columns=(
        id_column("source_id", "The file, archive or bundle."),
        Column(
            name="told_by",
            type=STRING,
            doc="Who says it: the user at ingest or by `winnow source license`, or a file of the source itself.",
            allowed=("user", "source"),
        ),
        Column(
            name="licence",
            type=STRING,
            doc="SPDX expression (`LicenseRef-NAME` for what SPDX does not list); null when what it says is no id or "
            "text that is known, or it says only where the source is from.",
            nullable=True,
        ),
        Column(name="url", type=STRING, doc="Where the source is from; null when not said.", nullable=True),
        Column(
            name="place",
            type=STRING,
            doc="The file that says it: its path from the source's folder, or in the archive; null for the user.",
            nullable=True,
        ),
        Column(
            name="said",
            type=STRING,
            doc="The words there that name a licence; null where its whole text stands, or none is named, and for the user.",
            nullable=True,
        ),
    ),
)
