"""The canonical record: one rollout, whole, whatever scaffold wrote it.

Facts of the rollout live here. What was *computed* from it (steps, signals, decisions) does not: see `tables`.
JSON whose shape varies (tool arguments, tool schemas, vendor extras) stays an exact JSON string: an Arrow struct
would pad it with nulls and so change what a model is trained on.
"""

from enum import StrEnum

import msgspec

from schemas.identity import digest


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Origin(StrEnum):
    """Where a message's words come from; only `SAMPLED` and `REPAIRED` assistant words may be trained."""

    SAMPLED = "sampled"
    """Drawn from the policy that is the subject of the rollout."""
    SCRIPTED = "scripted"
    """Written by the scaffold (a fixed greeting, a system prompt), or by the user side."""
    INJECTED = "injected"
    """Put in by the environment: a tool result, an error, a reminder."""
    DEMO = "demo"
    """A demonstration inside the prompt."""
    COPIED = "copied"
    """Context carried over from another trajectory, which trains it already."""
    SYNTHETIC = "synthetic"
    """Made by a corruption or generation step of ours."""
    REPAIRED = "repaired"
    """Written by a repair, from words that the policy sampled elsewhere in the same rollout."""


class Status(StrEnum):
    """How the rollout ended; a crash of the environment is not a failure of the agent."""

    COMPLETED = "completed"
    TRUNCATED = "truncated"
    AGENT_ERROR = "agent_error"
    INFRA_ERROR = "infra_error"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """How a trajectory came from its parent; `ATTEMPT` has none."""

    ATTEMPT = "attempt"
    BRANCH = "branch"
    SUBAGENT = "subagent"
    CONTINUATION = "continuation"
    REPAIR = "repair"
    CORRUPTION = "corruption"


MADE_RELATIONS = (Relation.REPAIR, Relation.CORRUPTION)
"""What we made of a stored trajectory: no rollout, so no trial, and no part of its raw record."""


class ScoreSource(StrEnum):
    """Who judged."""

    ENV = "env"
    VERIFIER = "verifier"
    JUDGE = "judge"
    HUMAN = "human"


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One call as the model wrote it."""

    name: str
    arguments: str
    """The raw argument string; usually JSON, sometimes broken JSON, never reformatted."""
    call_id: str | None = None
    """The source's id; not unique in many real logs, so links go through `result_seq`."""
    result_seq: int | None = None
    """`seq` of the tool message that answers this call; null when none does."""
    extra: str | None = None
    """Source fields without a place of their own, as a JSON object."""


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message of a rollout, in order."""

    seq: int
    role: Role
    origin: Origin
    text: str | None = None
    """Plain text; null and "" are different facts of the source and both are kept."""
    content_json: str | None = None
    """The exact JSON of content that is not one plain string (parts, media); `text` then joins its text parts."""
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    text_calls: tuple[ToolCall, ...] = ()
    """Actions that the scaffold took from `text`, as the source tells them: the text alone was sampled."""
    tool_call_id: str | None = None
    """On a tool message: the id that the source says it answers."""
    call_seq: int | None = None
    """On a tool message: `seq` of the assistant message whose call it answers; null for an orphan."""
    name: str | None = None
    """Name of the tool (or speaker) as the source gives it."""
    reward: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    extra: str | None = None


class Score(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One verdict on a trajectory, a step or a span."""

    name: str
    value: float | None
    source: ScoreSource
    scope: str = "trajectory"
    step: int | None = None
    annotator: str | None = None
    explanation: str | None = None


class Toolset(msgspec.Struct, frozen=True, kw_only=True):
    """The tool schemas that a policy saw."""

    tools: str
    """The exact JSON array of tool schemas, in the source's own spelling."""

    @property
    def toolset_id(self) -> str:
        """Identity by content."""
        return digest("toolset", self.tools)


class TaskSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy must never see: quarantined in a table that no export opens."""

    gold_actions: str | None = None
    gold_outputs: str | None = None
    private_instruction: str | None = None
    extra: str | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One problem, which rollouts attempt."""

    benchmark: str
    task_key: str
    """The benchmark's own name of the task, unique within it (`airline/12`)."""
    split: str | None = None
    instruction: str | None = None
    """What the policy is told, when that is known apart from the messages."""
    policy: str | None = None
    """The rules that the environment gives (often the system prompt)."""
    secrets: TaskSecrets | None = None

    @property
    def task_id(self) -> str:
        """Identity by benchmark and key, so that one task from several sources is one task."""
        return digest("task", self.benchmark, self.task_key)


class Trajectory(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout of one policy on one task."""

    record_id: str
    """SHA-256 of the raw record that it came from (a repair keeps its parent's)."""
    record_part: int = 0
    """Which trajectory of that record: one record may hold several."""
    source_name: str
    source_format: str
    task: Task
    messages: tuple[Message, ...]
    """Its own messages, in order; those that it shares with its parent are stored there only."""
    shared_count: int = 0
    """How many messages at the start are the parent's; `seq` of the first own message."""
    trial: int | None = None
    agent: str | None = None
    model: str | None = None
    status: Status = Status.UNKNOWN
    termination_reason: str | None = None
    """The source's own word for why it ended."""
    outcome_reward: float | None = None
    """The environment's final reward; null is unknown and is not 0."""
    cost_usd: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    toolset: Toolset | None = None
    scores: tuple[Score, ...] = ()
    parent_id: str | None = None
    relation: Relation = Relation.ATTEMPT
    repair_rule: str | None = None
    """For a repair or a corruption: the rule that made it, with its seed; part of its identity."""
    extra: str | None = None

    @property
    def trajectory_id(self) -> str:
        """Identity by raw content, and for a repair or a corruption by parent and rule."""
        if self.relation in MADE_RELATIONS:
            return digest(self.relation.value, self.parent_id, self.repair_rule)
        return digest("trajectory", self.record_id, self.record_part)

    @property
    def group_id(self) -> str:
        """The trials of one policy on one task: what pass rates, advantages and graphs compare.

        Rollouts of different policies are not pooled: a pooled success potential mostly tells which policy acted,
        not how well it acted.
        """
        return digest("group", self.task.task_id, self.agent, self.model)
