"""Scores of a Langfuse export: what a judge, a person or a program said of a trace, an observation or a session."""

from schemas.rollouts.parts.fields import REAL, TEXT, Fields
from schemas.rollouts.traces.langfuse_names import has_fields, peek
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

TARGETS = ("traceId", "sessionId", "datasetRunId")
VALUED = ("NUMERIC", "BOOLEAN")
"""Kinds whose value says something: a text's is always 0, a category's its place in a list."""
SOURCES = {"EVAL": ScoreSource.JUDGE, "ANNOTATION": ScoreSource.HUMAN}
"""Who scored; what comes over the API is a program's check as far as anyone can tell."""


def is_score(record: dict[str, object]) -> bool:
    """Tell a score: it has a name, a kind, somebody who gave it, and what it is of."""
    is_of_something = any(has_fields(record, target) for target in TARGETS)
    return has_fields(record, "name", "dataType", "source") and is_of_something


def read_score(fields: Fields) -> Score:
    """Read one score; a category or a text has no value, and is the explanation unless a comment is."""
    kind, observation_id = peek(fields, "dataType", TEXT) or "", peek(fields, "observationId", TEXT)
    return Score(
        name=fields.require("name", TEXT),
        value=fields.take_if("value", REAL) if kind in VALUED else None,
        source=SOURCES.get(peek(fields, "source", TEXT) or "", ScoreSource.VERIFIER),
        scope="span" if observation_id else "trajectory",
        annotator=peek(fields, "authorUserId", TEXT) or peek(fields, "authorUserName", TEXT),
        explanation=peek(fields, "comment", TEXT) or peek(fields, "stringValue", TEXT),
    )


def score_verdict(fields: Fields) -> Verdict:
    """Read a score whose trace lies in another file."""
    run = peek(fields, "traceId", TEXT) or peek(fields, "sessionId", TEXT)
    return Verdict(score=read_score(fields), is_outcome=False, run=run, extra=fields.rest())
