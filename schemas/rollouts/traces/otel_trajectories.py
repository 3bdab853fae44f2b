"""The trajectories of the runs in a trace, and what the trace tells of them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from schemas.rollouts.parts.fields import REAL, TEXT, Fields
from schemas.rollouts.traces.call_trajectories import call_trajectories
from schemas.rollouts.traces.otel_runs import Run
from schemas.rollouts.traces.otlp import Attributes, Export, Span
from schemas.trajectory import Score, ScoreSource, Status, Toolset, Trajectory

MODELS = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
AGENTS = ("gen_ai.agent.name", "agent.name")
EVALUATION = "gen_ai.evaluation.result"
FINISHES = {
    "stop": Status.COMPLETED,
    "end_turn": Status.COMPLETED,
    "length": Status.TRUNCATED,
    "max_tokens": Status.TRUNCATED,
}
REASONS = msgspec.json.Decoder(list[str])


def run_trajectories(runs: Sequence[Run], export: Export, blank: Trajectory) -> tuple[Trajectory, ...]:
    """Make the trajectories of all runs.

    Args:
        runs: callers before those whom they call.
        export: the file, for what belongs to no run.
        blank: what all trajectories of the record have in common.
    """
    made: list[Trajectory] = []
    firsts: dict[Run, int] = {}
    for run in runs:
        if run.calls:
            above = next((one for one in _callers(run) if one in firsts), None)
            caller = None if above is None else made[firsts[above]]
            firsts[run] = len(made)
            made += _trajectories(run, replace(blank, record_part=len(made)), caller)
    for run, first in firsts.items():
        made[first] = replace(made[first], extra=_extra(run.others, export if first == 0 else None))
    return _with_homeless(made, [span for run in runs if run not in firsts for span in run.others])


def _callers(run: Run) -> Iterator[Run]:
    while run.above is not None:
        run = run.above
        yield run


def _trajectories(run: Run, blank: Trajectory, caller: Trajectory | None) -> list[Trajectory]:
    spans = [span for span, _ in run.calls]
    attributes = [span.attributes for span in spans]
    made = call_trajectories(
        [call for _, call in run.calls],
        replace(
            blank,
            agent=_first_text([*([run.agent.attributes] if run.agent else []), *attributes], AGENTS),
            model=_first_text(attributes, MODELS),
            toolset=None if run.tools is None else Toolset(tools=run.tools),
        ),
        caller=caller,
        results=dict(_results(run.others)),
    )
    status, reason = _ending(spans[-1])
    scores = tuple(_scores([*spans, *(span for span in run.others if span not in spans)]))
    made[0] = replace(made[0], status=status, termination_reason=reason, scores=scores)
    return made


def _first_text(found: Iterable[Attributes], names: Sequence[str]) -> str | None:
    texts = (attributes.peek_text(name) for attributes in found for name in names)
    return next(filter(None, texts), None)


def _ending(span: Span) -> tuple[Status, str | None]:
    """Tell how the last call ended: by an error of the provider, or by what the model stopped for."""
    if span.is_error:
        return Status.INFRA_ERROR, span.status_text
    try:
        reasons = REASONS.decode(span.attributes.peek_json("gen_ai.response.finish_reasons") or "[]")
    except msgspec.ValidationError:
        reasons = []
    reason = reasons[0] if reasons else None
    return FINISHES.get(reason or "", Status.UNKNOWN), reason


def _results(spans: Iterable[Span]) -> Iterator[tuple[str, str]]:
    """Find what tools answered: their spans name the call."""
    for span in spans:
        call_id = span.attributes.peek_text("gen_ai.tool.call.id")
        result = span.attributes.peek_text("gen_ai.tool.call.result")
        if call_id is not None and result is not None:
            yield call_id, result


def _scores(spans: Iterable[Span]) -> Iterator[Score]:
    """Read evaluations; one that gives a label only has no value, and the label is its explanation."""
    for span in spans:
        for event in span.events:
            if event.name == EVALUATION:
                fields = {
                    name: event.attributes.peek_json(f"gen_ai.evaluation.{name}")
                    for name in ("name", "score.value", "score.label", "explanation")
                }
                value = fields["score.value"]
                explanation = fields["explanation"] or fields["score.label"]
                yield Score(
                    name=_text(fields["name"]) or "evaluation",
                    value=None if value is None else _number(value),
                    source=ScoreSource.JUDGE,
                    explanation=_text(explanation),
                )


def _text(text: str | None) -> str | None:
    return TEXT.decode(text) if text is not None and text.startswith('"') else text


def _number(text: str) -> float | None:
    try:
        return REAL.decode(text)
    except msgspec.ValidationError:
        return None


def _extra(spans: Sequence[Span], export: Export | None) -> str | None:
    """Keep spans that no message holds, and on the first trajectory what the whole file says."""
    extra = Fields(b"{}", "extra")
    extra.put("spans", _listed(span.rest() for span in spans))
    if export is not None:
        extra.put("origins", _listed(export.origins))
        extra.put("broken_lines", export.broken)
    return extra.rest()


def _with_homeless(made: Sequence[Trajectory], spans: Sequence[Span]) -> tuple[Trajectory, ...]:
    """Keep the spans of runs without any call with the first trajectory."""
    if not made or not spans:
        return tuple(made)
    extra = Fields((made[0].extra or "{}").encode(), "extra")
    extra.put("other_spans", _listed(span.rest() for span in spans))
    return (replace(made[0], extra=extra.rest()), *made[1:])


def _listed(texts: Iterable[str]) -> str | None:
    joined = ",".join(texts)
    return f"[{joined}]" if joined else None
