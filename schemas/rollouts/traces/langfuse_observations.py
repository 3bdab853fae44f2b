"""One observation of a Langfuse trace: a generation is a model call, all others are context."""

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.rollouts.parts.content_parts import join_objects
from schemas.rollouts.parts.fields import INT64_MAX, REAL, TEXT, Fields
from schemas.rollouts.traces.call_chains import Call, payload_call
from schemas.rollouts.traces.langfuse_names import has_fields, peek

EMPTY = b'""'
USAGE = msgspec.json.Decoder(dict[str, float | None])


class Observation(NamedTuple):
    """What a trajectory needs of an observation."""

    trace_id: str
    start: str
    """Its start as the export writes it: times of one export sort as text."""
    call: Call | None
    """The model call; null for what is none."""
    model: str | None
    cost_usd: float | None
    name: str | None
    """The trace's name."""
    is_error: bool
    status_text: str | None
    rest: str
    """What no message holds, as a JSON object."""


def is_observation(record: dict[str, object]) -> bool:
    """Tell an observation by what each has, in either spelling."""
    return has_fields(record, "traceId", "type", "startTime")


def read_observation(fields: Fields) -> Observation:
    """Read one observation; of a generation, what is left goes to its answer's `extra`."""
    trace_id, start = peek(fields, "traceId", TEXT) or "", peek(fields, "startTime", TEXT) or ""
    call = None
    if peek(fields, "type", TEXT) == "GENERATION":
        call = _take_call(fields)
    observation = Observation(
        trace_id=trace_id,
        start=start,
        call=call,
        model=peek(fields, "model", TEXT) or peek(fields, "providedModelName", TEXT),
        cost_usd=peek(fields, "totalCost", REAL) or peek(fields, "calculatedTotalCost", REAL),
        name=peek(fields, "traceName", TEXT),
        is_error=peek(fields, "level", TEXT) == "ERROR",
        status_text=peek(fields, "statusMessage", TEXT),
        rest=fields.rest() or "{}",
    )
    if call is None or not call.outputs:
        return observation
    first = call.outputs[0][0]
    extra = join_objects(first.extra, f'{{"observation":{observation.rest}}}')
    answer = (replace(first, extra=extra), *call.outputs[0][1:])
    return observation._replace(call=call._replace(outputs=(answer, *call.outputs[1:])))


def _take_call(fields: Fields) -> Call | None:
    asked, answered = (_payload(fields, name) for name in ("input", "output"))
    if asked is None and answered is None:
        return None
    call = payload_call(asked, answered)
    fields.put("payload", call.rest)
    if not call.outputs:
        return call
    usage = peek(fields, "usageDetails", USAGE) or peek(fields, "usage", USAGE) or {}
    first = replace(
        call.outputs[0][0],
        prompt_tokens=_count(usage, "input", "prompt_tokens", "promptTokens"),
        completion_tokens=_count(usage, "output", "completion_tokens", "completionTokens"),
    )
    return call._replace(outputs=((first, *call.outputs[0][1:]), *call.outputs[1:]))


def _payload(fields: Fields, name: str) -> str | None:
    """Take an input or output; enriched exports write an empty text where there is none."""
    raw = fields.take_raw(name)
    return None if raw is None or raw == EMPTY else raw.decode()


def _count(usage: dict[str, float | None], *names: str) -> int | None:
    found = (usage[name] for name in names if usage.get(name) is not None)
    count = next(found, None)
    return int(count) if count is not None and 0 <= count <= INT64_MAX else None
