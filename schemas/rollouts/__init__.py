"""Raw formats: bytes in, canonical trajectories or a rejection out.

To add a format: one module with one frozen instance, one line in `ROLLOUT_FORMATS`, one test.
"""

from schemas.errors import RecordFault, UnknownNameError
from schemas.reasons import RejectReason
from schemas.rollouts.atif import ATIF
from schemas.rollouts.format import Decoded, Head, RawRecord, Rejection, RolloutFormat, Source
from schemas.rollouts.framing import read_records
from schemas.rollouts.openai_chat import OPENAI_CHAT
from schemas.rollouts.plain_chat import read_plain_chat
from schemas.rollouts.strict_json import parse_json
from schemas.rollouts.tau_bench import TAU_BENCH
from schemas.trajectory import Trajectory
from schemas.verdict import Verdict

ROLLOUT_FORMATS: dict[str, RolloutFormat] = {
    "tau_bench": TAU_BENCH,
    "atif": ATIF,
    "openai_chat": OPENAI_CHAT,
}
"""All formats by name, the most specific first: detection takes the first that recognises a record."""


def detect_format(record: object) -> RolloutFormat:
    """Find the format of one parsed record.

    Raises:
        RecordFault: `unknown_format`, with the fields seen.
    """
    for rollout_format in ROLLOUT_FORMATS.values():
        if rollout_format.recognises(record):
            return rollout_format
    seen = ", ".join(sorted(map(repr, record))[:20]) if isinstance(record, dict) else type(record).__name__
    known = ", ".join(sorted(ROLLOUT_FORMATS))
    raise RecordFault(
        RejectReason.UNKNOWN_FORMAT, f"Found {seen[:400] or 'no fields'}. Known formats: {known}."
    )


def claiming_format(head: Head, only: RolloutFormat | None = None) -> str | None:
    """Name the format that takes a whole file as one record; None when its records are told one by one."""
    members = ROLLOUT_FORMATS.values() if only is None else (only,)
    return next((member.name for member in members if member.claims(head)), None)


def decode_record(
    record: RawRecord, source: Source, rollout_format: RolloutFormat | None = None
) -> Decoded | Rejection:
    """Read one record; the one place where a record's fault becomes a rejection.

    Anything but a fault of the record propagates: it is a bug of ours.

    Args:
        record: the record.
        source: where it comes from.
        rollout_format: its format; detected from content when None.

    Returns:
        What the record holds, or why it was refused.
    """
    if record.claimed_by is None and (rollout_format is None or rollout_format is OPENAI_CHAT):
        plain = read_plain_chat(record, source, format_name=OPENAI_CHAT.name)
        if plain is not None:
            return Decoded(format_name=OPENAI_CHAT.name, trajectories=(plain,))
    chosen = rollout_format or ROLLOUT_FORMATS.get(record.claimed_by or "")
    try:
        if record.claimed_by is None:
            parsed = parse_json(record.raw)
            chosen = chosen or detect_format(parsed)
        if chosen is None:
            raise UnknownNameError.from_name("rollout format", str(record.claimed_by), ROLLOUT_FORMATS)
        held = chosen.decode(record, source)
        return Decoded(
            format_name=chosen.name,
            trajectories=tuple(item for item in held if isinstance(item, Trajectory)),
            verdicts=tuple(item for item in held if isinstance(item, Verdict)),
        )
    except RecordFault as fault:
        reason, detail = fault.reason, fault.detail
    except RecursionError:
        # How deep is too deep depends on the stack at hand, so a decoder may meet what `parse_json` let pass.
        reason, detail = RejectReason.INVALID_JSON, "Nested too deeply to be read."
    name = None if chosen is None else chosen.name
    return Rejection(reason=reason, detail=detail, format_name=name)


__all__ = [
    "ROLLOUT_FORMATS",
    "Decoded",
    "Head",
    "RawRecord",
    "Rejection",
    "RolloutFormat",
    "Source",
    "claiming_format",
    "decode_record",
    "detect_format",
    "read_records",
]
