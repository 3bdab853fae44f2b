"""How a rollout reads: from abstract turns to chat messages.

A `Scene` words one task; the order of messages is the same for every scene. Two kinds exist, in
`RENDERINGS`: `verbose` has realistic length, `terse` a vocabulary of some tens of words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from simulation.terse import TerseScene
from simulation.verbose import VerboseScene
from simulation.world import WRITES, Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulation.domains.domain import JsonObject
    from simulation.episode import Turn
    from simulation.rollout import Rollout
    from simulation.tasks import Task

Message = dict[str, object]
"""One message of the OpenAI chat form; key order as the API gives it."""


class Scene(Protocol):
    """The words for one task; made once and used for all its trials."""

    @property
    def system(self) -> str:
        """The system message."""

    @property
    def tools(self) -> tuple[JsonObject, ...]:
        """The tools in the OpenAI form."""

    @property
    def user_id(self) -> str:
        """The account of the user."""

    @property
    def opening(self) -> str:
        """The first user message."""

    @property
    def instruction(self) -> str:
        """What the user privately wants, as a user simulator is told."""

    def call(self, call: Call) -> tuple[str, str]:
        """Return the tool name and the arguments as JSON text; equal calls give equal text."""

    def content(self, result: Result, *, salt: int) -> str:
        """Return the text of a tool message; an error begins with `Error: `."""

    def preface(self, *, salt: int) -> str | None:
        """Return what the agent says beside tool calls, if anything."""

    def speech(self, say: str, target: int, done: Call | None, *, salt: int) -> str:
        """Return what the agent says; `done` is its last successful write."""

    def answer(self, answer: str, *, salt: int) -> str:
        """Return what the user answers."""


RENDERINGS: Final[dict[str, Callable[[Task], Scene]]] = {"verbose": VerboseScene, "terse": TerseScene}
"""Every rendering by name."""


def render_messages(rollout: Rollout, scene: Scene) -> list[Message]:
    """Return a rollout as chat messages, the system message first.

    Args:
        rollout: the rollout
        scene: the words for its task
    """
    messages: list[Message] = [
        {"role": "system", "content": scene.system},
        {"role": "user", "content": scene.opening},
    ]
    done: Call | None = None
    prefix = f"call_{rollout.task.index}_{rollout.trial}_"
    call_count = 0
    for step, turn in enumerate(rollout.turns):
        # Wording varies with the place in the rollout, never with the skill.
        salt = rollout.task.index * 5 + rollout.trial * 11 + step * 3
        if turn.action.calls:
            messages.extend(_called(turn, scene, salt, prefix, call_count))
            call_count += len(turn.action.calls)
            done = _last_write(turn) or done
        else:
            messages.extend(_said(turn, scene, salt, done))
    return messages


def _called(turn: Turn, scene: Scene, salt: int, prefix: str, count: int) -> Iterator[Message]:
    calls = []
    for number, call in enumerate(turn.action.calls, start=count):
        name, arguments = scene.call(call)
        function = {"name": name, "arguments": arguments}
        calls.append({"id": f"{prefix}{number}", "type": "function", "function": function})
    yield {"role": "assistant", "content": scene.preface(salt=salt), "tool_calls": calls}
    for made, result in zip(calls, turn.reply.results, strict=True):
        yield {
            "role": "tool",
            "tool_call_id": made["id"],
            "name": made["function"]["name"],  # type: ignore[index]  # built just above
            "content": scene.content(result, salt=salt),
        }


def _said(turn: Turn, scene: Scene, salt: int, done: Call | None) -> Iterator[Message]:
    action, answer = turn.action, turn.reply.answer
    yield {"role": "assistant", "content": scene.speech(action.say, action.target, done, salt=salt)}
    if answer:
        yield {"role": "user", "content": scene.answer(answer, salt=salt)}


def _last_write(turn: Turn) -> Call | None:
    for result in reversed(turn.reply.results):
        if result.error is None and result.call.tool in WRITES:
            return result.call
    return None
