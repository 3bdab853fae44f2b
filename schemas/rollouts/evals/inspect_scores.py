"""Read the scores of an Inspect sample."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from schemas.rollouts.parts.content_parts import OBJECT
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek_raw
from schemas.trajectory import Score, ScoreSource

GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Correct, partial, incorrect, no answer: the values that Inspect's own `value_to_float` gives them."""
Value = float | bool | str
SCALAR: msgspec.json.Decoder[Value] = msgspec.json.Decoder(Value)
PARTS: msgspec.json.Decoder[dict[str, Value]] = msgspec.json.Decoder(dict[str, Value])
LIST: msgspec.json.Decoder[list[Value]] = msgspec.json.Decoder(list[Value])
JUDGE_PREFIX = "model_graded"


class Scored(NamedTuple):
    """What the scorers of a sample say."""

    scores: tuple[Score, ...]
    reward: float | None
    """The one value of the only scorer; null when there are several, or none that is one number."""
    private: str | None
    """What a scorer keeps of its work, which may quote the target, as a JSON object by scorer."""
    left: str | None


def take_scores(sample: Fields) -> Scored:
    """Take a sample's scores; values that are no number and no grade stay in what is left."""
    named = sample.take("scores", OBJECT) or {}
    scores: list[Score] = []
    private: dict[str, msgspec.Raw] = {}
    left: dict[str, msgspec.Raw] = {}
    for name, raw in named.items():
        fields = Fields(raw, f"$.scores.{name}")
        metadata = fields.take_raw("metadata")
        if metadata is not None:
            private[name] = msgspec.Raw(metadata)
        scores += _scores(name, fields)
        rest = fields.rest()
        if rest is not None:
            left[name] = msgspec.Raw(rest.encode())
    is_lone = len(named) == 1 and [score.name for score in scores] == list(named)
    return Scored(
        tuple(scores),
        scores[0].value if is_lone else None,
        json_text(private) if private else None,
        json_text(left) if left else None,
    )


def _scores(name: str, fields: Fields) -> Iterator[Score]:
    """Read one scorer's value: a number, a grade, or several of them."""
    values = _values(fields)
    explanation = fields.take_if("explanation", TEXT) if values else None
    is_judge = name.startswith(JUDGE_PREFIX)
    for part, value in values.items():
        yield Score(
            name=f"{name}.{part}" if part else name,
            value=GRADES.get(value) if isinstance(value, str) else float(value),
            source=ScoreSource.JUDGE if is_judge else ScoreSource.VERIFIER,
            explanation=explanation,
        )


def _values(fields: Fields) -> dict[str, Value]:
    """Take a value as its parts, by name or index; words that are no grade, and what is nested, stay."""
    raw = peek_raw(fields, "value") or b"null"
    try:
        if raw.startswith(b"{"):
            values = PARTS.decode(raw)
        elif raw.startswith(b"["):
            values = {str(index): value for index, value in enumerate(LIST.decode(raw))}
        else:
            values = {"": SCALAR.decode(raw)}
    except msgspec.ValidationError:
        return {}
    if all(value in GRADES for value in values.values() if isinstance(value, str)):
        fields.take_raw("value")
    return values
