"""CLEANER's overwrite rule once more, as literally as a stored rollout allows, to hold `rollback` against.

Written apart from it: message by message, with difflib's plain `ratio()`, over whole call texts.
"""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from schemas.trajectory import Message, Origin, Role, Trajectory

GAMMA = 0.5
RETRIES = 3


@dataclass(kw_only=True)
class Checked:
    """What a trajectory should become, and what was compared on the way."""

    turns: list[tuple[str | None, str | None, tuple[str, ...]]] = field(default_factory=list)
    """Per assistant message that stays: text, reasoning, and the calls as `name(arguments)`."""
    comparisons: int = 0
    deep: int = 0
    folded: int = 0
    """Failed turns that go."""


@dataclass(kw_only=True)
class _Turn:
    message: Message
    end: int
    is_failed: bool
    is_mixed: bool

    @property
    def tools(self) -> list[str]:
        return [call.name for call in self.message.tool_calls + self.message.text_calls]


def check(trajectory: Trajectory, is_failure: Callable[[str], bool]) -> Checked:
    """Apply the published rule to the runs of failures that a rollout settled itself.

    Args:
        trajectory: numbered from 0.
        is_failure: whether a result's text reports a failure.
    """
    checked = Checked()
    messages, at = trajectory.messages, 0
    while at < len(messages):
        run = list(_run(messages, at, is_failure))
        if len(run) > 1 and not run[-1].is_failed and len(run) - 1 <= RETRIES:
            checked.turns.append(_overwritten(run, checked))
            checked.folded += len(run) - 1
            at = run[-1].end
            continue
        end = run[-1].end if run else at + 1
        checked.turns += [_told(message) for message in messages[at:end] if message.role is Role.ASSISTANT]
        at = end
    return checked


def _run(messages: tuple[Message, ...], at: int, is_failure: Callable[[str], bool]) -> Iterator[_Turn]:
    """Yield the failed turns that begin here and follow each other at once, and the success that ends them."""
    turn = _turn(messages, at, is_failure)
    while turn is not None and not turn.is_mixed:
        yield turn
        following = _turn(messages, turn.end, is_failure)
        if not turn.is_failed or following is None or following.tools != turn.tools:
            return
        turn = following


def _turn(messages: tuple[Message, ...], at: int, is_failure: Callable[[str], bool]) -> _Turn | None:
    """Read the turn at an index; null when there is none of the policy's own with all its results behind it."""
    if at >= len(messages):
        return None
    message = messages[at]
    calls = message.tool_calls + message.text_calls
    answers = {call.result_seq for call in calls}
    if message.role is not Role.ASSISTANT or message.origin is not Origin.SAMPLED or not calls:
        return None
    if answers != set(range(at + 1, at + 1 + len(answers))):
        return None
    failures = [is_failure(messages[call.result_seq or 0].text or "") for call in calls]
    is_mixed = any(failures) and not all(failures)
    return _Turn(message=message, end=at + 1 + len(answers), is_failed=any(failures), is_mixed=is_mixed)


def _overwritten(run: list[_Turn], checked: Checked) -> tuple[str | None, str | None, tuple[str, ...]]:
    kept = _told(run[0].message)
    kept_call = _call_text(run[0].message)
    for turn in run[1:]:
        new, new_call = _told(turn.message), _call_text(turn.message)
        ratio = None
        if kept_call is not None and new_call is not None:
            ratio = difflib.SequenceMatcher(None, kept_call, new_call).ratio()
        checked.comparisons += 1
        if ratio is None or ratio < GAMMA:
            checked.deep += 1
            kept = new
        elif turn.message.tool_calls:
            kept = (kept[0], kept[1], new[2])
        else:
            prefix = (kept[0] or "").split("<tool_call>", 1)[0]
            kept = (prefix + new_call if new_call else prefix, kept[1], new[2])
        kept_call = new_call
    return kept


def _told(message: Message) -> tuple[str | None, str | None, tuple[str, ...]]:
    calls = message.tool_calls + message.text_calls
    return message.text, message.reasoning, tuple(f"{call.name}({call.arguments})" for call in calls)


def _call_text(message: Message) -> str | None:
    if message.tool_calls and message.text_calls:
        return None
    if message.tool_calls:
        wrapped = [
            '<tool_call>\n{"name": "' + call.name + '", "arguments": ' + call.arguments + "}\n</tool_call>"
            for call in message.tool_calls
        ]
        return "\n".join(wrapped) + "<|im_end|>"
    start = (message.text or "").find("<tool_call>")
    return (message.text or "")[start:] if start >= 0 and message.content_json is None else None
