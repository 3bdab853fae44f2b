"""Any JSON that no format reads, by a mapping from JSONPath to canonical fields: see `spec` for what it says.

A mapping is chosen (`--mapping`), never detected: what `suggest` guesses is written down for a person to read
first. What no path takes ends in `extra`, exactly spelled: of the call, of the message, or of the trajectory.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.mapping.facts import MappedFacts
from schemas.rollouts.mapping.json_paths import Node
from schemas.rollouts.mapping.messages import mapped_conversations
from schemas.rollouts.mapping.spec import MappingSpec, parse_mapping
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import COUNT, INTEGER, REAL
from schemas.trajectory import Message, Status, Task, Trajectory

DECODER_VERSION = "1"


@dataclass(frozen=True, kw_only=True)
class MappedFormat(RolloutFormat):
    """Records as one mapping reads them."""

    spec: MappingSpec

    def recognises(self, record: object) -> bool:
        """Tell nothing: a mapping is chosen, so every object is its record."""
        return isinstance(record, dict)

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one record: one rollout, or one per response.

        Raises:
            RecordFault: a path leads to a value of a wrong kind, or there is no conversation.
        """
        root = Node(record.raw, "$")
        conversations = mapped_conversations(root, self.spec)
        if not conversations or not all(conversations):
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "The mapping's paths lead to no message.")
        trajectories = [
            self._trajectory(
                messages, MappedFacts(root, self.spec, part=part, count=len(conversations)), record, source
            )
            for part, messages in enumerate(conversations)
        ]
        extra = root.rest()
        return tuple(
            replace(trajectory, record_part=part, extra=extra) for part, trajectory in enumerate(trajectories)
        )

    def _trajectory(
        self, messages: tuple[Message, ...], facts: MappedFacts, record: RawRecord, source: Source
    ) -> Trajectory:
        spec = self.spec
        status, termination_reason = facts.ending()
        return Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=self._task(messages, facts, record, source),
            messages=messages,
            trial=facts.value(spec.trial, INTEGER),
            agent=facts.text(spec.agent),
            model=facts.text(spec.model),
            status=status,
            termination_reason=termination_reason,
            # After a crash of the environment the number is no verdict: it is left over, and so ends in `extra`.
            outcome_reward=None if status is Status.INFRA_ERROR else facts.outcome_reward(),
            cost_usd=facts.value(spec.cost_usd, REAL),
            prompt_tokens=facts.value(spec.prompt_tokens, COUNT),
            completion_tokens=facts.value(spec.completion_tokens, COUNT),
            toolset=facts.toolset(),
            scores=tuple(facts.scores()),
        )

    def _task(
        self, messages: tuple[Message, ...], facts: MappedFacts, record: RawRecord, source: Source
    ) -> Task:
        spec = self.spec
        key = facts.text(spec.task_key)
        return Task(
            benchmark=facts.text(spec.benchmark) or benchmark_of(key or "", source.name),
            task_key=prompt_key(messages, record.record_id) if key is None else key,
            split=facts.text(spec.split),
            instruction=facts.text(spec.instruction),
            policy=policy_text(messages),
            secrets=facts.secrets(),
        )


def load_mapping(text: str, *, where: str = "mapping") -> MappedFormat:
    """Make a format of a mapping.

    Args:
        text: the YAML.
        where: what to call it in messages, usually the path.

    Raises:
        MappingError: not YAML, a value of a wrong kind, or no conversation.
        UnknownNameError: a key that mappings do not have.

    Examples:
        >>> load_mapping("{name: pairs, prompt: $.q, response: $.a}").name
        'pairs'
    """
    spec = parse_mapping(text, where=where)
    return MappedFormat(
        name=spec.name,
        version=f"{DECODER_VERSION}-{spec.spec_hash[:12]}",
        reads=f"what the mapping {spec.name!r} says",
        carries="the fields that it maps; all others in `extra`",
        lacks="what it does not map",
        example="winnow ingest 'rollouts/*.jsonl' --mapping mapping.yaml",
        spec=spec,
    )
