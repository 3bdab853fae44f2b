"""One raw record to what it holds, or to why it was refused: the one place where a fault becomes a rejection."""

from dataclasses import replace

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import OPENAI_CHAT
from schemas.rollouts.chats.plain_chat import read_plain_chat
from schemas.rollouts.format import Decoded, RawRecord, Rejection, RolloutFormat, Source
from schemas.rollouts.parts.csv_rows import unread_table
from schemas.rollouts.raw.cutting import RefusedRecord
from schemas.rollouts.raw.strict_json import parse_json, quote_large_numbers
from schemas.rollouts.registry import ROLLOUT_FORMATS, detect_format
from schemas.trajectory import Trajectory
from schemas.verdict import Verdict

NO_JSON = (RejectReason.INVALID_JSON, RejectReason.TRUNCATED_JSON)


def decode_record(
    record: RawRecord, source: Source, rollout_format: RolloutFormat | None = None
) -> Decoded | Rejection:
    """Read one record; the one place where a fault becomes a rejection.

    A fault of ours, in a decoder, is a rejection too (`decoder_fault`): a run of days must not die of one record. Fuzz
    and contract tests hold that there is none.

    Args:
        record: the record.
        source: where it comes from.
        rollout_format: its format; detected from content when None.

    Returns:
        What the record holds, or why it was refused.
    """
    if isinstance(record, RefusedRecord):
        return record.rejection
    if record.claimed_by is None and (rollout_format is None or rollout_format is OPENAI_CHAT):
        plain = read_plain_chat(record, source, format_name=OPENAI_CHAT.name)
        if plain is not None:
            return Decoded(format_name=OPENAI_CHAT.name, trajectories=(plain,))
    chosen = rollout_format or (ROLLOUT_FORMATS[record.claimed_by] if record.claimed_by else None)
    try:
        if record.claimed_by is None:
            record, parsed = _parsed(record)
            chosen = chosen or detect_format(parsed)
        return _decoded(record, source, chosen)
    except RecordFault as fault:
        told = _as_table(fault, record, source) or fault
        reason, detail = told.reason, told.detail
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        # Only a claimed file's parts come to a decoder unparsed.
        reason, detail = RejectReason.INVALID_JSON, f"{exc}."
    except RecursionError:
        # How deep is too deep depends on the stack at hand, so a decoder may meet what `parse_json` let pass.
        reason, detail = RejectReason.INVALID_JSON, "Nested too deeply to be read."
    except Exception as exc:  # noqa: BLE001 - one record must not cost a run its neighbours
        # The type only: a message may quote private words.
        reason, detail = RejectReason.DECODER_FAULT, f"The decoder failed with {type(exc).__name__}."
    name = None if chosen is None else chosen.name
    return Rejection(reason=reason, detail=detail, format_name=name)


def _as_table(fault: RecordFault, record: RawRecord, source: Source) -> RecordFault | None:
    """Say what a table lacks, rather than that it is no JSON."""
    is_whole = record.claimed_by is None and record.locator == "file"
    return unread_table(source.file_name, record.raw) if is_whole and fault.reason in NO_JSON else None


def _parsed(record: RawRecord) -> tuple[RawRecord, object]:
    """Parse a record; give it as decoders can read it: numbers that no float reaches are strings there."""
    try:
        return record, parse_json(record.raw)
    except RecordFault as fault:
        quoted = quote_large_numbers(record.raw) if fault.reason is RejectReason.NOT_FINITE_NUMBER else None
        if quoted is None:
            raise
    return replace(record, raw=quoted), parse_json(quoted)


def _decoded(record: RawRecord, source: Source, chosen: RolloutFormat | None) -> Decoded:
    if chosen is None:
        raise AssertionError(f"no format for a record claimed by {record.claimed_by!r}")
    held = chosen.decode(record, source)
    return Decoded(
        format_name=chosen.name,
        trajectories=tuple(item for item in held if isinstance(item, Trajectory)),
        verdicts=tuple(item for item in held if isinstance(item, Verdict)),
    )
