"""Where secrets and personal data lie in messages. The found text itself is nowhere but in its message."""

from schemas.tables.declaration import INTEGER, STRING, Column, Table, bucket_column, id_column

PRIVACY_SPANS = Table(
    name="privacy_spans",
    row="one stretch of a message that a detector takes for a secret or for personal data",
    key=("trajectory_id", "seq", "span_index"),
    is_computed=True,
    columns=(
        id_column("trajectory_id", "The trajectory that owns the message."),
        bucket_column(),
        Column(name="seq", type=INTEGER, doc="`seq` of the message.", minimum=0),
        Column(
            name="span_index",
            type=INTEGER,
            doc="Order among the message's spans, from 0: by field, call and place.",
            minimum=0,
        ),
        Column(
            name="field",
            type=STRING,
            doc="The column of the message; `arguments` and `call_extra` are those of a tool call.",
            allowed=("text", "reasoning", "arguments", "call_extra", "content_json", "extra"),
        ),
        Column(
            name="call_index",
            type=INTEGER,
            doc="Which tool call of the message, from 0; null outside of calls.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="start_char",
            type=INTEGER,
            doc="First character of the span in the stored string (Unicode code points, from 0).",
            minimum=0,
        ),
        Column(name="end_char", type=INTEGER, doc="The character behind its last.", minimum=1),
        Column(
            name="family", type=STRING, doc="What it would give away.", allowed=("credential", "personal")
        ),
        Column(name="kind", type=STRING, doc="What it is taken for: `github_token`, `email`, `phone` ..."),
        Column(
            name="confidence",
            type=STRING,
            doc="`high`: a prefix or checksum that hardly anything else has; `medium`: a shape that other text can have.",
            allowed=("high", "medium"),
        ),
        Column(name="detector", type=STRING, doc="The library and its rule."),
        Column(name="detector_version", type=STRING, doc="The library's version, and that of our use of it."),
        Column(
            name="text_digest",
            type=STRING,
            doc="Keyed hash of the found text: equal where the text is equal, useless to guess it without the key.",
        ),
    ),
)
