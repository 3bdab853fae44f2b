"""What SWE-agent sent to the model at each step, told apart from the history that it repeats.

Each step may hold its whole prompt (`query`, before 1.1 `messages`): the history once more, after processors cut old
observations out of it. Kept is what differs from the prompt before it: an elision once, not once per later step.
"""

from collections.abc import Sequence

import msgspec

from schemas.rollouts.parts.fields import json_text


class PromptChanges:
    """Compares the prompts of one conversation, in order, with its history and with each other."""

    def __init__(self, history: Sequence[msgspec.Raw]) -> None:
        """Expect that the first prompt is the history.

        Args:
            history: the messages' JSON.
        """
        self._expected: list[object] = [msgspec.json.decode(message) for message in history]

    def take(self, prompt: Sequence[msgspec.Raw]) -> str:
        """Tell one prompt as JSON: how many messages it has, and by index those that are not as expected."""
        changed: dict[str, msgspec.Raw] = {}
        for index, raw in enumerate(prompt):
            message = msgspec.json.decode(raw)
            if index >= len(self._expected):
                self._expected.append(message)
            elif message == self._expected[index]:
                continue
            else:
                self._expected[index] = message
            changed[str(index)] = raw
        told: dict[str, object] = {"count": len(prompt)}
        return json_text(told | {"changed": changed} if changed else told)
