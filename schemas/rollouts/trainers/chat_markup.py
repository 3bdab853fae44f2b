"""Conversations rendered by a chat template whose special tokens are still in the text: Llama 3's, and ChatML.

A text is cut into turns only when writing the turns back gives the same text, so nothing can be misread or lost.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Turn(NamedTuple):
    """One turn of a rendered conversation."""

    role: str
    text: str
    is_closed: bool
    """Whether its end is marked; that of the last turn is missing where sampling was cut off."""


class Template(NamedTuple):
    """How a template marks turns."""

    name: str
    begin: str
    open_role: str
    close_role: str
    end: str

    def read(self, text: str) -> list[Turn] | None:
        """Cut a text into turns; None for a text that this template did not write."""
        head = re.escape(self.open_role) + r"(\w+)" + re.escape(self.close_role)
        _, *pieces = re.split(head, text)
        turns = [
            Turn(role, words.removesuffix(self.end), words.endswith(self.end))
            for role, words in zip(pieces[::2], pieces[1::2], strict=True)
        ]
        return turns if turns and self.write(turns) == text else None

    def write(self, turns: Iterable[Turn]) -> str:
        """Render turns."""
        return self.begin + "".join(
            f"{self.open_role}{turn.role}{self.close_role}{turn.text}{self.end if turn.is_closed else ''}"
            for turn in turns
        )


TEMPLATES = (
    Template("llama3", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>"),
    Template("chatml", "", "<|im_start|>", "\n", "<|im_end|>\n"),
    # The end of a sampled answer is a token; the line break behind it is the template's, and not there yet.
    Template("chatml_sampled", "", "<|im_start|>", "\n", "<|im_end|>"),
)


def read_markup(text: str) -> tuple[str, list[Turn]] | None:
    r"""Cut a rendered conversation into turns.

    Returns:
        The template's name and the turns; None when no template that we know wrote the text.

    Examples:
        >>> read_markup("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo")
        ('chatml', [Turn(role='user', text='Hi', is_closed=True), Turn(role='assistant', text='Yo', is_closed=False)])
        >>> read_markup("user: Hi") is None
        True
    """
    found = ((template.name, template.read(text)) for template in TEMPLATES)
    return next(((name, turns) for name, turns in found if turns is not None), None)
