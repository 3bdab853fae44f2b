import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rollouts import Rejection, decode_record
from schemas.rollouts.mapping.mapped import MappedFormat, load_mapping
from schemas.rollouts.mapping.spec import MappingError
from schemas.rollouts.mapping.suggest import suggest_mapping
from schemas.trajectory import Role, Trajectory
from tests.schemas.rollouts.real_files import archive_members, json_sample

DIALOGUE = {
    "task": {"id": "t-1", "text": "book"},
    "dialogue": {
        "turns": [{"speaker": "customer", "utterance": "Hi"}, {"speaker": "bot", "utterance": "Ho"}]
    },
    "meta": {"Model": "m", "success": True, "end": "max_turns"},
    "ground_truth": "A1",
    "rubric": ["polite"],
}
STEPS = {
    "instance_id": "x",
    "trajectory": {"steps": [{"obs": "o", "thought": "t", "action": "a", "reward": 0.5}, {"obs": "end"}]},
    "finish-reason": "stop",
}
GROUP = {"question_id": 3, "prompt": "Hi", "completions": ["a", "b"], "rewards": [1, 0]}
WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
ROLE_NAMES = st.sampled_from(("role", "from", "speaker", "Author", "sender"))
CONTENT_NAMES = st.sampled_from(("content", "value", "text", "utterance", "Message"))
HOLDERS = st.lists(st.sampled_from(("run", "data", "it's", "größe", "a b", "log")), max_size=3)
SPEAKERS = st.sampled_from(
    (
        ("human", "gpt"),
        ("user", "assistant"),
        ("customer", "agent"),
        ("Human", "AI"),
        ("model", "Customer"),
    )
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "task_id": st.integers(0, 9) | WORDS,
        "reward": st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
        "status": st.sampled_from(("done", "timeout", "weird", "completed")),
        "model": WORDS | st.none(),
        "cost": st.floats(0, 9) | WORDS,
        "tools": st.lists(st.dictionaries(WORDS, WORDS, max_size=1), max_size=2) | WORDS,
        "answer": st.integers() | WORDS,
        "other": st.recursive(
            WORDS | st.none(), lambda inner: st.dictionaries(WORDS, inner, max_size=2), max_leaves=4
        ),
    },
)


def read(mapping: MappedFormat, record: object) -> tuple[Trajectory, ...]:
    sample = json_sample("runs.jsonl", record)
    decoded = decode_record(sample.record, sample.source, mapping)
    assert not isinstance(decoded, Rejection), decoded
    return decoded.trajectories


def held(value: Any, holders: list[str]) -> Any:
    for holder in reversed(holders):
        value = {holder: value}
    return value


