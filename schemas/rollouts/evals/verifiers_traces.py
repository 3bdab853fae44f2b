"""verifiers v1 traces: one JSONL line is one rollout, as a graph of messages (`verifiers_nodes.py`).

Read against the code (`verifiers/v1/`: `trace.py` 00eee6c, `graph.py` and `types.py` 0184474); no published trace was
found. The tools are those of the last turn; a root that was prompted with others keeps them in its node.

Each leaf ends a conversation: the first one is the attempt, later ones (a compaction, a subagent, a second try) are its
branches and share what they have in common. Outcome, scores, cost and tokens are of the whole trace and stand on the
attempt alone. The reward is the weighted sum that verifiers trains on; weights stay in `extra.rewards`. The task's own
row and `info` (which holds the judges' prompts) go to quarantine: what of them the policy may see is in its messages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import read_toolset
from schemas.rollouts.evals.verifiers_nodes import conversations, read_nodes
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.branches import part_branches
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import FLAG, INTEGER, REAL, TEXT, Fields, json_text
from schemas.trajectory import Message, Relation, Score, ScoreSource, Status, Task, TaskSecrets, Trajectory

TRACE_FIELDS = frozenset({"nodes", "task", "agent"})
VERSION = 1
BUDGETS = frozenset(
    {"max_turns", "max_input_tokens", "max_output_tokens", "max_total_tokens", "compaction_failed"}
)
"""Stop conditions that verifiers counts as truncation."""
NAMES: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
CallTokens = Annotated[int, msgspec.Meta(ge=0, le=2**40)]
"""No call has more; so their sum fits its column."""


class _Usage(msgspec.Struct):
    prompt_tokens: CallTokens
    """Without those read from the cache."""
    completion_tokens: CallTokens
    cached_input_tokens: CallTokens | None = None
    cost: float | None = None


class _Call(msgspec.Struct):
    model: str | None = None
    usage: _Usage | None = None


CALLS = msgspec.json.Decoder(list[_Call])


class _Totals(NamedTuple):
    """Over all calls that tell; null when none does."""

    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, kw_only=True)
class VerifiersTraces(RolloutFormat):
    """One trace: a rollout with all its branches."""

    name: str = "verifiers_traces"
    version: str = "1"
    reads: str = "a line of `traces.jsonl` (verifiers 0.4.0, trace version 1)"
    carries: str = (
        "messages with token ids, masks and logprobs, branches, rewards with weights, tools, cost and tokens"
    )
    lacks: str = "trial numbers; tensors (routed experts, pixels) are not in the file"
    example: str = "winnow ingest 'outputs/**/traces.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a trace by its graph."""
        return (
            isinstance(record, dict) and record.keys() >= TRACE_FIELDS and isinstance(record["nodes"], list)
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one trace; its branches follow the attempt.

        Raises:
            RecordFault: the version is not read, or the graph is none.
        """
        trace = Fields(record.raw, "$")
        _check_version(trace)
        told = conversations(read_nodes(trace.take_objects("nodes")))
        if not told:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "`nodes` is empty.")
        agent, totals, status = trace.take_object("agent"), _totals(trace), _status(trace)
        reward, rewards = _rewards(trace)
        whole = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=_task(trace, told[0], record, source),
            messages=told[0],
            agent=agent.take_if("name", TEXT),
            model=totals.model,
            status=status,
            termination_reason=trace.take_if("stop_condition", TEXT),
            outcome_reward=None if status is Status.INFRA_ERROR else reward,
            cost_usd=totals.cost_usd,
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            toolset=read_toolset(trace, "tools"),
            scores=(*rewards, *_metrics(trace)),
        )
        trace.put("agent", agent.rest())
        return tuple(_branches(replace(whole, extra=trace.rest()), told))


VERIFIERS_TRACES = VerifiersTraces()


def _check_version(trace: Fields) -> None:
    version = trace.take("version", INTEGER)
    if version not in (None, VERSION):
        raise RecordFault(
            RejectReason.UNSUPPORTED_VERSION, f"Trace version {version}. Version read: {VERSION}."
        )


def _branches(whole: Trajectory, told: Sequence[tuple[Message, ...]]) -> Iterator[Trajectory]:
    made: list[Trajectory] = []
    for part, branch in enumerate(part_branches(told)):
        if not made:
            made.append(whole)
        else:
            made.append(
                replace(
                    whole,
                    record_part=part,
                    messages=branch.own,
                    shared_count=branch.shared_count,
                    parent_id=made[branch.parent or 0].trajectory_id,
                    relation=Relation.BRANCH,
                    outcome_reward=None,
                    scores=(),
                    cost_usd=None,
                    prompt_tokens=None,
                    completion_tokens=None,
                    extra=None,
                )
            )
        yield made[-1]


def _task(trace: Fields, messages: tuple[Message, ...], record: RawRecord, source: Source) -> Task:
    """Read the task; a rollout's task without key or hash is named by its prompt."""
    task = trace.take_object("task")
    key = task.take_if("key", TEXT)
    task_hash = None if key else task.take_if("hash", TEXT)
    private = {"task": task.rest(), "info": trace.take_raw("info")}
    held = {name: msgspec.Raw(raw) for name, raw in private.items() if raw is not None}
    return Task(
        benchmark=source.name,
        task_key=key or task_hash or prompt_key(messages, record.record_id),
        policy=policy_text(messages),
        secrets=TaskSecrets(extra=json_text(held)) if held else None,
    )


def _status(trace: Fields) -> Status:
    """Errors of a trace that is `ok` were overcome by another attempt; all flags stay in `extra`."""
    flags = {name: trace.take_if(name, FLAG) for name in ("ok", "is_completed")}
    for name, flag in flags.items():
        trace.put(name, None if flag is None else json_text(flag))
    errors, stop = trace.take_raw("errors"), trace.take_if("stop_condition", TEXT)
    trace.put("errors", None if errors is None else errors.decode())
    trace.put("stop_condition", None if stop is None else json_text(stop))
    if errors not in (None, b"[]") and not flags["ok"]:
        return Status.INFRA_ERROR
    if stop in BUDGETS:
        return Status.TRUNCATED
    return Status.COMPLETED if flags["is_completed"] else Status.UNKNOWN


def _rewards(trace: Fields) -> tuple[float | None, list[Score]]:
    """Read the named rewards; one that is null was never scored, and so is a trace of none but such."""
    rewards = trace.take_object("rewards")
    names = list(NAMES.decode(rewards.rest() or "{}"))
    scores: list[Score] = []
    total: float | None = None
    for name in names:
        part = rewards.take_object(name)
        if part.is_empty:
            rewards.put(name, "null")
            continue
        value = part.require("score", REAL)
        weight = part.take("weight", REAL)
        part.put("weight", None if weight is None else json_text(weight))
        rewards.put(name, part.rest())
        total = (total or 0.0) + value * (1.0 if weight is None else weight)
        scores.append(Score(name=name, value=value, source=ScoreSource.VERIFIER))
    trace.put("rewards", rewards.rest())
    return total, scores


def _metrics(trace: Fields) -> Iterator[Score]:
    metrics = trace.take_object("metrics")
    for name in list(NAMES.decode(metrics.rest() or "{}")):
        value = metrics.take_if(name, REAL)
        if value is not None:
            yield Score(name=name, value=value, source=ScoreSource.VERIFIER)
    trace.put("metrics", metrics.rest())


def _totals(trace: Fields) -> _Totals:
    """Add up the calls, which stay in `extra`; a prompt's tokens include those read from the cache."""
    raw = trace.take_raw("calls")
    if raw is None:
        return _Totals()
    trace.put("calls", raw.decode())
    try:
        calls = CALLS.decode(raw)
    except msgspec.ValidationError as exc:
        raise trace.fault(RejectReason.UNEXPECTED_SHAPE, f"`calls`: {exc}.") from exc
    used = [call.usage for call in calls if call.usage is not None]
    costs = [usage.cost for usage in used if usage.cost is not None]
    return _Totals(
        model=next((call.model for call in calls if call.model is not None), None),
        prompt_tokens=sum(u.prompt_tokens + (u.cached_input_tokens or 0) for u in used) if used else None,
        completion_tokens=sum(u.completion_tokens for u in used) if used else None,
        cost_usd=sum(costs) if costs else None,
    )
