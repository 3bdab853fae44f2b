"""The terse rendering: one line of a few words per message, and how to read it back.

A rollout is a text of alternating lines: what the agent sees, what it does, what it sees, and so
on. The system message is the same for all and not part of that text. A tiny model plays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from simulation.domains import DOMAINS
from simulation.domains.domain import JsonObject, function_tool
from simulation.episode import SAYINGS, Action, Reply
from simulation.tasks import Request, Task
from simulation.world import ERRORS, RESULT_OF, TARGETED, TOOLS, UNKNOWN, Call, Result, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ERROR_WORD: Final = "Error:"
FINAL_WORD: Final = "final"
SAME: Final = "same"
OTHER: Final = "other"
END: Final = "\n"
"""Ends every line; a token of its own."""

NUMBERS: Final = (*range(6), UNKNOWN)
"""What a call can name: an ill-formed id, the records of a task, and a record that does not exist."""

RULES: Final = "find list look ; open cancel move ; sent refund pass ; final pass ; wrong undo"
"""The system message: the house rules, in as few words."""


def _words() -> tuple[str, ...]:
    words = [END, "drop", "move", "mail", "yes", "ok", "open", "sent", FINAL_WORD, SAME, OTHER, ERROR_WORD]
    words += [*ERRORS, *RESULT_OF.values(), *TOOLS, *SAYINGS, *map(str, NUMBERS)]
    for domain in DOMAINS.values():
        words += domain.items
    return tuple(dict.fromkeys(words))


VOCABULARY: Final = _words()
"""Every token of a terse rollout, in a fixed order; ids are positions in it."""


def _schemas() -> tuple[JsonObject, ...]:
    number: JsonObject = {"type": "integer", "description": "The record's place in the list."}
    targeted = {True: {"record": number}, False: {}}
    return tuple(function_tool(tool, tool, **targeted[tool in TARGETED]) for tool in TOOLS)


SCHEMAS: Final = _schemas()


class TerseScene:
    """The words for one task, as few as possible."""

    system = RULES
    tools = SCHEMAS
    user_id = "user"

    def __init__(self, task: Task) -> None:
        self._request = task.request
        self.opening = request_line(task.request)
        self.instruction = self.opening

    def call(self, call: Call) -> tuple[str, str]:
        """Return the tool and the record's number."""
        return call.tool, f'{{"record":{call.target}}}' if call.tool in TARGETED else "{}"

    def content(self, result: Result, *, salt: int) -> str:  # noqa: ARG002  # one wording only
        """Return the observation of one call."""
        return result_text(result, self._request)

    def preface(self, *, salt: int) -> None:
        """Say nothing beside calls."""

    def speech(self, say: str, target: int, done: Call | None, *, salt: int) -> str:  # noqa: ARG002
        """Return the word for it."""
        return f"{say} {target}" if say == "ask" else say

    def answer(self, answer: str, *, salt: int) -> str:  # noqa: ARG002  # one wording only
        """Return the word for it."""
        return answer


def request_line(request: Request) -> str:
    """Return the first line that an agent sees."""
    line = f"{request.goal} {request.item}"
    return f"{line} mail" if request.introduced else line


def result_text(result: Result, request: Request) -> str:
    """Return what an agent sees of one result.

    A list shows the records of the wanted item only, and a look says `same` or `other`: whether the
    detail fits the user's description. Finding equal words is what a tiny model learns slowly, and
    it is not what the data is to teach.
    """
    if result.error is not None:
        return f"{ERROR_WORD} {result.error}"
    if result.call.tool == "list":
        return " ".join([f"{row.position} {row.status}" for row in result.rows if row.item == request.item])
    if result.call.tool == "look":
        row = result.rows[0]
        is_same = row.variant == request.variant and row.item == request.item
        detail = SAME if is_same else OTHER
        text = f"{detail} {row.position} {row.status}"
        return f"{text} {FINAL_WORD}" if row.final else text
    return "ok"


