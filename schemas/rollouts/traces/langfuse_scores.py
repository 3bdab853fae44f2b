"""Scores of a Langfuse export: what a judge, a person or a program said of a trace, an observation or a session."""

from schemas.rollouts.parts.fields import REAL, TEXT, Fields
from schemas.rollouts.traces.langfuse_names import has_fields, peek
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

SOURCES = {"EVAL": ScoreSource.JUDGE, "ANNOTATION": ScoreSource.HUMAN}
"""Who scored; what comes over the API is a program's check as far as anyone can tell."""


def is_score(record: dict[str, object]) -> bool:
    """Tell a score: it has a name, a kind, and somebody who gave it."""
    return has_fields(record, "name", "dataType", "source")


def read_score(fields: Fields) -> Score:
    """Read one score; a category or a text has no value, and is the explanation unless a comment is."""
    source = SOURCES.get(peek(fields, "source", TEXT) or "", ScoreSource.VERIFIER)
    is_of_step = peek(fields, "observationId", TEXT) is not None
    return Score(
        name=fields.require("name", TEXT),
        value=fields.take_if("value", REAL),
        source=source,
        scope="span" if is_of_step else "trajectory",
        annotator=peek(fields, "authorUserId", TEXT),
        explanation=peek(fields, "comment", TEXT) or peek(fields, "stringValue", TEXT),
    )


def score_verdict(fields: Fields) -> Verdict:
    """Read a score whose trace lies in another file."""
    run = peek(fields, "traceId", TEXT) or peek(fields, "sessionId", TEXT)
    return Verdict(score=read_score(fields), is_outcome=False, run=run, extra=fields.rest())