@st.composite
def dialogues(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """Draw records of one writer, and their words: a list of turns under odd names, and whatever facts."""
    role, content, holders = draw(ROLE_NAMES), draw(CONTENT_NAMES), draw(HOLDERS)
    turn = st.fixed_dictionaries({role: st.sampled_from(draw(SPEAKERS)), content: WORDS})
    turns = draw(st.lists(st.lists(turn, min_size=1, max_size=4), min_size=1, max_size=4))
    records = [{**draw(FACTS), "dialogue": held({"turns": said}, holders)} for said in turns]
    return records, [[turn[content] for turn in said] for said in turns]


@st.composite
def groups(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw records of several responses, with one reward each or none."""
    has_rewards = draw(st.booleans())
    records: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 4))):
        responses = draw(st.lists(WORDS, min_size=1, max_size=3))
        rewards = draw(
            st.lists(st.floats(0, 1) | st.none(), min_size=len(responses), max_size=len(responses))
        )
        records.append(
            {"prompt": draw(WORDS), "completions": responses, **({"rewards": rewards} if has_rewards else {})}
        )
    return records


@settings(deadline=None)
@given(dialogues())
def test_a_suggestion_reads_the_dialogues_that_it_was_made_from(
    drawn: tuple[list[dict[str, Any]], list[list[str]]],
) -> None:
    records, said = drawn
    text = suggest_mapping(records)
    mapping = load_mapping(text)
    assert text == suggest_mapping(json.loads(json.dumps(records)))
    for record, expected in zip(records, said, strict=True):
        (trajectory,) = read(mapping, record)
        assert [message.text for message in trajectory.messages] == expected
        assert {message.role for message in trajectory.messages} <= {Role.USER, Role.ASSISTANT, Role.TOOL}


@settings(deadline=None)
@given(groups())
def test_a_suggestion_reads_the_groups_that_it_was_made_from(records: list[dict[str, Any]]) -> None:
    mapping = load_mapping(suggest_mapping(records))
    for record in records:
        trajectories = read(mapping, record)
        assert [t.messages[-1].text for t in trajectories] == record["completions"]
        assert [t.outcome_reward for t in trajectories] == record.get("rewards", [None] * len(trajectories))


def test_nested_and_odd_names_of_a_dialogue_are_found() -> None:
    text = suggest_mapping([DIALOGUE, DIALOGUE | {"meta": {"Model": "m", "success": False}}])
    assert text == (
        "# Guessed from 2 records, of which it reads 2. Correct it where it is wrong, then ingest with --mapping.\n"
        "name: mapped\n"
        "task_key: $.task.id  # in 2 of 2 records\n"
        "model: $.meta.Model  # in 2 of 2 records\n"
        "status:  # in 1 of 2 records\n"
        "  path: $.meta.end\n"
        "  values:\n"
        "    max_turns: truncated\n"
        "outcome_reward: $.meta.success  # in 2 of 2 records\n"
        "secrets:  # to quarantine: it may be gold, by its name\n"
        "  gold_outputs: $.ground_truth\n"
        '  extra: ["$.rubric"]\n'
        "messages:  # in 2 of 2 records\n"
        "  path: $.dialogue.turns\n"
        "  role:\n"
        "    path: $.speaker\n"
        "    values:\n"
        "      bot: assistant\n"
        "      customer: user\n"
        "  content: $.utterance\n"
        "# Left to `extra`: $.task.text\n"
        "# Is any of it gold, or for the user simulator only? Then name it under `secrets`.\n"
    )


def test_steps_are_found_with_what_belongs_to_them() -> None:
    (trajectory,) = read(load_mapping(suggest_mapping([STEPS])), STEPS)
    assert [(m.role, m.text, m.reasoning, m.reward) for m in trajectory.messages] == [
        (Role.USER, "o", None, None),
        (Role.ASSISTANT, "a", "t", 0.5),
        (Role.USER, "end", None, None),
    ]
    assert (trajectory.task.task_key, trajectory.status.value) == ("x", "completed")


def test_each_completion_is_suggested_as_a_rollout_with_its_reward() -> None:
    trajectories = read(load_mapping(suggest_mapping([GROUP])), GROUP)
    assert [(t.task.task_key, t.outcome_reward) for t in trajectories] == [("3", 1.0), ("3", 0.0)]


def test_counts_and_verdicts_are_found_where_they_fit() -> None:
    record = {
        "prompt": "q",
        "response": "a",
        "usage": {"prompt_tokens": 3},
        "verdict": "Passed",
        "attempt": 1,
    }
    (trajectory,) = read(load_mapping(suggest_mapping([record])), record)
    assert (trajectory.prompt_tokens, trajectory.outcome_reward, trajectory.trial) == (3, 1.0, 1)


def test_a_prompt_may_be_chat_messages() -> None:
    record = {
        "prompt": [{"role": "user", "content": "q"}],
        "response": [{"role": "assistant", "content": "a"}],
    }
    (trajectory,) = read(load_mapping(suggest_mapping([record])), record)
    assert [(m.role, m.text) for m in trajectory.messages] == [(Role.USER, "q"), (Role.ASSISTANT, "a")]


def test_a_role_that_is_not_understood_is_named_and_its_record_counted_as_refused() -> None:
    odd = {"turns": [{"role": "user", "content": "a"}, {"role": "wizard", "content": "b"}]}
    text = suggest_mapping([odd])
    assert "of which it reads 0" in text
    assert "# roles to add to `values`: 'wizard'\n" in text


def test_a_field_whose_values_do_not_all_fit_is_left() -> None:
    turns = [{"role": "user", "content": "a"}]
    text = suggest_mapping([{"turns": turns, "reward": 1}, {"turns": turns, "reward": "high"}])
    assert "outcome_reward" not in text
    assert "# Left to `extra`: $.reward\n" in text


def test_tool_calls_are_found_under_the_names_of_the_writer() -> None:
    turns = [
        {"who": "ai", "text": "", "calls": [{"tool": "find", "args": {"x": 1}, "call_id": "c"}]},
        {"who": "tool_result", "text": "ok", "call_id": "c"},
    ]
    (trajectory,) = read(load_mapping(suggest_mapping([{"turns": turns}])), {"turns": turns})
    (call,) = trajectory.messages[0].tool_calls
    assert (call.name, call.arguments, call.call_id, call.result_seq) == ("find", '{"x": 1}', "c", 1)


def test_calls_without_a_name_are_left_in_extra() -> None:
    turns = [{"who": "ai", "text": "a", "calls": [{"x": 1}]}]
    (trajectory,) = read(load_mapping(suggest_mapping([{"turns": turns}])), {"turns": turns})
    assert (trajectory.messages[0].tool_calls, trajectory.messages[0].extra) == (
        (),
        '{"who":"ai","calls":[{"x": 1}]}',
    )


def test_all_that_may_be_gold_goes_to_quarantine() -> None:
    record = {"prompt": "q", "response": "a", "answer": 42, "rubric": ["x"], "gold": {"tests": [1]}}
    (trajectory,) = read(load_mapping(suggest_mapping([record])), record)
    secrets = trajectory.task.secrets
    assert secrets is not None
    assert (trajectory.extra, secrets.gold_outputs) == (None, '{"tests": [1]}')
    assert json.loads(secrets.extra or "") == {"$.answer": 42, "$.rubric": ["x"]}


@pytest.mark.parametrize(
    "record",
    [
        {"a": {"b": 1}},
        {"turns": [{"role": "user"}]},
        {"turns": [{"type": "function", "text": "x"}]},
        {"steps": [{"action": "a"}]},
        {"prompt": "q"},
        {"prompt": "q", "completions": [1]},
        {"prompt": "q", "completions": [[{"role": "wizard"}]]},
    ],
)
def test_records_without_a_conversation_are_refused_with_what_was_seen(record: dict[str, Any]) -> None:
    with pytest.raises(
        MappingError, match=rf"No conversation found in 1 records(.|\n)*Paths: \$\.{min(record)}"
    ):
        suggest_mapping([record])


@pytest.mark.parametrize(
    ("name", "message_count"),
    [
        ("datasets/agenttuning_alfworld/sample_raw.json", 178),
        ("datasets/agenttuning_alfworld/sample_sft.json", 193),
        ("datasets/agenttuning_db/sample_raw.json", 20),
    ],
)
def test_real_records_of_other_writers_are_read_whole(real_data: Path, name: str, message_count: int) -> None:
    records = json.loads(archive_members(real_data / "adp/adp_samples.tar.zst")[name])
    mapping = load_mapping(suggest_mapping(records))
    messages = [m for record in records for (t,) in [read(mapping, record)] for m in t.messages]
    assert len(messages) == message_count
