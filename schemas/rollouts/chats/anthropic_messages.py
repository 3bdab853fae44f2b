"""Anthropic Messages: a conversation (system, tools, messages with content blocks), or one request and its response.

Read as the Messages API reference describes it; no real file of this shape was at hand. A conversation alone is a
rollout: what its assistant says was sampled. Of a request with its response only the response was: what the assistant
said before is the output of earlier calls, which a log of the traffic holds as records of their own.

Anthropic's `input_tokens` leave out what came from or went to the cache; `prompt_tokens` counts all that the model
read, as OpenAI does, and the cached parts stay in `extra`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.anthropic_blocks import ROLES, block_messages
from schemas.rollouts.chats.openai_chat import STATUS, TASK_KEY, read_reward, read_toolset
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import COUNT, INTEGER, TEXT, Fields
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.peeking import peek, peek_inside
from schemas.trajectory import Message, Origin, Status, Task, Trajectory

BLOCK_KINDS = frozenset(
    {"tool_use", "tool_result", "thinking", "redacted_thinking", "document", "server_tool_use"}
)
"""Blocks that no other API's messages have."""
CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")
ENDINGS = {
    "end_turn": Status.COMPLETED,
    "stop_sequence": Status.COMPLETED,
    "refusal": Status.COMPLETED,
    "max_tokens": Status.TRUNCATED,
    "model_context_window_exceeded": Status.TRUNCATED,
}
"""A response that ends with `tool_use` or `pause_turn` is not the end of its rollout."""


@dataclass(frozen=True, kw_only=True)
class AnthropicMessages(RolloutFormat):
    """A conversation, or one call, in the shape of the Messages API."""

    name: str = "anthropic_messages"
    version: str = "1"
    reads: str = "{system, tools, messages}, or {request, response} of one call (Messages API reference)"
    carries: str = (
        "messages, thinking, calls and results of all kinds, tool schemas, tokens, how it ended; "
        "when given task_id, trial, agent, status, reward, benchmark, split"
    )
    lacks: str = "reward and task, unless the optional fields tell"
    example: str = "winnow ingest 'proxy/messages/*.jsonl' --source proxy"

    def recognises(self, record: object) -> bool:
        """Tell a conversation by blocks, tools or a response of Anthropic's, or by a system prompt beside it."""
        if not isinstance(record, dict):
            return False
        request = record.get("request", record)
        messages = request.get("messages") if isinstance(request, dict) else None
        if not isinstance(messages, list) or not all(map(_may_be_anthropic, messages)):
            return False
        return (
            "system" in request
            or _has_response(record)
            or _has_tools(request)
            or any(map(_has_blocks, messages))
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one conversation.

        Raises:
            RecordFault: there are no messages, or one is not Anthropic's.
        """
        fields = Fields(record.raw, "$")
        inner = fields.take_object("request")
        request = fields if inner.is_empty else inner
        response = _take_response(fields)
        earlier = Origin.SAMPLED if response.is_empty else Origin.COPIED
        messages = link_results(list(_messages(request, response, earlier)))
        if not messages:
            raise RecordFault(RejectReason.EMPTY_CONVERSATION, "`messages` is empty.")
        ending = response.take_if("stop_reason", TEXT)
        prompt_tokens, completion_tokens = _tokens(response)
        model = response.take_if("model", TEXT) or request.take_if("model", TEXT)
        toolset = read_toolset(request, "tools")
        fields.put("request", inner.rest())
        fields.put("response", response.rest())
        task_id = fields.take_if("task_id", TASK_KEY)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=fields.take_if("benchmark", TEXT) or source.name,
                task_key=prompt_key(messages, record.record_id) if task_id is None else str(task_id),
                split=fields.take_if("split", TEXT),
                policy=policy_text(messages),
            ),
            messages=messages,
            trial=fields.take_if("trial", INTEGER),
            agent=fields.take_if("agent", TEXT),
            model=model,
            status=fields.take_if("status", STATUS) or ENDINGS.get(ending or "", Status.UNKNOWN),
            termination_reason=ending,
            outcome_reward=read_reward(fields),
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            toolset=toolset,
        )
        return (replace(trajectory, extra=fields.rest()),)


ANTHROPIC_MESSAGES = AnthropicMessages()


def _may_be_anthropic(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") in ROLES and "tool_calls" not in message


def _has_blocks(message: dict[str, object]) -> bool:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    return any(isinstance(block, dict) and _is_own(block) for block in blocks)


def _is_own(block: dict[str, object]) -> bool:
    """Tell a block from OpenAI's parts; both have texts, and images of different shapes."""
    kind = block.get("type")
    return kind in BLOCK_KINDS or (kind == "image" and "source" in block)


def _has_tools(request: dict[str, object]) -> bool:
    tools = request.get("tools")
    return isinstance(tools, list) and any(
        isinstance(tool, dict) and "input_schema" in tool for tool in tools
    )


def _has_response(record: dict[str, object]) -> bool:
    response = record.get("response")
    return isinstance(response, dict) and response.get("type") == "message"


def _take_response(fields: Fields) -> Fields:
    """Take what came back; a field of that name which is no message reads as none, and stays."""
    is_message = peek(peek_inside(fields, "response"), "type", TEXT) == "message"
    return fields.take_object("response") if is_message else Fields(b"{}", "$.response")


def _messages(request: Fields, response: Fields, earlier: Origin) -> Iterator[Message]:
    """Read the system prompt, the messages, and what came back."""
    seq = 0
    for fields, origin in _sources(request, response, earlier):
        for message in block_messages(fields, seq, origin=origin):
            yield message
            seq += 1


def _sources(request: Fields, response: Fields, earlier: Origin) -> Iterable[tuple[Fields, Origin | None]]:
    system = request.take_raw("system")
    if system is not None:
        yield Fields(b'{"role":"system","content":%b}' % system, "$.system"), None
    for fields in request.take_objects("messages"):
        is_assistant = peek(fields, "role", TEXT) == "assistant"
        yield fields, earlier if is_assistant else None
    content = response.take_raw("content")
    if content is not None:
        yield Fields(b'{"role":"assistant","content":%b}' % content, "$.response"), None


def _tokens(response: Fields) -> tuple[int | None, int | None]:
    """Count what the model read, cached or not, and what it wrote."""
    usage = response.take_object("usage")
    uncached = usage.take_if("input_tokens", COUNT)
    completion_tokens = usage.take_if("output_tokens", COUNT)
    cached = (peek(usage, name, COUNT) or 0 for name in CACHED)
    prompt_tokens = None if uncached is None else uncached + sum(cached)
    response.put("usage", usage.rest())
    return prompt_tokens, completion_tokens
