"""From conversations with labels to rows of tokens, for any chat template."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from schemas.training.examples import CONTEXT, Label, TrainingExample
from schemas.training.tokens.encoding import Encoder, LabelledText
from schemas.training.tokens.findings import Finding, FindingKind
from schemas.training.tokens.histories import sampled_texts
from schemas.training.tokens.labelling import Ending, Laid, label_text, lay_out
from schemas.training.tokens.placing import render_text
from schemas.training.tokens.rows import Rendered
from schemas.training.tokens.templates import ChatTemplate, ChatTokenizer, TemplateRefusalError
from schemas.training.tokens.turns import TurnFinder
from schemas.trajectory import Message, Role

BATCH = 64
"""Conversations that are tokenised together."""

History = Literal["as_rendered", "as_sampled"]


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What is rendered."""

    messages: Sequence[Message]
    tools: str | None = None
    """JSON array of tool schemas; null when the policy had none."""
    labels: Mapping[int, Label] = field(default_factory=dict)
    """Label per `seq`; a message without one is context, and so is every message that is not the assistant's."""

    @classmethod
    def from_example(cls, example: TrainingExample) -> "Conversation":
        """Take a training example up to its last trained message."""
        toolset = example.trajectory.toolset
        return cls(
            messages=example.messages, tools=None if toolset is None else toolset.tools, labels=example.labels
        )

    def label(self, message: Message) -> Label:
        """Give a message's label."""
        return self.labels.get(message.seq, CONTEXT) if message.role is Role.ASSISTANT else CONTEXT


class TokenRenderer:
    """Renders conversations by a tokenizer's chat template.

    Args:
        tokenizer: a fast `transformers` tokenizer.
        chat_template: another template's text; null means the tokenizer's own.
        history: `as_rendered` gives one row, the template's rendering of the whole conversation; `as_sampled` gives
            as many as it takes for each trained turn to stand once, behind the very text that the policy would see.
        train_eos: `token` trains the turn's end token with its message, `turn` also what the template writes behind
            it (as TRL's own templates do), `none` neither.
        options: what the template reads besides the messages (`enable_thinking`, `date_string`).

    Raises:
        RecipeError: the tokenizer gives no offsets.
    """

    def __init__(
        self,
        tokenizer: ChatTokenizer,
        chat_template: str | None = None,
        *,
        history: History = "as_rendered",
        train_eos: Ending = "token",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._template = ChatTemplate(tokenizer, chat_template, options)
        self._encoder = Encoder(tokenizer)
        self._finder = TurnFinder(self._template)
        self._history: History = history
        self._ending: Ending = train_eos

    def render(
        self, messages: Sequence[Message], tools: str | None = None, labels: Mapping[int, Label] | None = None
    ) -> Rendered:
        """Render one conversation; a template that refuses it gives no row and a finding."""
        return next(self.render_all([Conversation(messages=messages, tools=tools, labels=labels or {})]))

    def render_text(
        self, messages: Sequence[Message], tools: str | None = None, *, prompt: bool = False
    ) -> str:
        """Give a conversation's text; `prompt` asks the policy to speak at its end.

        Raises:
            TemplateRefusalError: the template raised.
        """
        return render_text(self._template, messages, tools, prompt=prompt)

    def render_all(self, conversations: Iterable[Conversation]) -> Iterator[Rendered]:
        """Render conversations in order, tokenising many at a time."""
        remaining = iter(conversations)
        while batch := list(islice(remaining, BATCH)):
            texts = [self._texts(conversation) for conversation in batch]
            rows = iter(self._encoder.encode([text for labelled, _ in texts for text in labelled]))
            for labelled, findings in texts:
                encoded = list(islice(rows, len(labelled)))
                straddling = sum(count for _, count in encoded)
                found = [Finding(FindingKind.TOKEN_STRADDLES, count=straddling)] if straddling else []
                yield Rendered(rows=tuple(row for row, _ in encoded), findings=(*findings, *found))

    def _texts(self, conversation: Conversation) -> tuple[list[LabelledText], list[Finding]]:
        try:
            laid = self._lay_out(conversation)
        except TemplateRefusalError as refusal:
            return [], [Finding(FindingKind.TEMPLATE_REFUSED, detail=str(refusal))]
        has_advantages = any(label.advantage is not None for label in conversation.labels.values())
        labelled = [
            label_text(
                one,
                conversation.messages,
                conversation.label,
                ending=self._ending,
                has_advantages=has_advantages,
            )
            for one in laid
        ]
        findings = [finding for _, found in labelled for finding in found]
        return [text for text, _ in labelled], list(dict.fromkeys(findings))

    def _lay_out(self, conversation: Conversation) -> list[Laid]:
        messages, tools = conversation.messages, conversation.tools
        if not messages:
            raise TemplateRefusalError("the conversation is empty")
        if self._history == "as_rendered":
            return [lay_out(self._template, self._finder, messages, tools)]
        trained = [at for at, message in enumerate(messages) if conversation.label(message).trains_anything]
        return sampled_texts(self._template, self._finder, messages, tools, trained=trained)
