"""Splices of real rollouts are conversations that chat templates take, with every word in its place."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trl
from transformers.utils.chat_template_utils import render_jinja_template

from curation.repair.splice import Splice
from schemas.trajectory import Message, Origin, Trajectory
from tests.curation.airline import airline_trajectories
from tests.curation.repair.validity import check_links, repair_all

TEMPLATES = ("qwen2_5", "qwen3_instruct_2507", "llama3_1", "glm4moe", "deepseekv3", "gptoss")
AS_TEXT = ("deepseekv3",)
"""Templates that add the argument string to their own text."""


@cache
def real_splices(path: Path) -> tuple[Trajectory, ...]:
    return tuple(child for _, child in repair_all(Splice(), airline_trajectories(path)))


def template(name: str) -> str:
    return (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


def chat(message: Message, *, as_text: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role.value, "content": message.text or ""}
    if message.tool_calls:
        written["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": call.arguments if as_text else json.loads(call.arguments),
                },
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        written |= {"tool_call_id": message.tool_call_id, "name": message.name}
    return written


@pytest.mark.parametrize("name", TEMPLATES)
def test_splices_of_real_rollouts_are_taken_by_chat_templates(name: str, airline_file: Path) -> None:
    if not airline_file.is_file():
        pytest.skip("the real tau-bench rollouts are not here")
    children = real_splices(airline_file)
    chats = [[chat(message, as_text=name in AS_TEXT) for message in child.messages] for child in children]
    texts, _ = render_jinja_template(
        conversations=chats, chat_template=template(name), bos_token="<s>", eos_token="</s>"
    )
    assert len(texts) == len(children) > 50
    for child, text in zip(children, texts, strict=True):
        at = 0
        for message in child.messages:
            at = place(message, text, at)
            assert at >= 0, f"{name}: message {message.seq} of {child.trajectory_id} is not where it belongs"


def place(message: Message, text: str, start: int) -> int:
    """Find a message behind a place: its call, or its words as they are or as JSON; -1 when it is not there."""
    if message.tool_calls:  # some templates leave out the words beside a call
        return text.find(message.tool_calls[0].name, start)
    words = (message.text or "").strip()
    spellings = (words, json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1])
    return max(text.find(spelling, start) for spelling in spellings)


def test_splices_of_real_rollouts_are_whole(airline_file: Path) -> None:
    if not airline_file.is_file():
        pytest.skip("the real tau-bench rollouts are not here")
    for child in real_splices(airline_file):
        check_links(child)
        origins = [message.origin for message in child.messages if message.role == "assistant"]
        revision = origins.index(Origin.SYNTHETIC)
        assert set(origins[:revision]) <= {Origin.COPIED}
        assert set(origins[revision + 1 :]) == {Origin.REPAIRED}
