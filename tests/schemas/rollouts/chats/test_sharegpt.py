import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.trajectory import Message, Origin, Role, Trajectory
from tests.schemas.rollouts.readings import archive_samples, read, refusal, trajectories_of

ARCHIVE = "adp/adp_samples.tar.zst"
CALL = '{"name": "f", "arguments": {"x" : 1.50}}'


def said(speaker: str, value: object, **fields: Any) -> dict[str, Any]:
    return {"from": speaker, "value": value, **fields}


def turns(*conversation: dict[str, Any], **fields: Any) -> Trajectory:
    return read({"conversations": conversation, **fields})


def message_of(*conversation: dict[str, Any]) -> Message:
    return turns(*conversation).messages[-1]


def test_census_of_the_real_files(real_data: Path) -> None:
    samples = archive_samples(real_data / ARCHIVE, wanted=lambda name: "/sample_sft" in name)
    found = trajectories_of(sample for sample in samples if sample.record.raw)
    messages = [message for trajectory in found for message in trajectory.messages]

    assert len(found) == 159
    assert Counter((message.role.value, message.origin.value) for message in messages) == {
        ("system", "scripted"): 158,
        ("user", "scripted"): 1283,
        ("assistant", "sampled"): 1638,
        ("tool", "injected"): 355,
    }
    assert sum(message.reasoning is not None for message in messages) == 289
    assert not any(message.tool_calls for message in messages)


def test_thought_and_calls_are_taken_out_and_the_whole_turn_is_kept() -> None:
    value = (
        f"<think>\nhm\n</think>\n\nLook:\n<tool_call>\n{CALL}\n</tool_call>\n<tool_call>{CALL}</tool_call>"
    )
    message = message_of(said("gpt", value))

    assert (message.text, message.reasoning) == ("Look:", "hm")
    assert [(call.name, call.arguments) for call in message.tool_calls] == [("f", '{"x" : 1.50}')] * 2
    assert json.loads(message.extra or "") == {"value": value}


@pytest.mark.parametrize(
    "value",
    [
        "<tool_call>ls</tool_call>",
        f"<tool_call>{CALL}</tool_call> <tool_call>{{</tool_call>",
        "Half a <tool_call> mark",
        "A <think> later </think>",
    ],
)
def test_a_text_that_no_tag_explains_stays_as_it_is(value: str) -> None:
    message = message_of(said("gpt", value))
    assert (message.text, message.reasoning, message.tool_calls, message.extra) == (value, None, (), None)


@pytest.mark.parametrize("value", [CALL, f"[{CALL}]", f"<think>hm</think>{CALL}"])
def test_a_function_call_turn_holds_calls_as_json(value: str) -> None:
    trajectory = turns(said("function_call", value), said("observation", "r"))
    message, result = trajectory.messages
    assert (message.text, [call.arguments for call in message.tool_calls]) == ("", ['{"x" : 1.50}'])
    assert json.loads(message.extra or "") == {"from": "function_call", "value": value}
    assert (result.role, result.call_seq) == (Role.TOOL, 0)


def test_a_function_call_turn_of_words_stays_words() -> None:
    message = message_of(said("function_call", f'["words", {CALL}]'))
    assert (message.role, message.tool_calls) == (Role.ASSISTANT, ())
    assert message.text == f'["words", {CALL}]'


def test_results_of_several_calls_in_one_turn_are_messages_of_their_own() -> None:
    both = f"<tool_call>{CALL}</tool_call><tool_call>{CALL}</tool_call>"
    value = "<tool_response>1</tool_response>\n<tool_response>2</tool_response>"
    caller, *results = turns(said("gpt", both), said("tool", value)).messages

    assert [call.result_seq for call in caller.tool_calls] == [1, 2]
    assert [result.text for result in results] == value.split("\n")
    assert json.loads(results[0].extra or "") == {"from": "tool", "value": value}


@pytest.mark.parametrize("body", [f"[{CALL}, {CALL}]", f"{CALL}\n{CALL}"])
def test_tools_of_the_system_prompt_are_the_toolset_and_stay_in_its_text(body: str) -> None:
    text = f"Rules <tools>\n{body}\n</tools>"
    trajectory = turns(said("human", "Hi"), system=text)
    assert trajectory.messages[0].text == text
    assert trajectory.toolset is not None
    assert json.loads(trajectory.toolset.tools) == [json.loads(CALL)] * 2


def test_tools_beside_the_conversation_come_first_and_broken_ones_are_none() -> None:
    told = turns(said("system", "<tools>[]</tools>"), said("human", "Hi"), tools='[{"name": "g"}]')
    assert told.toolset is not None
    assert told.toolset.tools == '[{"name": "g"}]'
    assert turns(said("system", "<tools>f(x)</tools>")).toolset is None


def test_an_empty_system_prompt_is_no_message() -> None:
    trajectory = turns(said("human", "Hi"), system="")
    assert [message.role for message in trajectory.messages] == [Role.USER]
    assert trajectory.extra == '{"system":""}'


@pytest.mark.parametrize(
    ("flags", "origin"),
    [
        ({}, Origin.SAMPLED),
        ({"weight": 1}, Origin.SAMPLED),
        ({"loss": True}, Origin.SAMPLED),
        ({"weight": 0}, Origin.COPIED),
        ({"loss": False}, Origin.COPIED),
        ({"weight": 0.0}, Origin.COPIED),
    ],
)
def test_a_turn_that_nobody_trains_is_context(flags: dict[str, Any], origin: Origin) -> None:
    message = message_of(said("gpt", "Yo", **flags))
    assert message.origin is origin
    assert json.loads(message.extra or "{}") == flags


@pytest.mark.parametrize(
    ("speaker", "role"),
    [("bard", Role.ASSISTANT), ("user", Role.USER), ("function_response", Role.TOOL)],
)
def test_unusual_names_of_speakers_are_kept(speaker: str, role: Role) -> None:
    message = message_of(said(speaker, "x"))
    assert (message.role, message.extra) == (role, f'{{"from":"{speaker}"}}')


def test_turns_spelled_as_chat_messages_are_read_as_such() -> None:
    chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo", "weight": 0}]
    system, user, answer = read({"conversations": chat, "system": "Rules"}).messages
    assert (system.role, system.text, user.text) == (Role.SYSTEM, "Rules", "Hi")
    assert answer.origin is Origin.COPIED


def test_the_id_names_the_task_and_without_one_the_prompt_does() -> None:
    named = turns(said("human", "Hi"), id="getmoto__moto.694ce1f4.pr_6055.vtqmgmtg_1")
    assert (named.task.benchmark, named.trial) == ("swe_smith", 1)
    assert turns(said("human", "Hi"), id=7).task.task_key == "7"
    first, second = turns(said("human", "Hi"), seed=1), turns(said("human", "Hi"), seed=2)
    assert first.task.task_id == second.task.task_id


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        ([], "empty_conversation"),
        ([said("wizard", "x")], "unexpected_shape"),
        ([said("gpt", "x"), {"value": "y"}], "missing_field"),
        ([said("gpt", 7)], "unexpected_shape"),
    ],
)
def test_a_conversation_that_cannot_be_read_is_refused(conversation: object, reason: str) -> None:
    rejection = refusal({"conversations": conversation})
    assert (rejection.reason, rejection.format_name) == (reason, "sharegpt")
