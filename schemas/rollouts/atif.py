"""ATIF, the Agent Trajectory Interchange Format of Harbor, v1.5 to v1.8: one document is one session.

Read against harbor 0.25.0 (`models/trajectories`). A step is one message; an agent's step also holds the results of
its calls, which become messages of their own. The reward is not part of ATIF (Harbor keeps it in `results.json`);
it is read, with task, trial, status, benchmark and split, from the document's own `extra` when a writer put it there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chat import policy_text, prompt_key, read_content
from schemas.rollouts.fields import COUNT, FLAG, INTEGER, REAL, TEXT, Fields, json_text
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.linking import link_results
from schemas.rollouts.openai_chat import STATUS, TASK_KEY, read_reward, read_toolset
from schemas.trajectory import Message, Origin, Relation, Role, Status, Task, ToolCall, Trajectory

MINOR_VERSIONS = range(5, 9)
ROLES = {"system": Role.SYSTEM, "user": Role.USER, "agent": Role.ASSISTANT}


@dataclass(frozen=True, kw_only=True)
class Atif(RolloutFormat):
    """One ATIF document: the session, and the sessions of its subagents."""

    name: str = "atif"
    version: str = "1"
    reads: str = "a trajectory document, v1.5 to v1.8 (harbor 0.25.0), embedded subagents included"
    carries: str = "messages, reasoning, tool schemas, token counts, cost, subagents, copied context"
    lacks: str = "the reward, unless the document's own `extra` or Harbor's `result.json` tells"
    example: str = "winnow ingest 'jobs/**/agent/trajectory*.json'"

    def recognises(self, record: object) -> bool:
        """Tell a document by its `schema_version`."""
        return isinstance(record, dict) and str(record.get("schema_version")).startswith("ATIF")

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one document; its subagents follow it, depth first.

        Raises:
            RecordFault: the version is not read, or a step is not what ATIF promises.
        """
        trajectories: list[Trajectory] = []
        self._read(Fields(record.raw, "$"), record, source, trajectories, parent_id=None)
        return tuple(trajectories)

    def _read(
        self,
        fields: Fields,
        record: RawRecord,
        source: Source,
        trajectories: list[Trajectory],
        *,
        parent_id: str | None,
    ) -> None:
        """Append the session of one document, then those of its subagents."""
        _check_version(fields)
        subagents = fields.take_objects("subagent_trajectories")
        trajectory = self._session(fields, record, source, part=len(trajectories), parent_id=parent_id)
        trajectories.append(trajectory)
        for subagent in subagents:
            self._read(subagent, record, source, trajectories, parent_id=trajectory.trajectory_id)

    def _session(
        self, fields: Fields, record: RawRecord, source: Source, *, part: int, parent_id: str | None
    ) -> Trajectory:
        steps = fields.take_objects("steps")
        if not steps:
            raise fields.fault(RejectReason.EMPTY_CONVERSATION, "`steps` is empty.")
        messages = link_results(list(_messages(steps)))
        agent, totals, outcome = (fields.take_object(name) for name in ("agent", "final_metrics", "extra"))
        task_id = outcome.take_if("task_id", TASK_KEY)
        trajectory = Trajectory(
            record_id=record.record_id,
            record_part=part,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=outcome.take_if("benchmark", TEXT) or source.name,
                task_key=prompt_key(messages, record.record_id) if task_id is None else str(task_id),
                split=outcome.take_if("split", TEXT),
                policy=policy_text(messages),
            ),
            messages=messages,
            trial=outcome.take_if("trial", INTEGER),
            agent=agent.take("name", TEXT),
            model=agent.take("model_name", TEXT),
            status=outcome.take_if("status", STATUS) or Status.UNKNOWN,
            termination_reason=outcome.take_if("termination_reason", TEXT),
            outcome_reward=read_reward(outcome),
            cost_usd=totals.take("total_cost_usd", REAL),
            prompt_tokens=totals.take("total_prompt_tokens", COUNT),
            completion_tokens=totals.take("total_completion_tokens", COUNT),
            toolset=read_toolset(agent, "tool_definitions"),
            parent_id=parent_id,
            relation=Relation.ATTEMPT if parent_id is None else Relation.SUBAGENT,
        )
        for name, left in (("agent", agent), ("final_metrics", totals), ("extra", outcome)):
            fields.put(name, left.rest())
        return msgspec.structs.replace(trajectory, extra=fields.rest())


