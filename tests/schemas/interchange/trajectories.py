"""Trajectories drawn by hypothesis: whatever a rollout format could emit, and names that the targets read as their own."""

import json
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.trajectory import (
    Message,
    Origin,
    Relation,
    Role,
    Score,
    ScoreSource,
    Status,
    Task,
    TaskSecrets,
    ToolCall,
    Toolset,
    Trajectory,
)

MARKER = "XQ7-planted-XQ7"
"""Stands in every private field of a drawn trajectory, and nowhere else."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
WORDS = st.none() | TEXT | st.sampled_from(["", "null", "[]", '{"a": 1}', "line\nbreak", "näme 🙂"])
NAMES = st.sampled_from(
    [
        "role", "content", "tool_calls", "function_call", "function", "type", "id", "name", "weight", "is_demo",
        "refusal", "reasoning", "thinking", "tool_call_id", "messages", "task_id", "reward", "score", "status",
        "split", "trial", "agent", "model", "tools", "benchmark", "prompt_tokens", "schema_version", "session_id",
        "notes", "steps", "final_metrics", "extra", "timestamp", "model_name", "reasoning_effort", "metrics",
        "llm_call_count", "observation", "step_id", "source_call_id", "subagent_trajectory_ref", "raw_arguments",
        "arguments", "traj", "info", "winnow", "other", "ünicode",
    ]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, 0, 1, -1, 2**70, 0.5, 1e300, "", "x", "developer", "2026-01-01T00:00:00Z", "ATIF-v1.7", [], {},
        [1], {"a": {"b": [1.5]}}, {"version": "2"}, {"version": 2}, {"extra": {"k": 1}}, {"cached_tokens": 3},
        {"raw_arguments": "{"}, {"winnow": {}}, {"total_steps": 2}, [{"trajectory_id": "t"}], [{"name": "f"}],
        {"strict": True}, {"name": "n"}, {"status": "odd", "score": 2}, {"text": "line\nbreak"},
    ]
)  # fmt: skip
NUMBERS = st.none() | st.floats() | st.sampled_from([0.0, 1.0, -0.5])
COUNTS = st.none() | st.integers(0, 2**63 - 1) | st.just(0)


SPELLINGS: list[dict[str, Any]] = [{"separators": (",", ":")}, {}, {"indent": 2}, {"ensure_ascii": False}]


@st.composite
def objects(draw: st.DrawFn) -> str | None:
    """Draw an `extra`, spelled as one of many writers spells."""
    fields = draw(st.dictionaries(NAMES, VALUES, max_size=3))
    spelling = draw(st.sampled_from(SPELLINGS))
    return json.dumps(fields, **spelling) if fields else None


CONTENTS = st.none() | st.sampled_from(
    [
        '[{"type":"text","text":"a"},{"type":"text","text":"b"}]',
        '[{"type": "text", "text": "a", "cache_control": null}]',
        '[\n {"type": "image", "source": {"media_type": "image/png", "path": "p"}}\n]',
        '[{"type":"tool_use","id":"c","name":"f","input":{}}]',
        '[{"type":"tool_result","tool_use_id":"c","content":"x"}]',
        "[]", "{}", "7", "true", '"text"', '{"a": 1.50, "a": 2}',
    ]
)  # fmt: skip
ARGUMENTS = st.sampled_from(
    ["", "{}", '{"a": 1.50}', '{"a":\n1}', "{broken", "null", "[1]", '{"a":1,"a":2}', '{"a": NaN}', " {} ", '"x"', '"\\ud800"']
)  # fmt: skip
CALLS = st.builds(
    ToolCall,
    name=TEXT,
    arguments=ARGUMENTS,
    call_id=st.sampled_from([None, "", "c", "d", "call_1_0"]),
    extra=objects(),
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[Message, ...]:
    """Draw messages, results linked to calls before them or to nothing, by ids or against them."""
    said: list[Message] = []
    open_calls: list[tuple[int, int]] = []
    for seq in range(draw(st.integers(1, 6))):
        role = draw(st.sampled_from([*Role, Role.ASSISTANT, Role.TOOL]))
        calls = draw(st.lists(CALLS, max_size=2)) if role is Role.ASSISTANT else []
        origins = [origin for origin in Origin if role is Role.ASSISTANT or origin is not Origin.SAMPLED]
        message = Message(
            seq=seq,
            role=role,
            origin=draw(st.sampled_from(origins)),
            text=draw(WORDS),
            content_json=draw(CONTENTS),
            reasoning=draw(WORDS),
            tool_calls=tuple(calls),
            tool_call_id=draw(st.sampled_from([None, "", "c", "d"])) if role is Role.TOOL else None,
            name=draw(WORDS),
            reward=draw(NUMBERS),
            prompt_tokens=draw(COUNTS),
            completion_tokens=draw(COUNTS),
            extra=draw(objects()),
        )
        if role is Role.TOOL and open_calls and draw(st.booleans()):
            message = _link(said, message, open_calls.pop(draw(st.integers(0, len(open_calls) - 1))))
        open_calls += [(seq, index) for index in range(len(calls))]
        said.append(message)
    return tuple(said)


def _link(said: list[Message], result: Message, place: tuple[int, int]) -> Message:
    seq, index = place
    calls = list(said[seq].tool_calls)
    calls[index] = replace(calls[index], result_seq=result.seq)
    said[seq] = replace(said[seq], tool_calls=tuple(calls))
    return replace(result, call_seq=seq)


SECRETS = TaskSecrets(
    gold_actions=f'["{MARKER}"]',
    gold_outputs=f'["{MARKER}"]',
    private_instruction=MARKER,
    extra=f'{{"{MARKER}":1}}',
)
TASKS = st.builds(
    Task,
    benchmark=TEXT,
    task_key=TEXT,
    split=WORDS,
    instruction=WORDS,
    policy=WORDS,
    secrets=st.none() | st.just(SECRETS),
)
SCORES = st.builds(
    Score,
    name=TEXT,
    value=NUMBERS,
    source=st.sampled_from(ScoreSource),
    scope=st.sampled_from(["trajectory", "step"]),
    step=st.none() | st.integers(0, 9),
    annotator=WORDS,
    explanation=WORDS,
)
TOOLSETS = st.none() | st.builds(
    Toolset,
    tools=st.sampled_from(['[{"name": "f", "n": 1.50}]', '[\n{"name":"f"}\n]', "[]", "[1]", '["f"]']),
)
LINEAGES: list[dict[str, Any]] = [
    {},
    {"relation": Relation.SUBAGENT, "parent_id": "p"},
    {"relation": Relation.REPAIR, "parent_id": "p", "repair_rule": "rollback"},
]


@st.composite
def trajectories(draw: st.DrawFn) -> Trajectory:
    """Draw a whole trajectory."""
    return Trajectory(
        record_id="0" * 64,
        record_part=draw(st.integers(0, 2)),
        source_name="drawn",
        source_format="drawn",
        task=draw(TASKS),
        messages=draw(messages()),
        trial=draw(st.none() | st.integers(-(2**63) + 1, 2**63 - 1)),
        agent=draw(WORDS),
        model=draw(WORDS),
        status=draw(st.sampled_from(Status)),
        termination_reason=draw(WORDS),
        outcome_reward=draw(NUMBERS),
        cost_usd=draw(NUMBERS),
        prompt_tokens=draw(COUNTS),
        completion_tokens=draw(COUNTS),
        toolset=draw(TOOLSETS),
        scores=draw(st.lists(SCORES, max_size=2).map(tuple)),
        extra=draw(objects()),
        **draw(st.sampled_from(LINEAGES)),
    )
