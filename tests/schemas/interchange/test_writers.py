"""Where a writer puts things: native fields first, so that others read them; `winnow` only for what has none."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.interchange import ROLLOUT_WRITERS, UnwritableError, whole_trajectories
from schemas.trajectory import (
    Message,
    Origin,
    Relation,
    Role,
    Score,
    ScoreSource,
    Status,
    Task,
    ToolCall,
    Toolset,
    Trajectory,
)
from tests.schemas.interchange.normal_form import read
from tests.schemas.rollouts.leaves import lost_leaves
from tests.schemas.rollouts.real_files import json_sample, read_zst
from tests.schemas.rollouts.test_formats_contract import trajectories_of
from tests.schemas.training.test_quarantine import MARKER, planted_row

every_writer = pytest.mark.parametrize("target", ROLLOUT_WRITERS)

CALL = ToolCall(name="f", arguments='{"a": 1.50}', call_id="c", result_seq=2)
PLAIN = Trajectory(
    record_id="0" * 64,
    source_name="s",
    source_format="f",
    task=Task(benchmark="b", task_key="7", split="test", policy=None),
    messages=(
        Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text="Hi"),
        Message(
            seq=1, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="", reasoning="hm", tool_calls=(CALL,)
        ),
        Message(seq=2, role=Role.TOOL, origin=Origin.INJECTED, text="ok", tool_call_id="c", call_seq=1),
        Message(seq=3, role=Role.ASSISTANT, origin=Origin.COPIED, text="done"),
    ),
    trial=2,
    agent="a",
    model="m",
    status=Status.COMPLETED,
    termination_reason="end",
    outcome_reward=0.5,
    cost_usd=0.25,
    prompt_tokens=3,
    completion_tokens=4,
    toolset=Toolset(tools='[{"name": "f", "n": 1.50}]'),
)


def written(trajectory: Trajectory, target: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ROLLOUT_WRITERS[target].write(trajectory).raw)
    return document


def changed(seq: int, **fields: Any) -> Trajectory:
    messages = list(PLAIN.messages)
    messages[seq] = replace(messages[seq], **fields)
    return replace(PLAIN, messages=tuple(messages))


def test_a_chat_record_says_everything_in_its_own_fields() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1.50}'}}
    assert written(PLAIN, "openai_chat") == {
        "benchmark": "b", "task_id": "7", "split": "test", "trial": 2, "agent": "a", "model": "m",
        "status": "completed", "termination_reason": "end", "reward": 0.5, "cost_usd": 0.25,
        "prompt_tokens": 3, "completion_tokens": 4, "tools": [{"name": "f", "n": 1.5}],
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [call]},
            {"role": "tool", "content": "ok", "tool_call_id": "c"},
            {"role": "assistant", "content": "done", "weight": 0},
        ],
    }  # fmt: skip


def test_an_atif_document_says_everything_in_its_own_fields() -> None:
    document = written(PLAIN, "atif")
    own = document["extra"].pop("winnow")
    assert own == {"extra": None}, "only the agent's version, which ATIF requires, was not there"
    call = {"tool_call_id": "c", "function_name": "f", "arguments": {"a": 1.5}}
    assert document == {
        "schema_version": "ATIF-v1.8",
        "agent": {"name": "a", "version": "unknown", "model_name": "m", "tool_definitions": [{"name": "f", "n": 1.5}]},
        "steps": [
            {"step_id": 1, "source": "user", "message": "Hi"},
            {
                "step_id": 2, "source": "agent", "message": "", "reasoning_content": "hm", "tool_calls": [call],
                "observation": {"results": [{"content": "ok", "source_call_id": "c"}]},
            },
            {"step_id": 3, "source": "agent", "message": "done", "is_copied_context": True},
        ],
        "final_metrics": {"total_prompt_tokens": 3, "total_completion_tokens": 4, "total_cost_usd": 0.25},
        "extra": {
            "benchmark": "b", "task_id": "7", "split": "test", "trial": 2, "reward": 0.5, "status": "completed",
            "termination_reason": "end",
        },
    }  # fmt: skip


def test_broken_arguments_go_where_converters_of_atif_keep_them() -> None:
    broken = changed(1, tool_calls=(replace(CALL, arguments="{oops"),))
    (call,) = written(broken, "atif")["steps"][1]["tool_calls"]
    assert (call["arguments"], call["extra"]) == ({}, {"raw_arguments": "{oops"})


def test_a_scripted_agent_step_is_one_without_an_llm_call() -> None:
    scripted = changed(3, origin=Origin.SCRIPTED)
    step = written(scripted, "atif")["steps"][2]
    assert (step["llm_call_count"], "extra" in step) == (0, False)


def test_what_the_environment_puts_in_is_observed_by_the_step_before() -> None:
    reminder = Message(seq=4, role=Role.USER, origin=Origin.INJECTED, text="Go on.")
    last = written(replace(PLAIN, messages=(*PLAIN.messages, reminder)), "atif")["steps"][-1]
    assert last["observation"] == {
        "results": [{"content": "Go on.", "extra": {"winnow": {"origin": "injected"}}}]
    }


@every_writer
def test_extra_fields_of_a_message_stand_in_it_or_under_the_key(target: str) -> None:
    text = json.dumps(written(changed(0, extra='{"colour":"blue"}'), target))
    assert '{"extra": {"colour": "blue"}}' in text if target == "atif" else '"colour": "blue"}' in text


@every_writer
def test_scores_and_instructions_come_back(target: str) -> None:
    score = Score(name="style", value=0.5, source=ScoreSource.JUDGE, annotator="x")
    task = replace(PLAIN.task, instruction="Do it.", policy="Rules")
    raw = ROLLOUT_WRITERS[target].write(replace(PLAIN, scores=(score,), task=task)).raw
    found = read(raw, expected=target)
    assert (found.scores, found.task) == ((score,), task)


@every_writer
def test_every_leaf_of_a_document_counts_when_it_is_read(target: str) -> None:
    extra = '{"colour":"blue","reward":"odd"}'
    full = replace(changed(2, origin=Origin.SYNTHETIC, name="f", reward=0.5, extra=extra), extra=extra)
    assert lost_leaves(json_sample("document.json", written(full, target))) <= {
        "agent.version",
        "schema_version",
    }


@every_writer
def test_no_document_of_real_rollouts_holds_a_planted_marker(target: str, airline_file: Path) -> None:
    for row in json.loads(read_zst(airline_file)):
        (trajectory,) = trajectories_of(json_sample("gpt-4o-airline.json", planted_row(row)))
        document = ROLLOUT_WRITERS[target].write(trajectory)
        assert MARKER.encode() not in document.raw
        assert document.losses == {"task_secrets": 1}


@every_writer
def test_a_branch_without_its_start_is_not_written(target: str) -> None:
    branch = replace(PLAIN, messages=PLAIN.messages[3:], shared_count=3)
    with pytest.raises(UnwritableError, match=r"lacks its first 3 messages.*\n\nHint: pass it through"):
        ROLLOUT_WRITERS[target].write(branch)


def test_a_branch_is_made_whole_with_copied_words_of_its_parent() -> None:
    parent = PLAIN.trajectory_id
    own = replace(PLAIN.messages[3], seq=2)
    branch = replace(
        PLAIN, record_part=1, messages=(own,), shared_count=2, parent_id=parent, relation=Relation.BRANCH
    )
    grandchild = replace(
        branch, record_part=2, messages=(replace(own, seq=1),), shared_count=1, parent_id=branch.trajectory_id
    )
    first, second, third = whole_trajectories([PLAIN, branch, grandchild])
    assert first == PLAIN
    assert second.shared_count == 0
    assert [message.seq for message in second.messages] == [0, 1, 2]
    assert [message.origin for message in second.messages] == [Origin.COPIED] * 3
    assert second.messages[1].tool_calls[0].result_seq is None
    assert [message.text for message in third.messages] == ["Hi", "done"]
    assert second.trajectory_id == branch.trajectory_id


def test_a_branch_whose_parent_is_not_there_is_not_made_whole() -> None:
    with pytest.raises(UnwritableError, match="which is not given before it"):
        whole_trajectories([replace(PLAIN, shared_count=2, parent_id="p", relation=Relation.BRANCH)])
