"""Continuations: what happened when somebody went on from a state that a replay request named.

One JSON object per line: `request` (the request's `request_id`, `trajectory_id`, `seq` and `task`, echoed, best with its
`tools`), `messages` (only those from that state on, as OpenAI chat messages), and what is known of how it went. `guidance`
is the text that the policy read at that state: it becomes the first message, a system message with the origin
`injected`, so that a repair can take it out again (R3L's "distill" copy). What nobody reads is kept in `extra`.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import STATUS, read_reward, read_toolset
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import COUNT, INTEGER, REAL, TEXT, Fields
from schemas.trajectory import Message, Origin, Relation, Role, Status, Task, ToolCall, Trajectory


@dataclass(frozen=True, kw_only=True)
class WinnowContinuation(RolloutFormat):
    """One continuation of a stored trial, as a branch of it."""

    name: str = "winnow_continuation"
    version: str = "1"
    reads: str = (
        "an object with `request` (what `winnow replay export` wrote, echoed) and `messages` from there on"
    )
    carries: str = "messages behind the shared ones, guidance, reward, status, agent, model, trial, cost, tokens, `tools`"
    lacks: str = (
        "the shared start, which its parent holds: ingest that first or last, but into the same warehouse"
    )
    example: str = "winnow ingest continuations.jsonl --format winnow_continuation"

    def recognises(self, record: object) -> bool:
        """Tell a continuation by its echoed request."""
        if not isinstance(record, dict) or not isinstance(record.get("messages"), list):
            return False
        request = record.get("request")
        return isinstance(request, dict) and {"trajectory_id", "seq"} <= request.keys()

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one continuation.

        Raises:
            RecordFault: the request does not say whose continuation it is, or nothing was said.
        """
        fields = Fields(record.raw, "$")
        request = fields.take_object("request")
        parent_id, seq = request.require("trajectory_id", TEXT), request.require("seq", COUNT)
        task = _task(request)
        toolset = read_toolset(fields, "tools") or read_toolset(request, "tools")
        messages = _messages(fields, seq)
        fields.put("request", request.rest())
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=task,
            messages=messages,
            shared_count=seq,
            parent_id=parent_id,
            relation=Relation.BRANCH,
            trial=fields.take_if("trial", INTEGER),
            agent=fields.take_if("agent", TEXT),
            model=fields.take_if("model", TEXT),
            status=fields.take_if("status", STATUS) or Status.UNKNOWN,
            termination_reason=fields.take_if("termination_reason", TEXT),
            outcome_reward=read_reward(fields),
            cost_usd=fields.take_if("cost_usd", REAL),
            prompt_tokens=fields.take_if("prompt_tokens", COUNT),
            completion_tokens=fields.take_if("completion_tokens", COUNT),
            toolset=toolset,
            extra=fields.rest(),
        )
        return (trajectory,)


WINNOW_CONTINUATION = WinnowContinuation()


def _task(request: Fields) -> Task:
    """Read the parent's task: only so do both lie in one bucket and one group of trials."""
    told = request.take_object("task")
    task = Task(benchmark=told.require("benchmark", TEXT), task_key=told.require("task_key", TEXT))
    request.put("task", told.rest())
    return task


def _messages(fields: Fields, seq: int) -> tuple[Message, ...]:
    """Read guidance and messages, numbered from `seq` on."""
    said = chat_messages(fields.take_objects("messages"))
    if not said:
        raise RecordFault(RejectReason.EMPTY_CONVERSATION, "`messages` is empty: nobody went on.")
    text = fields.take("guidance", TEXT)
    if text is None:
        return tuple(_moved(message, seq) for message in said)
    guidance = Message(seq=seq, role=Role.SYSTEM, origin=Origin.INJECTED, text=text)
    return (guidance, *(_moved(message, seq + 1) for message in said))


def _moved(message: Message, by: int) -> Message:
    """Number a message, and what it links to, `by` higher."""

    def moved(call: ToolCall) -> ToolCall:
        return call if call.result_seq is None else replace(call, result_seq=call.result_seq + by)

    return replace(
        message,
        seq=message.seq + by,
        call_seq=None if message.call_seq is None else message.call_seq + by,
        tool_calls=tuple(map(moved, message.tool_calls)),
    )
