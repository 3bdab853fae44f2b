"""What a chat template does with a conversation: where it re-renders history, what it drops, how it opens a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.training.tokens.findings import Finding, FindingKind
from schemas.training.tokens.labelling import lay_out
from schemas.training.tokens.placing import render_text
from schemas.training.tokens.templates import ChatTemplate, ChatTokenizer, TemplateRefusalError
from schemas.training.tokens.turns import TurnFinder
from schemas.trajectory import Message, Role


@dataclass(frozen=True, kw_only=True)
class TemplateReport:
    """One template on one conversation."""

    is_additive: bool | None
    """Whether the conversation up to each turn, rendered alone, begins the whole: concatenated turns equal the whole.
    Null when the template refused."""
    first_rewritten_seq: int | None
    """`seq` of the first assistant message behind which the history is rendered otherwise; null when there is none."""
    is_prompt_prefix: bool | None
    """Whether each turn stands behind the generation prompt as the policy would see it; null when refused."""
    drops_tools: bool | None
    """Whether tool schemas leave no trace in the text; null without tools, or when refused."""
    uses_clock: bool
    """Whether the template reads the date: its text changes from day to day, unless an option fixes it."""
    has_generation_blocks: bool
    arguments: str
    """`string` when raw argument strings come out as they are, else `object`: they are parsed and spelled anew."""
    generation_prompt: str
    findings: tuple[Finding, ...]


def check_template(
    tokenizer: ChatTokenizer,
    messages: Sequence[Message],
    tools: str | None = None,
    *,
    chat_template: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> TemplateReport:
    """Report what a template does with a conversation.

    Every turn's prefix is rendered, so this is for one or a few conversations, not for a corpus.
    """
    template = ChatTemplate(tokenizer, chat_template, options)
    try:
        laid = lay_out(template, TurnFinder(template), messages, tools)
    except TemplateRefusalError as refusal:
        return _report(template, tools, (Finding(FindingKind.TEMPLATE_REFUSED, detail=str(refusal)),))
    whole = laid.placed.text
    rewritten = [
        at for at in _turns(messages) if not _begins(template, messages[: at + 1], tools, whole, prompt=False)
    ]
    unprompted = [
        at
        for at in _turns(messages)
        if at and not _begins(template, messages[:at], tools, whole, prompt=True)
    ]
    return _report(
        template,
        tools,
        laid.findings,
        is_additive=not rewritten,
        first_rewritten_seq=messages[rewritten[0]].seq if rewritten else None,
        is_prompt_prefix=not unprompted,
        drops_tools=None if tools is None else render_text(template, messages, None) == whole,
    )


def _report(
    template: ChatTemplate,
    tools: str | None,
    findings: tuple[Finding, ...],
    *,
    is_additive: bool | None = None,
    first_rewritten_seq: int | None = None,
    is_prompt_prefix: bool | None = None,
    drops_tools: bool | None = None,
) -> TemplateReport:
    text = template.text(tools)
    return TemplateReport(
        is_additive=is_additive,
        first_rewritten_seq=first_rewritten_seq,
        is_prompt_prefix=is_prompt_prefix,
        drops_tools=drops_tools,
        uses_clock="strftime_now" in text,
        has_generation_blocks="endgeneration" in text,
        arguments=template.arguments,
        generation_prompt=template.prompt,
        findings=findings,
    )


def _turns(messages: Sequence[Message]) -> list[int]:
    return [at for at, message in enumerate(messages) if message.role is Role.ASSISTANT]


def _begins(
    template: ChatTemplate, messages: Sequence[Message], tools: str | None, whole: str, *, prompt: bool
) -> bool:
    """Tell whether a part of the conversation, rendered alone, begins the whole."""
    try:
        return whole.startswith(render_text(template, messages, tools, prompt=prompt))
    except TemplateRefusalError:
        return False
