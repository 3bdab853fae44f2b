"""OpenAI chat rollouts: `messages`, optionally `tools`, and whatever else the writer knew.

Most often JSON Lines, one conversation per line; read against the Chat Completions reference and published SFT rows of
SWE-smith. `benchmark`, `task_id` (or `instance_id`), `split`, `trial`, `agent`, `model`, `reward` (or `outcome_reward`, `score`), `status`,
`termination_reason`, `cost_usd`, `prompt_tokens`, `completion_tokens` and `tools` are read when they have the expected
type; anything else is kept exactly in `extra`. What lies under `winnow` is what Winnow's own writer put there.
"""

from dataclasses import dataclass

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import chat_messages, policy_text, prompt_key
from schemas.rollouts.parts.fields import COUNT, ELEMENTS, INTEGER, REAL, TEXT, Fields
from schemas.rollouts.parts.own_facts import (
    KEY,
    MESSAGE_FACTS,
    TRAJECTORY_FACTS,
    restore_messages,
    restore_trajectory,
)
from schemas.trajectory import Status, Task, Toolset, Trajectory

STATUS = msgspec.json.Decoder(Status)
TASK_KEY: msgspec.json.Decoder[str | int] = msgspec.json.Decoder(str | int)
TASK_NAMES = ("task_id", "instance_id")
REWARD_NAMES = ("outcome_reward", "reward", "score")


@dataclass(frozen=True, kw_only=True)
class OpenaiChat(RolloutFormat):
    """One conversation with its outcome, as chat-completion messages."""

    name: str = "openai_chat"
    version: str = "3"
    reads: str = (
        "an object with `messages` (OpenAI chat completions, legacy function calls, reasoning fields)"
    )
    carries: str = "messages, `tools`, and when given task_id or instance_id, trial, agent, model, reward, status, benchmark, split, cost, tokens"
    lacks: str = "whatever the optional fields do not say"
    example: str = "winnow ingest 'rollouts/*.jsonl.zst' --source nightly-eval"

    def recognises(self, record: object) -> bool:
        """Tell a conversation by its list of messages."""
        return isinstance(record, dict) and isinstance(record.get("messages"), list)

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one conversation.

        Raises:
            RecordFault: there are no messages, or one is not a chat message.
        """
        fields = Fields(record.raw, "$")
        facts = fields.take(KEY, TRAJECTORY_FACTS)
        objects = fields.take_objects("messages")
        if not objects:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "`messages` is empty.")
        told = [message.take(KEY, MESSAGE_FACTS) for message in objects]
        messages = restore_messages(chat_messages(objects), told, fields)
        task_key = read_task_key(fields)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=fields.take_if("benchmark", TEXT) or benchmark_of(task_key or "", source.name),
                task_key=prompt_key(messages, record.record_id) if task_key is None else task_key,
                split=fields.take_if("split", TEXT),
                policy=policy_text(messages),
            ),
            messages=messages,
            trial=fields.take_if("trial", INTEGER),
            agent=fields.take_if("agent", TEXT),
            model=fields.take_if("model", TEXT),
            status=fields.take_if("status", STATUS) or Status.UNKNOWN,
            termination_reason=fields.take_if("termination_reason", TEXT),
            outcome_reward=read_reward(fields),
            cost_usd=fields.take_if("cost_usd", REAL),
            prompt_tokens=fields.take_if("prompt_tokens", COUNT),
            completion_tokens=fields.take_if("completion_tokens", COUNT),
            toolset=read_toolset(fields, "tools"),
            extra=fields.rest(),
        )
        return (restore_trajectory(trajectory, facts, fields),)


OPENAI_CHAT = OpenaiChat()


def read_task_key(fields: Fields) -> str | None:
    """Take the first name of a task, as chats or as SWE-bench and SWE-smith call it; null when it has none."""
    found = (fields.take_if(name, TASK_KEY) for name in TASK_NAMES)
    return next((str(key) for key in found if key is not None), None)


def read_reward(fields: Fields) -> float | None:
    """Take the first reward under any of its usual names; null is unknown."""
    found = (fields.take_if(name, REAL) for name in REWARD_NAMES)
    return next((reward for reward in found if reward is not None), None)


def read_toolset(fields: Fields, name: str) -> Toolset | None:
    """Take an array of tool schemas in its own spelling, also out of a JSON string, which is how TRL stores it."""
    raw = fields.take_raw(name)
    if raw is None:
        return None
    try:
        tools = TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()
        ELEMENTS.decode(tools)
    except msgspec.DecodeError:
        fields.put(name, raw.decode())
        return None
    return Toolset(tools=tools)
