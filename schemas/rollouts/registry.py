"""Every rollout format, and which one a record, a file or a group of files belongs to."""

from collections.abc import Iterable

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.adp import ADP
from schemas.rollouts.chats.anthropic_messages import ANTHROPIC_MESSAGES
from schemas.rollouts.chats.openai_chat import OPENAI_CHAT
from schemas.rollouts.chats.openai_responses import OPENAI_RESPONSES
from schemas.rollouts.chats.sharegpt import SHAREGPT
from schemas.rollouts.environments.agent_reward_bench import AGENT_REWARD_BENCH
from schemas.rollouts.environments.leetcode_submissions import LEETCODE_SUBMISSIONS
from schemas.rollouts.environments.minari import MINARI
from schemas.rollouts.environments.reflexion_code import REFLEXION_CODE
from schemas.rollouts.environments.reflexion_flags import REFLEXION_FLAGS
from schemas.rollouts.environments.reflexion_react import REFLEXION_REACT
from schemas.rollouts.evals.inspect_eval import INSPECT_EVAL
from schemas.rollouts.evals.nemo_gym import NEMO_GYM
from schemas.rollouts.evals.verifiers import VERIFIERS
from schemas.rollouts.evals.verifiers_traces import VERIFIERS_TRACES
from schemas.rollouts.format import BundleName, Head, RawRecord, RolloutFormat
from schemas.rollouts.harbor.atif import ATIF
from schemas.rollouts.labels.labels_csv import LABELS_CSV
from schemas.rollouts.openhands.completions import OPENHANDS_COMPLETIONS
from schemas.rollouts.openhands.reports import OPENHANDS_REPORTS
from schemas.rollouts.openhands.sdk import OPENHANDS_SDK
from schemas.rollouts.openhands.v0 import OPENHANDS
from schemas.rollouts.raw.cutting import RefusedRecord
from schemas.rollouts.replay.continuations import WINNOW_CONTINUATION
from schemas.rollouts.sessions.claude_code import CLAUDE_CODE
from schemas.rollouts.sessions.codex import CODEX
from schemas.rollouts.swe.agentlens import AGENTLENS
from schemas.rollouts.swe.mini_swe_agent import MINI_SWE_AGENT
from schemas.rollouts.swe.swe_agent import SWE_AGENT
from schemas.rollouts.swe.swe_bench_reports import SWE_BENCH_REPORTS
from schemas.rollouts.tau.tau2 import TAU2
from schemas.rollouts.tau.tau_bench import TAU_BENCH
from schemas.rollouts.traces.langfuse import LANGFUSE
from schemas.rollouts.traces.otel import OTEL
from schemas.rollouts.trainers.atropos import ATROPOS
from schemas.rollouts.trainers.skyrl_dump import SKYRL_DUMP
from schemas.rollouts.trainers.verl_dump import VERL_DUMP

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
    "winnow_continuation": WINNOW_CONTINUATION,
    "sharegpt": SHAREGPT,
    "openai_chat": OPENAI_CHAT,
}
"""All formats by name, the most specific first: detection takes the first that recognises a record."""

BUNDLING_FORMATS = tuple(
    member for member in ROLLOUT_FORMATS.values() if type(member).bundle_key is not RolloutFormat.bundle_key
)
"""Those that read several files as one record: only they are asked about each path of a large folder."""


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


def parted(record: RawRecord) -> Iterable[RawRecord]:
    """Part a file that a format claimed into what can be read and what is refused; any other record is one."""
    member = None if record.claimed_by is None else ROLLOUT_FORMATS.get(record.claimed_by)
    return (record,) if member is None or isinstance(record, RefusedRecord) else member.part(record)


def bundling_format(path: str, only: RolloutFormat | None = None) -> BundleName | None:
    """Name the format that reads a file together with others, and their bundle; None for a file that is read alone."""
    members = BUNDLING_FORMATS if only is None else (only,)
    keys = ((member, member.bundle_key(path)) for member in members)
    return next((BundleName(one.name, key, one.bundle_least) for one, key in keys if key is not None), None)
