"""What OpenHands evaluations measured, whichever file it is written in.

`checkpoints` and `final_score` (OpenAgentSafety, TheAgentCompany) are points reached of points possible. The outcome
is their fraction: that division is ours, result and total are kept beside it. No points possible (0 of 0), or no
score at all (the evaluator crashed), is an unknown outcome and not a failure.
"""

from collections.abc import Iterator

from schemas.rollouts.parts.fields import FLAG, REAL, Fields
from schemas.trajectory import Score, ScoreSource

OUTCOME_NAMES = ("resolved", "reward", "score", "success", "correct", "result")
"""Fields of a test result that tell the outcome, the most telling first."""
REPORT_NAMES = ("empty_generation", "failed_apply_patch", "error_eval", "test_timeout")
"""Flags of the SWE-bench report that OpenHands adds to a row."""


def read_points(fields: Fields) -> tuple[float | None, tuple[Score, ...]]:
    """Take `final_score` and `checkpoints`.

    Returns:
        The fraction of points reached (null when unknown), and each count as a score.

    Raises:
        RecordFault: a count is not a number.
    """
    final = fields.take_object("final_score")
    scores = list(_counts(final, "final_score"))
    found = {score.name: score.value for score in scores}
    result, total = found.get("final_score_result"), found.get("final_score_total")
    fields.put("final_score", final.rest())
    checkpoints = fields.take_objects("checkpoints")
    for number, checkpoint in enumerate(checkpoints, start=1):
        scores += _counts(checkpoint, f"checkpoint_{number}")
    if any(not checkpoint.is_empty for checkpoint in checkpoints):
        fields.put("checkpoints", f"[{','.join(checkpoint.rest() or '{}' for checkpoint in checkpoints)}]")
    return (result / total if total and result is not None else None), tuple(scores)


def read_verdict(test_result: Fields) -> tuple[float | None, tuple[Score, ...]]:
    """Take the outcome and its parts out of a row's `test_result`.

    Returns:
        The outcome (null when the row tells none), and each number as a score.

    Raises:
        RecordFault: a part that must be an object or a number is none.
    """
    outcome, scores = read_points(test_result)
    report = test_result.take_object("report")
    flags = {**_flags(report), **_flags(test_result)}
    test_result.put("report", report.rest())
    told = (flags[name] for name in OUTCOME_NAMES if name in flags)
    found = tuple(verifier_score(name, value) for name, value in flags.items())
    return next(told, outcome), scores + found


def verifier_score(name: str, value: float | None, explanation: str | None = None) -> Score:
    """Make a score of the benchmark's own evaluator."""
    return Score(name=name, value=value, source=ScoreSource.VERIFIER, explanation=explanation)


def _counts(points: Fields, name: str) -> Iterator[Score]:
    for part in ("result", "total"):
        value = points.take(part, REAL)
        if value is not None:
            yield verifier_score(f"{name}_{part}", value)


def _flags(fields: Fields) -> dict[str, float]:
    """Take the fields that are a number or a truth value, by name."""
    flags: dict[str, float] = {}
    for name in (*OUTCOME_NAMES, *REPORT_NAMES):
        flag = fields.take_if(name, FLAG)
        value = fields.take_if(name, REAL) if flag is None else float(flag)
        if value is not None:
            flags[name] = value
    return flags
