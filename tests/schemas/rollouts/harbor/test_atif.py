import json
from typing import Any

import pytest

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Origin, Relation, Role, Status, Trajectory

SOURCE = Source(uri="trajectory.json", name="harbor")


def decode(raw: bytes) -> tuple[Trajectory, ...] | Rejection:
    record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, SOURCE)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories


def read(*steps: dict[str, Any], **fields: Any) -> tuple[Trajectory, ...]:
    document = {
        "schema_version": "ATIF-v1.8",
        "agent": {"name": "a", "version": "1"},
        "steps": steps,
    } | fields
    decoded = decode(json.dumps(document).encode())
    assert not isinstance(decoded, Rejection)
    return decoded


USER = {"step_id": 1, "source": "user", "message": "Do it."}


def agent_step(**fields: Any) -> dict[str, Any]:
    return {"step_id": 2, "source": "agent", "message": "ok"} | fields


def test_real_documents_are_read(atif_files: dict[str, bytes]) -> None:
    trajectories = {}
    for name, content in atif_files.items():
        decoded = decode(content.strip())
        assert not isinstance(decoded, Rejection)
        (trajectories[name],) = decoded

    calling = trajectories["openhands_hello-world.trajectory.json"]
    assert (calling.agent, calling.prompt_tokens, calling.completion_tokens) == ("openhands", 220, 80)
    assert calling.cost_usd == pytest.approx(0.00135)
    assert calling.toolset is not None
    assert [message.role.value for message in calling.messages] == [
        "system", "user", "system", "system", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert calling.messages[4].tool_calls[0].result_seq == 5

    texting = trajectories["openhands_hello-world.trajectory.no_function_calling.json"]
    assert texting.toolset is None
    assert (texting.messages[3].role, texting.messages[3].origin) == (Role.USER, Origin.INJECTED)

    continued = trajectories["terminus_2_hello-world-context-summarization-linear-history.trajectory.json"]
    assert json.loads(continued.extra or "")["continued_trajectory_ref"] == "trajectory.cont-1.json"
    second = trajectories[
        "terminus_2_hello-world-context-summarization-linear-history.trajectory.cont-1.json"
    ]
    assert [message.origin for message in second.messages[:5]] == [Origin.COPIED] * 4 + [Origin.SAMPLED]


def test_arguments_keep_the_exact_text_of_the_document() -> None:
    step = b'{"step_id":1,"source":"agent","message":"","tool_calls":[{"tool_call_id":"c","function_name":"f","arguments":{"x" : 1.50}}]}'
    decoded = decode(
        b'{"schema_version":"ATIF-v1.6","agent":{"name":"a","version":"1"},"steps":[' + step + b"]}"
    )
    assert not isinstance(decoded, Rejection)
    assert decoded[0].messages[0].tool_calls[0].arguments == '{"x" : 1.50}'


def test_arguments_that_were_no_object_are_read_as_the_model_wrote_them() -> None:
    call = {"tool_call_id": "c", "function_name": "f", "arguments": {}, "extra": {"raw_arguments": "{oops"}}
    (trajectory,) = read(agent_step(tool_calls=[call]))
    (read_call,) = trajectory.messages[0].tool_calls
    assert (read_call.arguments, read_call.extra) == ("{oops", None)


def test_results_become_messages_linked_by_id_or_place() -> None:
    calls = [{"tool_call_id": name, "function_name": "f", "arguments": {}} for name in "ab"]
    results = [
        {"source_call_id": "b", "content": "B"},
        {"content": "A"},
        {"source_call_id": "z", "content": "Z"},
    ]
    (trajectory,) = read(USER, agent_step(tool_calls=calls, observation={"results": results}))

    assert [call.result_seq for call in trajectory.messages[1].tool_calls] == [3, 2]
    assert [(m.seq, m.role, m.call_seq) for m in trajectory.messages[2:]] == [
        (2, Role.TOOL, 1),
        (3, Role.TOOL, 1),
        (4, Role.TOOL, None),
    ]


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({}, Origin.SAMPLED),
        ({"llm_call_count": 1}, Origin.SAMPLED),
        ({"llm_call_count": 0}, Origin.SCRIPTED),
        ({"is_copied_context": True}, Origin.COPIED),
    ],
)
def test_only_sampled_steps_are_the_policys_own_words(fields: dict[str, Any], origin: Origin) -> None:
    (trajectory,) = read(agent_step(**fields))
    assert trajectory.messages[0].origin is origin


def test_outcome_is_read_from_the_roots_extra() -> None:
    outcome = {
        "task_id": "t-1",
        "trial": 3,
        "reward": 1.0,
        "status": "completed",
        "benchmark": "hills",
        "more": 1,
    }
    (trajectory,) = read(USER, extra=outcome)
    assert (trajectory.task.task_key, trajectory.task.benchmark, trajectory.trial) == ("t-1", "hills", 3)
    assert (trajectory.outcome_reward, trajectory.status) == (1.0, Status.COMPLETED)
    assert json.loads(trajectory.extra or "")["extra"] == {"more": 1}


def test_without_an_outcome_reward_is_unknown_and_the_prompt_names_the_task() -> None:
    (first,), (again,) = read(USER, session_id="1"), read(USER, agent_step(), session_id="2")
    assert first.outcome_reward is None
    assert first.task.task_id == again.task.task_id


def test_subagents_are_trajectories_of_their_own() -> None:
    def document(text: str, **fields: Any) -> dict[str, Any]:
        agent = {"name": "helper", "version": "1"}
        step = {"step_id": 1, "source": "user", "message": text}
        return {"schema_version": "ATIF-v1.7", "agent": agent, "steps": [step], **fields}

    inner = document("b", subagent_trajectories=[document("c")])
    parts = read(USER, subagent_trajectories=[inner, document("d")])

    assert [part.messages[0].text for part in parts] == ["Do it.", "b", "c", "d"]
    assert [part.record_part for part in parts] == [0, 1, 2, 3]
    assert [part.relation for part in parts] == [Relation.ATTEMPT] + [Relation.SUBAGENT] * 3
    root, first, *_ = (part.trajectory_id for part in parts)
    assert [part.parent_id for part in parts] == [None, root, first, root]
    assert len({part.task.task_id for part in parts}) == 4


@pytest.mark.parametrize("version", ["ATIF-v1.4", "ATIF-v1.9", "ATIF-v2.0", "ATIF"])
def test_another_version_is_rejected(version: str) -> None:
    rejection = decode(json.dumps({"schema_version": version, "steps": []}).encode())
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "unsupported_version"
    assert "ATIF-v1.5, ATIF-v1.6, ATIF-v1.7, ATIF-v1.8" in rejection.detail


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"source": "ghost", "message": "x"}, "unexpected_shape"),
        ({"message": "x"}, "missing_field"),
        ({"source": "agent", "message": "x", "metrics": {"prompt_tokens": -1}}, "unexpected_shape"),
        ({"source": "agent", "message": "x", "tool_calls": [{"arguments": {}}]}, "missing_field"),
    ],
)
def test_a_step_that_breaks_its_promise_is_rejected(step: dict[str, Any], reason: str) -> None:
    rejection = decode(json.dumps({"schema_version": "ATIF-v1.8", "steps": [step]}).encode())
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "atif")


def test_a_document_without_steps_is_rejected() -> None:
    rejection = decode(b'{"schema_version": "ATIF-v1.8", "steps": []}')
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"
