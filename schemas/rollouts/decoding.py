"""One raw record to what it holds, or to why it was refused: the one place where a fault becomes a rejection."""

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import OPENAI_CHAT
from schemas.rollouts.chats.plain_chat import read_plain_chat
from schemas.rollouts.format import Decoded, RawRecord, Rejection, RolloutFormat, Source
from schemas.rollouts.raw.cutting import RefusedRecord
from schemas.rollouts.raw.strict_json import parse_json
from schemas.rollouts.registry import ROLLOUT_FORMATS, detect_format
from schemas.trajectory import Trajectory
from schemas.verdict import Verdict


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
            parsed = parse_json(record.raw)
            chosen = chosen or detect_format(parsed)
        return _decoded(record, source, chosen)
    except RecordFault as fault:
        reason, detail = fault.reason, fault.detail
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


def _decoded(record: RawRecord, source: Source, chosen: RolloutFormat | None) -> Decoded:
    if chosen is None:
        raise AssertionError(f"no format for a record claimed by {record.claimed_by!r}")
    held = chosen.decode(record, source)
    return Decoded(
        format_name=chosen.name,
        trajectories=tuple(item for item in held if isinstance(item, Trajectory)),
        verdicts=tuple(item for item in held if isinstance(item, Verdict)),
    )
