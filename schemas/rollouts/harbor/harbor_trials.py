"""What Harbor keeps beside a session: the result of its trial, and files that tell of no session.

Read against harbor 0.25.0 (`models/trial/result.py`, `models/verifier/result.py`): `<job>/<trial>/result.json` with
`agent/trajectory.json` and `verifier/reward.json` or `reward.txt` below it. No published trial was read. An exception
that is not the agent's crashed the trial, so its reward says nothing; an agent that ran out of time is still judged.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.rollouts.format import Head, Source
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.trajectory import Score, ScoreSource, Status

RESULT_FILES = ("result.json", "results.json")
REWARD_FILES = ("verifier/reward.json", "verifier/reward.txt")
SCORE_FILES = frozenset({"reward.json", "reward.txt"})
SCORE = re.compile(rb"\s*(?:\{[^{}\[\]]*\}|[-+.\deE]+)\s*")
"""One number, or one flat object."""
TRIAL_RESULT = frozenset({"task_name", "trial_name", "task_checksum"})
TRIAL_CONFIG = frozenset({"trial_name", "trials_dir", "task"})
JOB_RESULT = frozenset({"n_total_trials", "stats"})
JOB_CONFIG = frozenset({"job_name", "jobs_dir"})
OUTCOME = "reward"
"""Name of the reward that is the outcome when a verifier gives several."""
ENDINGS = {
    "AgentTimeoutError": Status.TRUNCATED,
    "NonZeroAgentExitCodeError": Status.AGENT_ERROR,
}
"""How a trial ended by its exception; every other one crashed it."""
REWARDS = msgspec.json.Decoder(dict[str, float | None])


class Trial(NamedTuple):
    """What is known of a session from the files of its trial."""

    task_key: str | None = None
    benchmark: str | None = None
    status: Status | None = None
    """Null when nothing tells how it ended."""
    termination_reason: str | None = None
    reward: float | None = None
    scores: tuple[Score, ...] = ()
    extra: str | None = None
    """The trial's name, and what was raised, as a JSON object."""


def is_trial_file(record: Mapping[str, object]) -> bool:
    """Tell a result or a config of a trial or a job: they hold no session."""
    kinds = (TRIAL_RESULT, TRIAL_CONFIG, JOB_RESULT, JOB_CONFIG)
    return any(record.keys() >= kind for kind in kinds)


def is_score_file(head: Head) -> bool:
    """Tell what a verifier wrote, which is read with the session that it judges."""
    return head.file_name in SCORE_FILES and SCORE.fullmatch(head.start) is not None


def read_trial(source: Source, *, folder: str) -> Trial:
    """Read what lies in a trial's folder; a broken or strange file tells nothing, for it is a record of its own.

    Args:
        source: where the session comes from.
        folder: the way from the session to the trial's folder, with its slash.
    """
    raw = next((raw for name in RESULT_FILES if (raw := source.beside(folder + name)) is not None), None)
    try:
        result = Fields(b"{}" if raw is None else raw, "result.json")
        return _trial(result, _rewards(result, source, folder))
    except (RecordFault, msgspec.DecodeError, UnicodeDecodeError):
        return Trial()


def _trial(result: Fields, rewards: Mapping[str, float | None]) -> Trial:
    raised = result.take_object("exception_info")
    reason = raised.take_if("exception_type", TEXT)
    status = Status.COMPLETED if rewards else None
    if reason is not None:
        status = ENDINGS.get(reason, Status.INFRA_ERROR)
    kept = {"trial_name": result.take_raw("trial_name"), "exception_info": _encoded(raised.rest())}
    told = {name: msgspec.Raw(raw) for name, raw in kept.items() if raw is not None}
    return Trial(
        task_key=result.take_if("task_name", TEXT),
        benchmark=result.take_if("source", TEXT),
        status=status,
        termination_reason=reason,
        reward=None if status is Status.INFRA_ERROR else _outcome(rewards),
        scores=tuple(
            Score(name=name, value=value, source=ScoreSource.VERIFIER) for name, value in rewards.items()
        ),
        extra=json_text(told) if told else None,
    )


def _rewards(result: Fields, source: Source, folder: str) -> dict[str, float | None]:
    """Read all rewards by name, from the result or else from what the verifier wrote."""
    told = result.take_object("verifier_result").take_if("rewards", REWARDS)
    if told:
        return told
    raw = next((raw for name in REWARD_FILES if (raw := source.beside(folder + name)) is not None), b"{}")
    read = msgspec.json.decode(raw.strip(), type=dict[str, float | None] | float)
    return {OUTCOME: read} if isinstance(read, float) else read


def _outcome(rewards: Mapping[str, float | None]) -> float | None:
    """Give the reward of that name, or the only one; of several others none is the outcome."""
    if OUTCOME in rewards or len(rewards) != 1:
        return rewards.get(OUTCOME)
    return next(iter(rewards.values()))


def _encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
