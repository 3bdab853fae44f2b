"""tau2-bench results: a `Results` document holds a run's tasks and all its simulations; each is one trajectory.

Real files read: half-duplex `Results` of July and August 2025 (airline, retail, telecom without a user). From the
source (1.0.1, a2c0247): users that call tools, `MultiToolMessage`, reviews, full duplex, and the folder layout, where
`simulations/<id>.json` finds tasks and settings in `../results.json`. A bare list or JSON Lines of simulations has
neither, so policy and model are unknown there, and gold is what the checks quote. Where they quote other words than the
task's own, both are kept.

The policy is part of a system prompt that tau2 does not store, so it is the task's policy and no message.
"""

from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import TASK_KEY
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.extras import add_extra
from schemas.rollouts.parts.fields import INTEGER, REAL, TEXT, Fields, json_text
from schemas.rollouts.parts.token_totals import token_totals
from schemas.rollouts.raw.strict_json import parse_json
from schemas.rollouts.tau.tau2_messages import read_messages
from schemas.rollouts.tau.tau2_rewards import take_review, take_reward
from schemas.rollouts.tau.tau2_run import Run, bare_run, given_message_count, read_task, take_run
from schemas.rollouts.tau.tau2_ticks import take_messages
from schemas.trajectory import Message, Status, Trajectory

RESULTS = "../results.json"
RUN_FIELDS = frozenset({"simulations", "simulation_index"})
SIMULATION_FIELDS = frozenset({"id", "task_id", "termination_reason"})
STATUSES = {
    "user_stop": Status.COMPLETED,
    "agent_stop": Status.COMPLETED,
    "max_steps": Status.TRUNCATED,
    "timeout": Status.TRUNCATED,
    "too_many_errors": Status.TRUNCATED,
    "context_window_exceeded": Status.TRUNCATED,
    "agent_error": Status.AGENT_ERROR,
    "user_error": Status.INFRA_ERROR,
    "infrastructure_error": Status.INFRA_ERROR,
    "unexpected_error": Status.INFRA_ERROR,
}


@dataclass(frozen=True, kw_only=True)
class Tau2(RolloutFormat):
    """A run's document, or one simulation of it."""

    name: str = "tau2"
    version: str = "2"
    reads: str = "a `Results` document, or one simulation (of the folder layout, a list or JSON Lines); tau2-bench 1.0.1"
    carries: str = "messages, policy, reward with its checks, reviews, cost, tokens; gold and user scenarios go to quarantine"
    lacks: str = "tool schemas, mostly; tasks that no simulation ran; the reward of a crash"
    example: str = "winnow ingest data/simulations/gpt-4.1_airline_default_gpt-4.1_4trials.json"

    def recognises(self, record: object) -> bool:
        """Tell a run by its tasks and settings, a simulation by its fields."""
        if not isinstance(record, dict):
            return False
        if isinstance(record.get("tasks"), list) and isinstance(record.get("info"), dict):
            return not RUN_FIELDS.isdisjoint(record)
        return record.keys() >= SIMULATION_FIELDS and not {"messages", "ticks"}.isdisjoint(record)

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read a run or a simulation; the `results.json` of a folder only tells of simulations in other files.

        Raises:
            RecordFault: something is not what tau2 writes, or no simulation has messages.
        """
        fields = Fields(record.raw, "$")
        simulations = fields.take_objects("simulations")
        if simulations:
            return self._run(take_run(fields, source.file_name), simulations, record, source)
        if fields.take_raw("simulation_index") is not None or fields.take_raw("tasks") is not None:
            return ()
        return self._run(_run_beside(source), [fields], record, source)

    def _run(
        self, run: Run, simulations: list[Fields], record: RawRecord, source: Source
    ) -> tuple[Trajectory, ...]:
        """Read all simulations that have messages; what the others say stays with the first of those."""
        found: list[Trajectory] = []
        empty: list[msgspec.Raw] = []
        for simulation in simulations:
            trajectory = self._simulation(run, simulation, record, source, part=len(found))
            if trajectory is None:
                empty.append(msgspec.Raw(simulation.rest() or "{}"))
            else:
                found.append(trajectory)
        if not found:
            raise RecordFault(
                RejectReason.EMPTY_CONVERSATION, f"None of {len(empty)} simulations has messages or ticks."
            )
        found[0] = add_extra(found[0], "empty_simulations", json_text(empty) if empty else None)
        return tuple(found)

    def _simulation(
        self, run: Run, fields: Fields, record: RawRecord, source: Source, *, part: int
    ) -> Trajectory | None:
        task_id = fields.require("task_id", TASK_KEY)
        task_key = str(task_id)
        messages = _messages(fields, given_count=given_message_count(run, task_key))
        if not messages:
            fields.put("task_id", json_text(task_id))
            take_reward(fields, keeps_value=True)
            return None
        reason = fields.take("termination_reason", TEXT)
        status = STATUSES.get(reason or "", Status.UNKNOWN)
        reviews = take_review(fields, messages)
        reward = take_reward(
            fields,
            keeps_value=status is Status.INFRA_ERROR,
            said={message.text for message in messages},
        )
        run = run._replace(policy=fields.take("policy", TEXT) or run.policy)
        prompt_tokens, completion_tokens = token_totals(messages)
        fields.put("run", run.rest)
        return Trajectory(
            record_id=record.record_id,
            record_part=part,
            source_name=source.name,
            source_format=self.name,
            task=read_task(run, task_key, source_name=source.name, quoted=reward.quoted),
            messages=messages,
            trial=fields.take("trial", INTEGER),
            agent=run.agent,
            model=run.model,
            status=status,
            termination_reason=reason,
            outcome_reward=reward.value,
            cost_usd=fields.take("agent_cost", REAL),
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            toolset=run.toolset,
            scores=(*reward.scores, *reviews),
            extra=fields.rest(),
        )


TAU2 = Tau2()


def _run_beside(source: Source) -> Run:
    """Read the run of a simulation that lies in a folder of its own."""
    raw = source.beside(RESULTS)
    if raw is None:
        return bare_run(source.file_name)
    try:
        parse_json(raw)
    except RecordFault as fault:
        raise RecordFault(fault.reason, f"{RESULTS}: {fault.detail}") from fault
    fields = Fields(raw, RESULTS)
    fields.take_raw("simulation_index")
    return take_run(fields, source.file_name)


def _messages(fields: Fields, *, given_count: int) -> tuple[Message, ...]:
    """Read the messages, or derive them from ticks; what is left of ticks goes back."""
    objects = fields.take_objects("messages")
    if not objects:
        ticks = fields.take_objects("ticks")
        objects = take_messages(ticks)
        fields.put(
            "ticks", json_text([msgspec.Raw(tick.rest() or "{}") for tick in ticks]) if ticks else None
        )
    return read_messages(objects, given_count=given_count)