ATIF = Atif()


def _check_version(fields: Fields) -> None:
    """Refuse a version that we do not know; the version itself stays in `extra`."""
    version = fields.require("schema_version", TEXT)
    match = re.fullmatch(r"ATIF-v1\.(\d+)", version)
    if match is None or int(match[1]) not in MINOR_VERSIONS:
        known = ", ".join(f"ATIF-v1.{minor}" for minor in MINOR_VERSIONS)
        raise RecordFault(RejectReason.UNSUPPORTED_VERSION, f"Version {version!r}. Versions read: {known}.")
    fields.put("schema_version", json_text(version))


def _messages(steps: list[Fields]) -> Iterator[Message]:
    seq = 0
    for step in steps:
        observation = step.take_object("observation")
        results = observation.take_objects("results")
        step.put("observation", observation.rest())
        message = _step_message(step, seq)
        yield message
        for offset, result in enumerate(results, start=1):
            yield _result_message(result, seq + offset, message)
        seq += 1 + len(results)


def _step_message(step: Fields, seq: int) -> Message:
    source = step.require("source", TEXT)
    if source not in ROLES:
        raise step.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Unknown source {source!r}. Known sources: {', '.join(sorted(ROLES))}.",
        )
    role = ROLES[source]
    origin = _origin(step, role)
    calls = tuple(_tool_call(call) for call in step.take_objects("tool_calls"))
    text, content_json = read_content(step, "message")
    metrics = step.take_object("metrics")
    prompt_tokens, completion_tokens = (
        metrics.take("prompt_tokens", COUNT),
        metrics.take("completion_tokens", COUNT),
    )
    step.put("metrics", metrics.rest())
    return Message(
        seq=seq,
        role=role,
        origin=origin,
        text=text,
        content_json=content_json,
        reasoning=step.take("reasoning_content", TEXT),
        tool_calls=calls,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        extra=step.rest(),
    )


def _origin(step: Fields, role: Role) -> Origin:
    """Tell where a step's words come from: copied context (v1.5), or a step without any LLM call (v1.7)."""
    is_copied = step.take("is_copied_context", FLAG)
    llm_call_count = step.take("llm_call_count", COUNT)
    if llm_call_count is not None:
        step.put("llm_call_count", json_text(llm_call_count))
    if is_copied:
        return Origin.COPIED
    return Origin.SAMPLED if role is Role.ASSISTANT and llm_call_count != 0 else Origin.SCRIPTED


def _tool_call(fields: Fields) -> ToolCall:
    """Read one call; converters keep arguments that were no JSON object in `extra.raw_arguments`."""
    call_id, name = fields.take("tool_call_id", TEXT), fields.require("function_name", TEXT)
    arguments = fields.take_raw("arguments") or b"{}"
    extra = fields.take_object("extra")
    written = extra.take_if("raw_arguments", TEXT)
    if written is not None:
        fields.put("arguments", arguments.decode())
    fields.put("extra", extra.rest())
    return ToolCall(
        name=name,
        arguments=arguments.decode() if written is None else written,
        call_id=call_id,
        extra=fields.rest(),
    )


def _result_message(result: Fields, seq: int, step: Message) -> Message:
    """Read one result: a tool's answer, or, of a step without calls, what the environment says next."""
    text, content_json = read_content(result, "content")
    return Message(
        seq=seq,
        role=Role.TOOL if step.tool_calls else Role.USER,
        origin=Origin.COPIED if step.origin is Origin.COPIED else Origin.INJECTED,
        text=text,
        content_json=content_json,
        tool_call_id=result.take("source_call_id", TEXT) if step.tool_calls else None,
        extra=result.rest(),
    )
