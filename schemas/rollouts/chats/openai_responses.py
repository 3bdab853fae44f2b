"""OpenAI Responses API traffic: one request and its response, or a response that was kept alone.

Read as the API reference describes it; no real file was at hand. A request that goes on from an earlier response
(`previous_response_id`) does not hold its history: the id stays in `extra`, and the history is missing.
"""

from dataclasses import dataclass

from schemas.rollouts.chats.responses_exchange import Exchange, read_exchange
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import Fields
from schemas.trajectory import Status, Task, Trajectory


@dataclass(frozen=True, kw_only=True)
class OpenaiResponses(RolloutFormat):
    """One exchange with the Responses API."""

    name: str = "openai_responses"
    version: str = "1"
    reads: str = "{request, response}, {input, output}, or a response object (Responses API reference)"
    carries: str = "messages, reasoning, calls of all kinds, tool schemas, model, tokens, how it ended"
    lacks: str = "reward, task, and the history behind `previous_response_id`"
    example: str = "winnow ingest 'proxy/responses/*.jsonl' --source proxy"

    def recognises(self, record: object) -> bool:
        """Tell an exchange by its list of output items."""
        if not isinstance(record, dict):
            return False
        request, response = record.get("request", record), record.get("response", record)
        is_exchange = isinstance(request, dict) and isinstance(response, dict)
        if not is_exchange or not isinstance(response.get("output"), list):
            return False
        is_alone = response is record and response.get("object") == "response"
        return "input" in request or is_alone

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one exchange.

        Raises:
            RecordFault: the response has no output, or an item is malformed.
        """
        fields = Fields(record.raw, "$")
        request, response = fields.take_object("request"), fields.take_object("response")
        asked = fields if request.is_empty else request
        answered = fields if response.is_empty else response
        exchange = read_exchange(asked, answered)
        fields.put("request", request.rest())
        fields.put("response", response.rest())
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=source.name,
                task_key=prompt_key(exchange.messages, record.record_id),
                policy=policy_text(exchange.messages),
            ),
            messages=exchange.messages,
            model=exchange.model,
            status=_status(exchange),
            termination_reason=exchange.termination_reason,
            prompt_tokens=exchange.prompt_tokens,
            completion_tokens=exchange.completion_tokens,
            toolset=exchange.toolset,
            extra=fields.rest(),
        )
        return (trajectory,)


OPENAI_RESPONSES = OpenaiResponses()


def _status(exchange: Exchange) -> Status:
    """A response that waits for the result of a call is complete, but its rollout is not."""
    is_waiting = any(call.result_seq is None for call in exchange.messages[-1].tool_calls)
    return Status.UNKNOWN if is_waiting and exchange.status is Status.COMPLETED else exchange.status
