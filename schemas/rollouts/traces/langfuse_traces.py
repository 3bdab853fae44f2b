"""The traces of a Langfuse export: each trace's generations become its trajectories."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import Holds
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.traces.call_trajectories import call_trajectories
from schemas.rollouts.traces.langfuse_names import has_fields, peek
from schemas.rollouts.traces.langfuse_observations import Observation, is_observation, read_observation
from schemas.rollouts.traces.langfuse_scores import is_score, read_score, score_verdict
from schemas.trajectory import Status, Toolset, Trajectory

TRACE_ID = "trace_id"
"""Where `extra` keeps it: scores of other files name their trace by it (`warehouse/attachment.py`)."""


class ExportedParts(NamedTuple):
    """What a file holds, sorted by kind."""

    observations: list[Observation]
    """By start; of equal starts in file order."""
    scores: list[Fields]
    others: list[str]
    """Traces and whatever else there is, as JSON."""


def is_trace(record: dict[str, object]) -> bool:
    """Tell a trace without its observations."""
    is_of_project = has_fields(record, "projectId", "environment") or "bookmarked" in record
    return has_fields(record, "id", "timestamp", "tags") and "input" in record and is_of_project


def is_whole_trace(record: dict[str, object]) -> bool:
    """Tell a trace that holds its observations."""
    held = record.get("observations")
    return isinstance(held, list) and any(isinstance(one, dict) and is_observation(one) for one in held)


def sort_export(documents: Iterable[bytes]) -> ExportedParts:
    """Sort the documents of a file.

    Raises:
        RecordFault: one is no object.
    """
    observations: list[Observation] = []
    scores: list[Fields] = []
    others: list[str] = []
    for index, document in enumerate(documents):
        fields = Fields(document, f"$[{index}]")
        parsed: dict[str, object] = msgspec.json.decode(document)
        if is_whole_trace(parsed):
            observations += map(read_observation, fields.take_objects("observations"))
            scores += fields.take_objects("scores")
            others.append(fields.rest() or "{}")
        elif is_observation(parsed):
            observations.append(read_observation(fields))
        elif is_score(parsed):
            scores.append(fields)
        else:
            others.append(document.decode())
    return ExportedParts(sorted(observations, key=lambda one: one.start), scores, others)


def trace_holds(parts: ExportedParts, blank: Trajectory, *, broken: str | None) -> Holds:
    """Make the trajectories of all traces, and verdicts of the scores on traces that lie elsewhere.

    Args:
        parts: what the file holds.
        blank: what all trajectories of the record have in common.
        broken: lines that cannot be read, as a JSON array.

    Raises:
        RecordFault: `empty_conversation`: there are observations, but no model call among them.
    """
    made: list[Trajectory] = []
    places: dict[str, int] = {}
    for trace_id in dict.fromkeys(one.trace_id for one in parts.observations if one.call is not None):
        places[trace_id] = len(made)
        of_trace = [one for one in parts.observations if one.trace_id == trace_id]
        made += _trajectories(of_trace, replace(blank, record_part=len(made)))
    if parts.observations and not made:
        raise RecordFault(
            RejectReason.EMPTY_CONVERSATION,
            f"None of {len(parts.observations)} observations is a generation with an input or output.",
        )
    verdicts = [score_verdict(fields) for fields in _scores_of(parts, places, known=False)]
    kept = list(parts.others)
    for fields in _scores_of(parts, places, known=True):
        place = places[peek(fields, "traceId", TEXT) or ""]
        made[place] = replace(made[place], scores=(*made[place].scores, read_score(fields)))
        kept.append(fields.rest() or "{}")
    if made:
        homeless = [one.rest for one in parts.observations if one.trace_id not in places]
        extra = Fields((made[0].extra or "{}").encode(), "extra")
        extra.put("records", _listed([*kept, *homeless]))
        extra.put("broken_lines", broken)
        made[0] = replace(made[0], extra=extra.rest())
    return (*made, *verdicts)


def _scores_of(parts: ExportedParts, places: dict[str, int], *, known: bool) -> list[Fields]:
    return [one for one in parts.scores if ((peek(one, "traceId", TEXT) or "") in places) is known]


def _trajectories(observations: Sequence[Observation], blank: Trajectory) -> list[Trajectory]:
    """Make the trajectories of one trace; what is no answer of a model call stays in `extra.observations`."""
    calls = [one for one in observations if one.call is not None]
    tools = next((one.call.tools for one in calls if one.call is not None and one.call.tools), None)
    made = call_trajectories(
        [one.call for one in calls if one.call is not None],
        replace(
            blank,
            agent=next((one.name for one in observations if one.name), None),
            model=next((one.model for one in calls if one.model), None),
            toolset=None if tools is None else Toolset(tools=tools),
        ),
    )
    others = [one.rest for one in observations if one.call is None or not one.call.outputs]
    extra = Fields(b"{}", "extra")
    extra.put(TRACE_ID, json_text(calls[0].trace_id) if calls[0].trace_id else None)
    extra.put("observations", _listed(others))
    made[0] = replace(
        made[0],
        status=Status.INFRA_ERROR if calls[-1].is_error else Status.UNKNOWN,
        termination_reason=calls[-1].status_text or None,
        cost_usd=_total([one.cost_usd for one in calls]),
        extra=extra.rest(),
    )
    return made


def _total(costs: Sequence[float | None]) -> float | None:
    """Add up costs; null when a call does not tell its own."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def _listed(texts: Sequence[str]) -> str | None:
    return f"[{','.join(texts)}]" if texts else None
