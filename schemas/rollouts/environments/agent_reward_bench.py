"""AgentRewardBench: web-agent rollouts of AgentLab, what humans say of them, and what judges say.

Read against McGill-NLP/agent-reward-bench ea58fb5 (the scripts that write `trajectories/cleaned`, `judgments` and
`annotations.csv`); no published file was read. A step is what the agent saw, and what it did about it: two messages.
Each step is a prompt of its own, whose exact messages stay in `extra`; the agent's answer in them is what was sampled,
and where it is missing the action stands for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import msgspec

from schemas.reasons import RejectReason
from schemas.rollouts.environments.agent_reward_labels import has_annotations, read_annotations, read_judgment
from schemas.rollouts.format import Head, Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.fields import ELEMENTS, FLAG, REAL, TEXT, Fields, json_text
from schemas.trajectory import Message, Origin, Role, Status, Task, Trajectory

ROLLOUT_FIELDS = frozenset({"benchmark", "agent", "goal", "summary_info", "steps"})
JUDGMENT_FIELDS = frozenset({"benchmark", "agent", "judge", "trajectory_info"})
FAILED_JUDGMENT_FIELDS = frozenset({"error", "chat_messages", "trajectory_info"})
FILE_END = ".json"


@dataclass(frozen=True, kw_only=True)
class AgentRewardBench(RolloutFormat):
    """A rollout, a judgment of one, or the table of annotations."""

    name: str = "agent_reward_bench"
    version: str = "1"
    reads: str = (
        "cleaned trajectories, judgments and `annotations.csv` (McGill-NLP/agent-reward-bench ea58fb5)"
    )
    carries: str = (
        "goal, accessibility trees, the agent's answers, actions, the environment's reward; success, side effects, "
        "optimality and looping by each annotator and each judge"
    )
    lacks: str = "screenshots (paths only), tool schemas, token counts and cost as columns"
    example: str = (
        "winnow ingest 'trajectories/cleaned/**/*.json' 'trajectories/judgments/**/*.json' annotations.csv"
    )

    def recognises(self, record: object) -> bool:
        """Tell a rollout, a judgment, or a judgment that failed, by its fields."""
        kinds = (ROLLOUT_FIELDS, JUDGMENT_FIELDS, FAILED_JUDGMENT_FIELDS)
        return isinstance(record, dict) and any(record.keys() >= kind for kind in kinds)

    def claims(self, head: Head) -> bool:
        """Claim the table of annotations by its header."""
        return has_annotations(head)

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read a rollout, a judgment, or all annotations; a judgment that failed says nothing.

        Raises:
            RecordFault: it is not what the benchmark's scripts write.
        """
        if record.claimed_by == self.name:
            return read_annotations(record.raw)
        fields = Fields(record.raw, "$")
        names = msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw]).keys()
        if names >= ROLLOUT_FIELDS:
            return (self._rollout(fields, record, source),)
        if names >= FAILED_JUDGMENT_FIELDS:
            return ()
        return read_judgment(fields, source.file_name.removesuffix(FILE_END))

    def _rollout(self, fields: Fields, record: RawRecord, source: Source) -> Trajectory:
        goal, benchmark = fields.require("goal", TEXT), fields.require("benchmark", TEXT)
        turns = [_turn(step) for step in fields.take_objects("steps")]
        if not turns:
            raise fields.fault(RejectReason.EMPTY_CONVERSATION, "`steps` is empty.")
        asked = Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text=goal)
        messages = enumerate(chain([asked], *turns))
        summary = fields.take_object("summary_info")
        error, status = _ending(summary)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=benchmark,
                task_key=source.file_name.removesuffix(FILE_END),
                instruction=goal,
            ),
            messages=tuple(msgspec.structs.replace(message, seq=seq) for seq, message in messages),
            agent=fields.take("agent", TEXT),
            model=fields.take("model", TEXT),
            status=status,
            termination_reason=error,
            outcome_reward=None if status is Status.INFRA_ERROR else summary.take("cum_reward", REAL),
        )
        fields.put("summary_info", summary.rest())
        return msgspec.structs.replace(trajectory, extra=fields.rest())


AGENT_REWARD_BENCH = AgentRewardBench()


def _ending(summary: Fields) -> tuple[str | None, Status]:
    """Tell how it ended; an error stopped the loop of environment and agent, so its reward says nothing."""
    error = summary.take("err_msg", TEXT)
    if error is not None:
        return error, Status.INFRA_ERROR
    terminated, truncated = (summary.take_if(name, FLAG) for name in ("terminated", "truncated"))
    for name, flag in (("terminated", terminated), ("truncated", truncated)):
        if flag is not None:
            summary.put(name, json_text(flag))
    if terminated:
        return None, Status.COMPLETED
    return None, Status.TRUNCATED if truncated else Status.UNKNOWN


def _turn(step: Fields) -> Iterator[Message]:
    """Read what the agent saw, and what it answered; the last step may have no answer."""
    seen, answer = step.take("axtree", TEXT), _answer(step)
    yield Message(seq=0, role=Role.USER, origin=Origin.INJECTED, text=seen, extra=step.rest())
    if answer is not None:
        yield answer


def _answer(step: Fields) -> Message | None:
    """Read the agent's answer: its own words where the exchange ends with them, else thought and action as parsed."""
    exchange = step.take("chat_messages", ELEMENTS) or []
    said = _last_words(exchange)
    action, thought = step.take("action", TEXT), step.take("reasoning", TEXT)
    kept: dict[str, object] = {"chat_messages": exchange if said is None else exchange[:-1]}
    if said is None and action is None and thought is None:
        step.put("chat_messages", json_text(exchange) if exchange else None)
        return None
    if said is not None:
        kept |= {"action": action, "reasoning": thought}
    return Message(
        seq=0,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        text=action if said is None else said,
        reasoning=thought if said is None else None,
        extra=json_text({name: value for name, value in kept.items() if value}),
    )


def _last_words(exchange: list[msgspec.Raw]) -> str | None:
    """Give the agent's answer, if the exchange ends with one that is nothing but text."""
    if not exchange:
        return None
    last = Fields(exchange[-1], "$.steps.chat_messages[-1]")
    is_agents = last.take_if("role", TEXT) == "assistant"
    said = last.take_if("content", TEXT)
    return said if is_agents and last.is_empty else None
