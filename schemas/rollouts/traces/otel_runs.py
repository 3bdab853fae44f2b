"""Which model calls of a trace belong together: the runs of agents, and who called whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from schemas.rollouts.parts.fields import Fields
from schemas.rollouts.traces.call_chains import Call
from schemas.rollouts.traces.openinference import KIND, take_openinference_call, take_openinference_tools
from schemas.rollouts.traces.otel_genai import take_genai_call
from schemas.rollouts.traces.otlp import Span
from schemas.trajectory import Message

OPERATION = "gen_ai.operation.name"
CALL_OPERATIONS = frozenset({"chat", "generate_content", "text_completion", "completion"})
TOOL_DEFINITIONS = "gen_ai.tool.definitions"
PROMPT_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
COMPLETION_TOKENS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
)
Spans = Mapping[tuple[str, str], Span]
"""Spans by their trace's id and their own."""


@dataclass(eq=False, kw_only=True)
class Run:
    """The spans of one agent in one conversation or trace."""

    agent: Span | None
    """The span that stands for the agent; null for calls outside any."""
    above: "Run | None" = None
    """Who called the agent."""
    calls: list[tuple[Span, Call]] = field(default_factory=list)
    others: list[Span] = field(default_factory=list)
    """Spans of no model call."""
    tools: str | None = None


def runs_of(spans: Sequence[Span]) -> list[Run]:
    """Group spans; a run comes behind the one that called it.

    Top-level agents of one conversation are one run, because each turn has a trace and an agent's span of its own;
    an agent inside another one is a run of its own each time.
    """
    by_id = {(span.trace_id, span.span_id): span for span in spans}
    has_models = any(span.attributes.peek_text(OPERATION) in CALL_OPERATIONS for span in spans)
    runs: dict[tuple[str, str], Run] = {}
    for span in spans:
        run = _run_of(span, by_id, runs)
        is_outer = has_models and span.attributes.peek_text(OPERATION) not in {None, *CALL_OPERATIONS}
        call = None if is_outer else _take_call(span, run)
        if call is not None:
            run.calls.append((span, call))
        if call is None or not call.outputs:
            run.others.append(span)
    return list(runs.values())


def _run_of(span: Span, by_id: Spans, runs: dict[tuple[str, str], Run]) -> Run:
    above = list(_ancestry(span, by_id))
    agents = [one for one in above if _is_agent(one)]
    named = (one.attributes.peek_text("gen_ai.conversation.id") for one in above)
    is_nested = len(agents) > 1
    key = (next(filter(None, named), span.trace_id), agents[0].span_id if is_nested else "")
    if key not in runs:
        caller = _run_of(agents[1], by_id, runs) if is_nested else None
        runs[key] = Run(agent=agents[0] if agents else None, above=caller)
    return runs[key]


def _ancestry(span: Span, by_id: Spans) -> Iterator[Span]:
    """Give a span and those around it, as far as the file holds them."""
    seen: set[str] = set()
    one: Span | None = span
    while one is not None and one.span_id not in seen:
        yield one
        seen.add(one.span_id)
        one = by_id.get((one.trace_id, one.parent_id or ""))


def _is_agent(span: Span) -> bool:
    return (
        span.attributes.peek_text(OPERATION) == "invoke_agent" or span.attributes.peek_text(KIND) == "AGENT"
    )


def _take_call(span: Span, run: Run) -> Call | None:
    """Take a call out of its span; what is left of the span goes to the answer's `extra`."""
    call = take_genai_call(span) or take_openinference_call(span)
    if call is None:
        return None
    _take_tools(span, call, run)
    span.fields.put("payload", call.rest)
    if not call.outputs:
        return call
    first = replace(
        call.outputs[0][0],
        prompt_tokens=span.attributes.take_count(*PROMPT_TOKENS),
        completion_tokens=span.attributes.take_count(*COMPLETION_TOKENS),
    )
    answer = (_with_span(first, span), *call.outputs[0][1:])
    return call._replace(outputs=(answer, *call.outputs[1:]))


def _take_tools(span: Span, call: Call, run: Run) -> None:
    """Take the tool schemas; a call that saw others than its run's first keeps them in what is left of it."""
    tools = (
        span.attributes.take_json(TOOL_DEFINITIONS) or take_openinference_tools(span.attributes) or call.tools
    )
    if tools is not None and run.tools is None and tools.startswith("["):
        run.tools = tools
    span.fields.put("tools", None if tools == run.tools else tools)


def _with_span(message: Message, span: Span) -> Message:
    extra = Fields((message.extra or "{}").encode(), "extra")
    extra.put("span", span.rest())
    return replace(message, extra=extra.rest())
