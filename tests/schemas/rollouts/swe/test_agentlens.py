import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.trajectory import Origin, Role, ScoreSource, Trajectory
from schemas.verdict import Verdict
from tests.schemas.rollouts.real_files import archive_members, file_samples, json_sample
from tests.schemas.rollouts.samples.agentlens import ARCHIVE, first_states


@cache
def decoded_files(real_data: Path) -> dict[str, Decoded]:
    found = {}
    for name, content in archive_members(real_data / ARCHIVE).items():
        if name.endswith((".json", ".csv")):
            (sample,) = file_samples(name, content)
            decoded = decode_record(sample.record, sample.source)
            assert isinstance(decoded, Decoded), (name, decoded)
            found[name] = decoded
    return found


def rollouts(real_data: Path) -> list[Trajectory]:
    return [one for decoded in decoded_files(real_data).values() for one in decoded.trajectories]


def test_every_published_graph_is_one_rollout(real_data: Path) -> None:
    found = rollouts(real_data)
    messages = [message for rollout in found for message in rollout.messages]
    calls = [call for message in messages for call in message.tool_calls]
    results = [message for message in messages if message.role is Role.TOOL]

    assert len(found) == 622
    assert len({rollout.task.task_id for rollout in found}) == 16
    assert len(calls) == len(results) == 17_859
    assert all(call.result_seq is not None for call in calls)
    assert Counter(message.role.value for message in messages) == {
        "user": 622,
        "assistant": 17_859,
        "tool": 17_859,
    }
    assert Counter(rollout.outcome_reward for rollout in found) == {1.0: 368, 0.0: 254}
    assert sum(message.text is None for message in results) == 1132
    assert sum('"is_cut":true' in str(message.extra) for message in results) == 8832
    assert {rollout.task.benchmark for rollout in found} == {"swe_bench"}
    assert len({(one.task.task_key, one.model, one.trial) for one in found}) == 622
    prompts = {
        one.task.task_key: (len(one.messages[0].text or ""), one.task.instruction is None) for one in found
    }
    assert sum(is_cut for _, is_cut in prompts.values()) == 12
    assert all((length == 2000) is is_cut for length, is_cut in prompts.values())


def test_a_graph_that_was_merged_from_rollouts_is_none(real_data: Path) -> None:
    merged = [one for name, one in decoded_files(real_data).items() if "merged" in name]
    assert [one.trajectories for one in merged] == [(), ()]


def test_each_row_of_labels_finds_exactly_one_rollout(real_data: Path) -> None:
    verdicts = [one for decoded in decoded_files(real_data).values() for one in decoded.verdicts]
    rewards = {(one.task.task_key, one.model, one.trial): one.outcome_reward for one in rollouts(real_data)}
    outcomes = [verdict for verdict in verdicts if verdict.is_outcome]

    assert len(verdicts) == 622 * 32
    assert {(verdict.benchmark, verdict.run) for verdict in verdicts} == {("swe_bench", None)}
    assert {_keys(verdict): verdict.score.value for verdict in outcomes} == rewards
    assert Counter(verdict.score.source for verdict in verdicts) == {
        ScoreSource.VERIFIER: 622,
        ScoreSource.JUDGE: 622 * 31,
    }
    (words,) = {verdict.score.name for verdict in verdicts if verdict.extra}
    assert words == "quality_score"


def _keys(verdict: Verdict) -> tuple[str | None, str | None, int | None]:
    return verdict.task_key, verdict.model, verdict.trial


def decode_graph(graph: dict[str, Any]) -> Trajectory | Rejection:
    sample = json_sample("t-logs-m-pass-12_pta.json", graph)
    decoded = decode_record(sample.record, sample.source)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories[0]