def reply_line(reply: Reply, request: Request) -> str:
    """Return what an agent sees of one reply."""
    return reply.answer or " ".join([result_text(result, request) for result in reply.results])


def action_line(action: Action) -> str:
    """Return an action as text; `parse_action` reads it back."""
    if action.say:
        return f"{action.say} {action.target}" if action.say == "ask" else action.say
    return " ".join([f"{c.tool} {c.target}" if c.tool in TARGETED else c.tool for c in action.calls])


def parse_action(line: str) -> Action | None:
    """Read an action; None when the line is not one.

    Examples:
        >>> parse_action("look 2").calls
        (Call(tool='look', target=2),)
        >>> parse_action("look look") is None
        True
    """
    words = line.split()
    if words and words[0] in SAYINGS:
        return _parse_saying(*words)
    calls = []
    while words:
        tool = words.pop(0)
        target = _number(words.pop(0)) if tool in TARGETED and words else None
        if tool not in TOOLS or (tool in TARGETED and target is None):
            return None
        calls.append(Call(tool, target or 0))
    return Action(tuple(calls)) if calls else None


def _parse_saying(say: str, *rest: str) -> Action | None:
    if not rest:
        return Action(say=say)
    target = _number(rest[0])
    return Action(say=say, target=target) if say == "ask" and target is not None and not rest[1:] else None


def parse_reply(action: Action, line: str, request: Request) -> Reply:
    """Read back what an agent saw after an action.

    Args:
        action: the action
        line: as written by `reply_line`
        request: as read back by `parse_request`
    """
    if action.say:
        return Reply(answer=line)
    words = line.split()
    results = []
    for call in action.calls:
        if words[0] == ERROR_WORD:
            results.append(Result(call, words[1]))
            del words[:2]
        elif call.tool == "list":
            pairs = zip(words[::2], words[1::2], strict=True)
            results.append(
                Result(call, None, tuple([Row(int(k), request.item, status) for k, status in pairs]))
            )
            words.clear()
        elif call.tool == "look":
            is_final = words[3:4] == [FINAL_WORD]
            # Which item another record is of, a look does not say, nor need an agent know.
            row = Row(call.target, request.item, words[2], words[0], is_final)
            results.append(Result(call, None, (row,)))
            del words[: 4 if is_final else 3]
        else:
            results.append(Result(call))
            del words[:1]
    return Reply(tuple(results))


def parse_request(line: str) -> Request:
    """Read back the first line; what a look calls `same` is the wanted variant."""
    words = line.split()
    return Request(goal=words[0], item=words[1], variant=SAME, introduced=words[2:] == ["mail"])


def tokens_of(lines: Sequence[str]) -> list[str]:
    """Split lines into tokens; every line ends with `END`."""
    return [token for line in lines for token in (*line.split(), END)]


def lines_from_messages(messages: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the text of a terse rollout from its chat messages.

    Even lines are seen by the agent, odd lines are its own. Results of parallel calls share a line.

    Args:
        messages: as an OpenAI chat rollout holds them; system messages are passed over
    """
    lines: list[str] = []
    is_last_own = True
    for message in messages:
        role = message["role"]
        if role == "system":
            continue
        text = _own_text(message) if role == "assistant" else str(message["content"])
        if role != "assistant" and not is_last_own:
            lines[-1] = f"{lines[-1]} {text}"
        else:
            lines.append(text)
        is_last_own = role == "assistant"
    return lines


def _own_text(message: Mapping[str, object]) -> str:
    calls = message.get("tool_calls")
    if not isinstance(calls, list) or not calls:
        return str(message["content"])
    texts = []
    for call in calls:
        function = call["function"]
        arguments = function["arguments"]
        if isinstance(arguments, str):
            arguments = orjson.loads(arguments)
        target = arguments.get("record")
        texts.append(function["name"] if target is None else f"{function['name']} {target}")
    return " ".join(texts)


def _number(word: str) -> int | None:
    return int(word) if len(word) == 1 and word.isdecimal() else None
