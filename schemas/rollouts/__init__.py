"""Raw formats: bytes in, canonical trajectories or a rejection out.

To add a format: one module with one frozen instance, one line in `ROLLOUT_FORMATS`, one test.
"""

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.adp import ADP
from schemas.rollouts.agent_reward_bench import AGENT_REWARD_BENCH
from schemas.rollouts.agentlens import AGENTLENS
from schemas.rollouts.anthropic_messages import ANTHROPIC_MESSAGES
from schemas.rollouts.atif import ATIF
from schemas.rollouts.atropos import ATROPOS
from schemas.rollouts.claude_code import CLAUDE_CODE
from schemas.rollouts.codex import CODEX
from schemas.rollouts.cutting import RefusedRecord
from schemas.rollouts.format import BundleName, Decoded, Head, RawRecord, Rejection, RolloutFormat, Source
from schemas.rollouts.framing import read_records
from schemas.rollouts.inspect_eval import INSPECT_EVAL
from schemas.rollouts.labels_csv import LABELS_CSV
from schemas.rollouts.langfuse import LANGFUSE
from schemas.rollouts.leetcode_submissions import LEETCODE_SUBMISSIONS
from schemas.rollouts.minari import MINARI
from schemas.rollouts.mini_swe_agent import MINI_SWE_AGENT
from schemas.rollouts.nemo_gym import NEMO_GYM
from schemas.rollouts.openai_chat import OPENAI_CHAT
from schemas.rollouts.openai_responses import OPENAI_RESPONSES
from schemas.rollouts.openhands import OPENHANDS
from schemas.rollouts.openhands_completions import OPENHANDS_COMPLETIONS
from schemas.rollouts.openhands_reports import OPENHANDS_REPORTS
from schemas.rollouts.openhands_sdk import OPENHANDS_SDK
from schemas.rollouts.otel import OTEL
from schemas.rollouts.plain_chat import read_plain_chat
from schemas.rollouts.reflexion_code import REFLEXION_CODE
from schemas.rollouts.reflexion_flags import REFLEXION_FLAGS
from schemas.rollouts.reflexion_react import REFLEXION_REACT
from schemas.rollouts.sharegpt import SHAREGPT
from schemas.rollouts.skyrl_dump import SKYRL_DUMP
from schemas.rollouts.strict_json import parse_json
from schemas.rollouts.swe_agent import SWE_AGENT
from schemas.rollouts.swe_bench_reports import SWE_BENCH_REPORTS
from schemas.rollouts.tau2 import TAU2
from schemas.rollouts.tau_bench import TAU_BENCH
from schemas.rollouts.verifiers import VERIFIERS
from schemas.rollouts.verifiers_traces import VERIFIERS_TRACES
from schemas.rollouts.verl_dump import VERL_DUMP
from schemas.trajectory import Trajectory
from schemas.verdict import Verdict

ROLLOUT_FORMATS: dict[str, RolloutFormat] = {
    "tau_bench": TAU_BENCH,
    "tau2": TAU2,
    "mini_swe_agent": MINI_SWE_AGENT,
    "swe_agent": SWE_AGENT,
    "agentlens": AGENTLENS,
    "agent_reward_bench": AGENT_REWARD_BENCH,
    "atif": ATIF,
    "minari": MINARI,
    "verl_dump": VERL_DUMP,
    "skyrl_dump": SKYRL_DUMP,
    "claude_code": CLAUDE_CODE,
    "codex": CODEX,
    "verifiers": VERIFIERS,
    "verifiers_traces": VERIFIERS_TRACES,
    "atropos": ATROPOS,
    "reflexion_react": REFLEXION_REACT,
    "reflexion_code": REFLEXION_CODE,
    "reflexion_flags": REFLEXION_FLAGS,
    "leetcode_submissions": LEETCODE_SUBMISSIONS,
    "adp": ADP,
    "openhands": OPENHANDS,
    "openhands_sdk": OPENHANDS_SDK,
    "openhands_completions": OPENHANDS_COMPLETIONS,
    "openhands_reports": OPENHANDS_REPORTS,
    "inspect_eval": INSPECT_EVAL,
    "nemo_gym": NEMO_GYM,
    "openai_responses": OPENAI_RESPONSES,
    "anthropic_messages": ANTHROPIC_MESSAGES,
    "otel": OTEL,
    "swe_bench_reports": SWE_BENCH_REPORTS,
    "langfuse": LANGFUSE,
    "labels_csv": LABELS_CSV,
    "sharegpt": SHAREGPT,
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
    raise RecordFault(
        RejectReason.UNKNOWN_FORMAT,
        f"Found {seen[:400] or 'no fields'}, which none of the {len(ROLLOUT_FORMATS)} known formats recognises.",
    )


def claiming_format(head: Head, only: RolloutFormat | None = None) -> str | None:
    """Name the format that takes a whole file as one record; None when its records are told one by one."""
    members = ROLLOUT_FORMATS.values() if only is None else (only,)
    return next((member.name for member in members if member.claims(head)), None)


def bundling_format(path: str, only: RolloutFormat | None = None) -> BundleName | None:
    """Name the format that reads a file together with others, and their bundle; None for a file that is read alone."""
    members = ROLLOUT_FORMATS.values() if only is None else (only,)
    keys = ((member, member.bundle_key(path)) for member in members)
    return next((BundleName(one.name, key, one.bundle_least) for one, key in keys if key is not None), None)


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


__all__ = [
    "ROLLOUT_FORMATS",
    "BundleName",
    "Decoded",
    "Head",
    "RawRecord",
    "RefusedRecord",
    "Rejection",
    "RolloutFormat",
    "Source",
    "bundling_format",
    "claiming_format",
    "decode_record",
    "detect_format",
    "read_records",
]