def graph(*tools: str, **changes: Any) -> dict[str, Any]:
    """A chain of calls, one state each."""
    states: dict[str, Any] = {"state_0": {"state_id": "state_0"}}
    for number, tool in enumerate(tools, start=1):
        entry = {"id": str(number), "tool": tool, "args": {"x": 1, "thought": "hm"}, "response_preview": "ok"}
        states[f"state_{number}"] = {"log_entry": entry, "metadata": {"thought": "hm"}}
    ways = [{"from_state": f"state_{n}", "to_state": f"state_{n + 1}"} for n in range(len(tools))]
    facts = {
        "task_name": "t",
        "task_description": "Do it.",
        "pass_fail_status": "failed",
        "source_format": "a",
    }
    return {
        "initial_state": "state_0", "states": states, "transitions": ways, "metadata": facts, "statistics": {},
    } | changes  # fmt: skip


def test_the_walk_follows_the_transitions_not_the_file() -> None:
    whole = graph("a", "b", "c")
    shuffled = whole | {"transitions": whole["transitions"][::-1]}
    rollout = decode_graph(shuffled)
    assert isinstance(rollout, Trajectory)
    assert [message.name or message.role.value for message in rollout.messages] == [
        "user", "assistant", "a", "assistant", "b", "assistant", "c",
    ]  # fmt: skip
    assert [message.origin for message in rollout.messages[:3]] == [
        Origin.SCRIPTED,
        Origin.SAMPLED,
        Origin.INJECTED,
    ]
    assert (rollout.trial, rollout.agent, rollout.outcome_reward) == (12, "a", 0.0)


def test_a_thought_is_the_text_beside_a_call_and_the_argument_of_think() -> None:
    rollout = decode_graph(graph("edit", "think"))
    assert isinstance(rollout, Trajectory)
    edit, think = rollout.messages[1], rollout.messages[3]
    assert (edit.text, edit.tool_calls[0].arguments) == ("hm", '{"x":1}')
    assert (think.text, json.loads(think.tool_calls[0].arguments)) == (None, {"x": 1, "thought": "hm"})


def test_a_state_that_nothing_leads_to_is_kept_aside(real_data: Path) -> None:
    members = archive_members(real_data / ARCHIVE).items()
    content = next(content for name, content in members if "/trajectories/" in name)
    rollout = decode_graph(json.loads(first_states(content, 4)))
    assert isinstance(rollout, Trajectory)
    assert list(json.loads(rollout.extra or "")["states"]) == ["state_3"]
    assert len(rollout.messages) == 5


def test_an_outcome_that_is_no_verdict_is_kept_aside() -> None:
    rollout = decode_graph(graph("a", metadata={"task_name": "t", "pass_fail_status": "errored"}))
    assert isinstance(rollout, Trajectory)
    assert (rollout.outcome_reward, len(rollout.messages)) == (None, 2)
    assert json.loads(rollout.extra or "")["metadata"] == {"pass_fail_status": "errored"}


def test_copies_that_differ_are_kept() -> None:
    chain = graph("a")
    chain["states"]["state_1"]["metadata"]["thought"] = "other"
    chain["transitions"][0]["metadata"] = {"signature": "odd"}
    rollout = decode_graph(chain)
    assert isinstance(rollout, Trajectory)
    asked = next(message for message in rollout.messages if message.tool_calls)
    assert json.loads(asked.extra or "") == {
        "thought": "other",
        "transition": {"metadata": {"signature": "odd"}},
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"transitions": [{"from_state": "state_0", "to_state": "state_1"}] * 2}, "unexpected_shape"),
        ({"transitions": [{"from_state": "state_0", "to_state": "state_0"}]}, "unexpected_shape"),
        ({"transitions": [{"from_state": "state_0", "to_state": "nowhere"}]}, "unexpected_shape"),
        ({"initial_state": "nowhere"}, "unexpected_shape"),
        ({"transitions": []}, "empty_conversation"),
        ({"metadata": {}}, "missing_field"),
    ],
)
def test_a_graph_that_is_no_chain_is_rejected(changes: dict[str, Any], reason: str) -> None:
    rejection = decode_graph(graph("a", **changes))
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "agentlens")
