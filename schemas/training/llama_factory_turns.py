"""A conversation in the turns that LLaMA-Factory's sharegpt form wants: user side and assistant side in strict turns.

Read against llamafactory 0.9.5. A row whose turns do not alternate becomes empty there with no more than a warning, so
turns are made to alternate here, and what had to be joined or put in is counted. Calls stand as JSON between
`<tool_call>` tags in the turn `function_call`: so the text beside them is kept, and arguments are not encoded twice,
which the `openai` form of the same trainer gets wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from schemas.training.conversations import call_json, tagged_text
from schemas.training.format import Row
from schemas.trajectory import Message, Role, Toolset

HUMAN, OBSERVATION, GPT, FUNCTION = "human", "observation", "gpt", "function_call"
RESULT_JOINT = "\n</tool_response>\n<tool_response>\n"
"""What LLaMA-Factory itself puts between the results of parallel calls in its `openai` form."""
TURN_JOINT = "\n\n"
CALL_MARK = "<tool_call>"
INFO_FILE = "dataset_info.json"
TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": HUMAN,
    "assistant_tag": GPT,
    "observation_tag": OBSERVATION,
    "function_tag": FUNCTION,
    "system_tag": "system",
}


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A conversation in alternating turns."""

    system: str
    """The system prompt; "" when there is none, and then the template's own stands."""
    turns: list[Row]
    losses: dict[str, int]
    """What was joined or put in on the user side, which is context, by kind."""
    changes: dict[str, int]
    """What was joined on the assistant side, and what would be read as something else, by kind."""


def write_turns(messages: Sequence[Message], *, result_joint: str = RESULT_JOINT) -> Conversation:
    """Write a conversation.

    Args:
        messages: the conversation.
        result_joint: what stands between the results of parallel calls.
    """
    has_system = bool(messages) and messages[0].role is Role.SYSTEM
    rest = messages[1:] if has_system else messages
    opening = [{"from": HUMAN, "value": ""}] if rest and rest[0].role is Role.ASSISTANT else []
    turns = [_spoken(run) if _is_spoken(run[0]) else _heard(run, result_joint) for run in _runs(rest)]
    return Conversation(
        system=(messages[0].text or "") if has_system else "",
        turns=opening + turns,
        losses=_losses(rest),
        changes=_changes(rest),
    )


def dataset_entry(file_name: str, **columns: str) -> Row:
    """Describe one file for `dataset_info.json`."""
    return {
        "file_name": file_name,
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "system", "tools": "tools", **columns},
        "tags": TAGS,
    }


def dataset_info(
    name: str, files: Mapping[str, Sequence[str]], *, is_ranking: bool = False, **columns: str
) -> dict[str, bytes]:
    """Write `dataset_info.json`: one entry per data file, `NAME_SPLIT`, and with a number from the second on."""
    more = {"ranking": True} if is_ranking else {}
    entries = {
        f"{name}_{split}" + (f"_{number}" if number else ""): dataset_entry(path, **columns) | more
        for split, paths in files.items()
        for number, path in enumerate(paths)
    }
    return {INFO_FILE: msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n"}


def tools_text(toolset: Toolset | None) -> str:
    """Give the tool schemas as LLaMA-Factory reads them; "" when there are none."""
    return "" if toolset is None else toolset.tools


def _runs(messages: Sequence[Message]) -> list[list[Message]]:
    """Cut a conversation into runs of one side."""
    runs: list[list[Message]] = []
    for message in messages:
        if runs and _is_spoken(runs[-1][0]) == _is_spoken(message):
            runs[-1].append(message)
        else:
            runs.append([message])
    return runs


def _is_spoken(message: Message) -> bool:
    return message.role is Role.ASSISTANT


def _heard(run: Sequence[Message], result_joint: str) -> Row:
    """Write a turn of the user side: results joined as one observation; beside a person's words it is an observation."""
    has_results = any(message.role is Role.TOOL for message in run)
    value = run[0].text or ""
    for before, message in pairwise(run):
        are_results = before.role is message.role is Role.TOOL
        value += (result_joint if are_results else TURN_JOINT) + (message.text or "")
    return {"from": OBSERVATION if has_results else HUMAN, "value": value}


def _spoken(run: Sequence[Message]) -> Row:
    """Write a turn of the assistant; calls stand behind all its texts."""
    text = TURN_JOINT.join(filter(None, map(tagged_text, run)))
    calls = [call_json(call).decode() for message in run for call in message.tool_calls]
    if not calls:
        return {"from": GPT, "value": text}
    gap = "\n" if any(message.text for message in run) else ""
    return {"from": FUNCTION, "value": f"{text}{gap}{CALL_MARK}[{','.join(calls)}]</tool_call>"}


def _losses(messages: Sequence[Message]) -> dict[str, int]:
    roles = [message.role for message in messages]
    heard = [(before, role) for before, role in pairwise(roles) if Role.ASSISTANT not in {before, role}]
    results = sum(before is role is Role.TOOL for before, role in heard)
    return {
        "joined_results": results,
        "joined_user_turns": len(heard) - results,
        "empty_user_turns": int(roles[:1] == [Role.ASSISTANT]),
        "late_system_messages": roles.count(Role.SYSTEM),
    }


def _changes(messages: Sequence[Message]) -> dict[str, int]:
    roles = [message.role for message in messages]
    return {
        "joined_turns": sum(before is role is Role.ASSISTANT for before, role in pairwise(roles)),
        "call_marks_in_text": sum(
            bool(message.tool_calls) and CALL_MARK in tagged_text(message) for message in messages
        ),
    }
