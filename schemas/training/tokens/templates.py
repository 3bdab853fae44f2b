"""A tokenizer's chat template, and what has to be known about it before it is used."""

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, Protocol

from schemas.training.tokens.chats import ArgumentsAs, Chat

PROBE_ARGUMENTS = '{"k":  "v"}'
"""Two spaces: whoever parses and writes it again leaves one."""
PROBE_CALL_ID = "callprobe"
"""Nine letters, which is what Mistral's templates demand."""


class ChatTokenizer(Protocol):
    """What is asked of a `transformers` tokenizer; every fast one has it."""

    @property
    def backend_tokenizer(self) -> Any:
        """The Rust tokenizer behind it."""

    def apply_chat_template(self, conversation: Any, **options: Any) -> Any:
        """Render a conversation."""

    def get_chat_template(self, chat_template: str | None = None, tools: Any = None) -> str:
        """Give the template's text."""


class TemplateRefusalError(Exception):
    """A template raised; the message is its own."""


class ChatTemplate:
    """One chat template with its options.

    Args:
        tokenizer: whose template, and whose special tokens.
        chat_template: another template's text; null means the tokenizer's own.
        options: what the template reads besides the messages (`enable_thinking`, `date_string`).
    """

    def __init__(
        self,
        tokenizer: ChatTokenizer,
        chat_template: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._options = dict(options or {})
        self._chat_template = chat_template

    def render(self, chat: Chat, tools: str | None, *, prompt: bool = False) -> str:
        """Render a conversation to text; `prompt` adds what asks the policy to speak.

        Raises:
            TemplateRefusalError: the template raised.
        """
        try:
            rendered: str = self._tokenizer.apply_chat_template(
                chat,
                tools=None if tools is None else (_decode_tools(tools) or None),
                chat_template=self._chat_template,
                tokenize=False,
                add_generation_prompt=prompt,
                **self._options,
            )
        except Exception as error:  # a template is a program of its own and raises whatever it likes
            raise TemplateRefusalError(f"{type(error).__name__}: {error}") from error
        return rendered

    def text(self, tools: str | None) -> str:
        """Give the template's own text, of which there may be another one for tools."""
        return self._tokenizer.get_chat_template(
            self._chat_template, None if tools is None else _decode_tools(tools)
        )

    @cached_property
    def arguments(self) -> ArgumentsAs:
        """Whether a raw argument string comes out as it is, where the parsed object would stand; else the object."""
        try:
            from_string = self._render_call(PROBE_ARGUMENTS)
        except TemplateRefusalError:
            return "object"
        try:
            from_object = self._render_call(json.loads(PROBE_ARGUMENTS))
        except TemplateRefusalError:
            return "string"
        spelled = json.dumps(json.loads(PROBE_ARGUMENTS))
        is_raw = PROBE_ARGUMENTS in from_string
        return (
            "string" if is_raw and from_string.replace(PROBE_ARGUMENTS, spelled) == from_object else "object"
        )

    def _render_call(self, arguments: Any) -> str:
        function = {"name": "f", "arguments": arguments}
        call = {"id": PROBE_CALL_ID, "type": "function", "function": function}
        chat: Chat = [
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
        ]
        return self.render(chat, None)

    @cached_property
    def prompt(self) -> str:
        """The generation prompt, such as `<|im_start|>assistant` and a line break; "" when there is none."""
        chat = [{"role": "user", "content": "x"}]
        try:
            bare, asked = self.render(chat, None), self.render(chat, None, prompt=True)
        except TemplateRefusalError:
            return ""
        return asked[len(bare) :] if asked.startswith(bare) else ""

    @cached_property
    def heading(self) -> str:
        """The generation prompt without the reasoning that it may open, and without outer space behind it."""
        return self.prompt.split("<think>", maxsplit=1)[0].rstrip()

    @cached_property
    def special_tokens(self) -> tuple[str, ...]:
        """The texts of the tokenizer's special tokens, longest first."""
        tokens = self._tokenizer.backend_tokenizer.get_added_tokens_decoder().values()
        return tuple(sorted((token.content for token in tokens if token.special), key=len, reverse=True))


@lru_cache(maxsize=64)
def _decode_tools(tools: str) -> Any:
    return json.loads(tools)
