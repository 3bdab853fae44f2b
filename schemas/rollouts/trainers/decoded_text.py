"""Rollouts that a trainer dumped as decoded text: what went in, and what came out.

The chat template cannot be undone: special tokens may be gone, and who spoke with them. So the prompt is one user
message and the answer one assistant message, with every turn marker that can still be seen left in the words.
"""

import re

from schemas.rollouts.parts.fields import TEXT, Fields
from schemas.trajectory import Message, Origin, Role

OTHER_TURN = re.compile(
    r"<tool_response>|<information>|<\|im_start\|>(?:user|tool)|<\|start_header_id\|>(?:user|tool|ipython)"
    r"|\nassistant\n"
)
"""Signs that an answer also holds words of the environment, which nobody sampled."""


def text_messages(row: Fields, *, prompt: str, answer: str) -> tuple[Message, Message]:
    """Read prompt and answer.

    An answer with visible turns of others is `INJECTED` as a whole: which of its words the policy sampled is not told,
    and words of the environment must never be trained.

    Args:
        row: the row, from which both are taken.
        prompt: name of the prompt's field.
        answer: name of the answer's field.

    Raises:
        RecordFault: one of them is no text.
    """
    asked, said = row.require(prompt, TEXT), row.require(answer, TEXT)
    is_mixed = OTHER_TURN.search(said) is not None
    return (
        Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text=asked),
        Message(
            seq=1, role=Role.ASSISTANT, origin=Origin.INJECTED if is_mixed else Origin.SAMPLED, text=said
        ),
    )
