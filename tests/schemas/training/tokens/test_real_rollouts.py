"""Real multi-tool rollouts by several templates, and TRL's own masks as an independent witness."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from schemas.rollouts import Decoded, decode_record
from schemas.training import Label
from schemas.training.tokens import UNTRAINED, Conversation, FindingKind, Rendered, TokenRenderer
from schemas.training.tokens.chats import write_chat
from schemas.trajectory import Message, Origin, Role, Trajectory
from tests.schemas.rollouts.real_files import archive_members, file_samples, read_zst
from tests.schemas.training.tokens.tiny_templates import (
    TOOLS,
    template,
    tiny_tokenizer,
    train_all,
    trained_runs,
)

LONG = 200
"""A tool result of so many characters is not what an assistant says, too."""
TEMPLATES = ["qwen3", "qwen2_5", "llama3_1", "hermes", "mistral", "gptoss"]


def decoded(name: str, content: bytes) -> list[Trajectory]:
    found = [decode_record(sample.record, sample.source) for sample in file_samples(name, content)]
    return [trajectory for one in found if isinstance(one, Decoded) for trajectory in one.trajectories]


def tau_bench(folder: Path) -> list[Trajectory]:
    found = decoded("gpt-4o-airline.json", read_zst(folder / "tau_bench" / "gpt-4o-airline.json.zst"))
    return sorted(found, key=lambda one: len(one.messages))[80:90]


def tau2(folder: Path) -> list[Trajectory]:
    path = folder / "tau2" / "gpt-4.1_airline_default_gpt-4.1_1trials.json.zst"
    return sorted(decoded("airline.json", read_zst(path)), key=lambda one: len(one.messages))[:10]


def mini_swe(folder: Path) -> list[Trajectory]:
    members = archive_members(folder / "mini_swe_agent" / "deepseek_dev_runs.tar.zst")
    names = sorted(name for name in members if name.endswith(".traj.json"))[:12]
    found = [trajectory for name in names for trajectory in decoded(name, members[name])]
    return sorted(found, key=lambda one: sum(len(message.text or "") for message in one.messages))[:3]


SOURCES: dict[str, Callable[[Path], list[Trajectory]]] = {
    "tau_bench": tau_bench,
    "tau2": tau2,
    "mini_swe": mini_swe,
}


@pytest.fixture(scope="module", params=SOURCES)
def conversations(request: pytest.FixtureRequest, real_data: Path) -> list[Conversation]:
    try:
        found = SOURCES[request.param](real_data)
    except FileNotFoundError as error:
        pytest.skip(f"real rollouts are not here: {error.filename}")
    assert found
    return [Conversation(messages=one.messages, tools=TOOLS, labels=sampled(one.messages)) for one in found]


def sampled(messages: Sequence[Message]) -> dict[int, Label]:
    """Label what the policy said: tau2's greeting is scripted."""
    return {one.seq: Label(is_trained=True, weight=1.0) for one in messages if one.origin is Origin.SAMPLED}


def refused(rendered: Rendered) -> bool:
    return any(one.kind is FindingKind.TEMPLATE_REFUSED for one in rendered.findings)


def words(message: Message, name: str) -> str:
    """Give what must be trained of a message at least: its text, or its last call's arguments as values."""
    if message.tool_calls:
        return message.tool_calls[-1].name
    text = message.text or ""
    return text.strip() if name in {"llama3_1", "mistral"} else text.lstrip("\n")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_turn_of_real_rollouts_is_trained_whole(name: str, conversations: list[Conversation]) -> None:
    renderer = TokenRenderer(tiny_tokenizer(), template(name))
    for conversation, rendered in zip(conversations, renderer.render_all(conversations), strict=True):
        if refused(rendered):
            assert name == "llama3_1"
            assert any(len(one.tool_calls) > 1 for one in conversation.messages)
            continue
        turns = [one for one in conversation.messages if one.seq in conversation.labels]
        untrained = {
            one.seq for one in rendered.findings if one.kind in UNTRAINED
        } & conversation.labels.keys()
        parallel = {one.seq for one in turns if len(one.tool_calls) > 1}
        assert untrained == (parallel if name == "gptoss" else set())
        turns = [one for one in turns if one.seq not in untrained]
        runs = trained_runs(rendered.rows[0])
        said = [one.text or "" for one in conversation.messages if one.role is Role.TOOL]
        results = [text for text in said if len(text) > LONG]
        assert len(runs) == len(turns)
        for run, turn in zip(runs, turns, strict=True):
            assert words(turn, name) in run
            assert not any(result in run for result in results)


@pytest.mark.parametrize(
    "name", ["qwen3_training", "gptoss_training", "qwen3_instruct_2507_training", "glm4moe_training"]
)
def test_agrees_with_the_masks_of_trl(name: str, conversations: list[Conversation]) -> None:
    tokenizer = tiny_tokenizer()
    compared = 0
    renderer = TokenRenderer(tokenizer, template(name), train_eos="turn")
    everything = [replace(one, labels=train_all(one.messages)) for one in conversations]
    if name == "gptoss_training":  # it drops all calls of a message but the first, and trains the rest
        everything = [one for one in everything if all(len(said.tool_calls) < 2 for said in one.messages)]
    for conversation, rendered in zip(everything, renderer.render_all(everything), strict=True):
        assert not refused(rendered)
        (row,) = rendered.rows
        is_string = name in {"qwen3_training", "qwen3_instruct_2507_training"}
        theirs = tokenizer.apply_chat_template(
            write_chat(
                conversation.messages, arguments="string" if is_string else "object", fill_content=False
            ),
            tools=json.loads(TOOLS),
            chat_template=template(name),
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        assert row.input_ids.tolist() == theirs["input_ids"]
        mask = np.array(theirs["assistant_masks"], dtype=bool)
        differs = np.flatnonzero(row.is_trained != mask)
        # TRL's gpt-oss template also trains the heading of each turn, which is the generation prompt
        headings = "<|start|>assistant" * len(conversation.labels) if name == "gptoss_training" else ""
        assert tokenizer.decode(row.input_ids[differs]) == headings
        compared += 1
    assert compared == len(everything) > 0
