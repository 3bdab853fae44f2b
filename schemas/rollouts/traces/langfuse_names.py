"""The two spellings of Langfuse's names: `traceId` in its API, `trace_id` in its blob exports."""

import re

import msgspec

from schemas.rollouts.parts.fields import Fields, T

HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def snake_case(name: str) -> str:
    """Write a name as the blob export does.

    Examples:
        >>> snake_case("parentObservationId")
        'parent_observation_id'
    """
    return HUMP.sub(r"_\1", name).lower()


def has_fields(record: dict[str, object], *names: str) -> bool:
    """Tell whether a record has fields of these camelCase names, in either spelling."""
    return all(name in record or snake_case(name) in record for name in names)


def peek(fields: Fields, name: str, kind: "msgspec.json.Decoder[T]") -> T | None:
    """Read a field of either spelling and leave it where it is; one of another type says nothing."""
    for spelling in (name, snake_case(name)):
        raw = fields.take_raw(spelling)
        if raw is not None:
            fields.put(spelling, raw.decode())
            try:
                return kind.decode(raw)
            except msgspec.ValidationError:
                return None
    return None
