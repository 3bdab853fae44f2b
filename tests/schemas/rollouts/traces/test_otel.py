import json
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.trajectory import Origin, Relation, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import file_samples
from tests.schemas.rollouts.samples.otel import (
    ASKED,
    CALLED,
    EVENTED,
    FLAT,
    GENAI,
    LOGGED,
    OPENINFERENCE,
    PLAIN,
    TOOLS,
    chat,
    export,
    pairs,
    says,
    span,
    words,
)


def decode(*documents: dict[str, Any]) -> Decoded | Rejection:
    content = "\n".join(map(json.dumps, documents)).encode()
    (sample,) = file_samples("traces.jsonl", content)
    assert sample.record.claimed_by == "otel"
    return decode_record(sample.record, sample.source)


def read(*documents: dict[str, Any]) -> tuple[Trajectory, ...]:
    decoded = decode(*documents)
    assert isinstance(decoded, Decoded), decoded
    return decoded.trajectories


def texts(trajectory: Trajectory) -> list[str | None]:
    return [message.text for message in trajectory.messages]


def test_calls_that_repeat_the_history_are_one_trajectory_whatever_their_order() -> None:
    main, helper = read(export(*GENAI[:3]), export(*GENAI[3:]))
    assert texts(main) == ["Be kind.", "Weather in Paris?", None, "rainy, 57°F", "It rains."]
    assert [message.origin for message in main.messages] == [
        Origin.SCRIPTED,
        Origin.SCRIPTED,
        Origin.SAMPLED,
        Origin.INJECTED,
        Origin.SAMPLED,
    ]
    assert main.messages[2].reasoning == "Look it up."
    assert main.messages[2].tool_calls[0].result_seq == 3
    assert (main.prompt_tokens, main.completion_tokens) == (20 + 40, 2 + 4)
    assert (main.agent, main.model, main.status) == ("main", "gpt-x", Status.COMPLETED)
    assert main.toolset is not None
    assert json.loads(main.toolset.tools) == TOOLS
    assert helper.agent == "helper"


def test_an_agent_inside_another_is_its_subagent() -> None:
    main, helper = read(export(*GENAI))
    assert (helper.relation, helper.parent_id) == (Relation.SUBAGENT, main.trajectory_id)


def test_an_answer_that_no_prompt_repeats_comes_from_the_tools_span() -> None:
    _, helper = read(export(*GENAI))
    last = helper.messages[-1]
    assert (last.role, last.text, last.call_seq) == (Role.TOOL, "sunny", 1)


def test_evaluations_are_scores() -> None:
    main, _ = read(export(*GENAI))
    (score,) = main.scores
    assert (score.name, score.value, score.explanation) == ("relevance", 0.5, "ok")


def test_spans_without_words_are_kept_exactly() -> None:
    main, _ = read(export(*GENAI))
    spans = json.loads(main.extra or "")["spans"]
    assert sorted(spans[0]["attributes"], key=str) == sorted(GENAI[0]["attributes"], key=str)
    assert [one["spanId"] for one in spans] == ["a-1", "t-1"]


def test_a_prompt_that_parts_from_the_history_is_a_branch() -> None:
    first = chat("c-1", 1, [ASKED], [says("assistant", words("Rain."))])
    retry = chat("c-2", 2, [ASKED], [CALLED])
    main, branch = read(export(first, retry))
    assert (branch.relation, branch.shared_count) == (Relation.BRANCH, 1)
    assert texts(main) == ["Weather in Paris?", "Rain."]


def test_conversations_that_share_only_a_system_prompt_are_apart() -> None:
    calls = [
        chat(f"c-{n}", n, [says("system", words("Rules")), says("user", words(f"Q{n}"))], [CALLED])
        for n in (1, 2)
    ]
    first, second = read(export(*calls))
    assert (first.relation, second.relation) == (Relation.ATTEMPT, Relation.ATTEMPT)
    assert first.task.task_id != second.task.task_id


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([export(*EVENTED)], ["Rules", "Hi", "Hello"]),
        ([export(*FLAT)], ["Hi", None]),
        ([export(*OPENINFERENCE)], ["Rules", "Look", None]),
        ([export(*PLAIN)], ["Hi", "Hello"]),
        ([LOGGED], ["Hi", None]),
    ],
    ids=["events", "openllmetry", "openinference", "input_value", "log_records"],
)
def test_each_way_of_writing_messages_is_read(documents: list[dict[str, Any]], said: list[str]) -> None:
    (trajectory,) = read(*documents)
    assert texts(trajectory) == said
    assert trajectory.messages[-1].origin is Origin.SAMPLED


def test_openinference_tools_are_the_toolset() -> None:
    (trajectory,) = read(export(*OPENINFERENCE))
    assert trajectory.toolset is not None
    assert trajectory.toolset.tools == '[{"name": "f"},{"name": "g"}]'


def test_a_call_that_the_provider_failed_is_an_infrastructure_error() -> None:
    (trajectory,) = read(export(*FLAT))
    assert (trajectory.status, trajectory.termination_reason) == (Status.INFRA_ERROR, "boom")


@pytest.mark.parametrize(
    "attributes",
    [{"gen_ai.operation.name": "chat"}, {"gen_ai.input.messages": '[{"role": "user", "par'}],
    ids=["not_captured", "cut_by_a_length_limit"],
)
def test_a_trace_without_readable_content_is_refused(attributes: dict[str, Any]) -> None:
    rejection = decode(export(span("x", 1, attributes)))
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("empty_conversation", "otel")


def test_other_names_of_roles_and_odd_endings_are_read() -> None:
    attributes = {"gen_ai.response.finish_reasons": "stop"}
    (trajectory,) = read(
        export(chat("c", 1, [ASKED], [says("model", words("Rain."))], attributes=attributes))
    )
    assert (trajectory.messages[1].role, trajectory.status) == (Role.ASSISTANT, Status.UNKNOWN)
    assert "finish_reasons" in (trajectory.messages[1].extra or "")


def test_an_evaluation_without_a_number_has_no_value() -> None:
    attributes = {"gen_ai.evaluation.score.value": "high", "gen_ai.evaluation.score.label": "pass"}
    judged = {"name": "gen_ai.evaluation.result", "attributes": pairs(attributes)}
    (trajectory,) = read(export(chat("c", 1, [ASKED], [CALLED], events=[judged])))
    (score,) = trajectory.scores
    assert (score.name, score.value, score.explanation) == ("evaluation", None, "pass")


def test_a_name_with_a_value_and_names_beneath_it_keeps_its_value() -> None:
    both = {f"llm.input_messages.0.message.content{rest}": "Go" for rest in ("", ".more")}
    (trajectory,) = read(export(span("x", 1, both | {"llm.output_messages.0.message.content": "Hi"})))
    assert texts(trajectory) == ["Go", "Hi"]
    assert "llm.input_messages.0.message.content.more" in (trajectory.messages[-1].extra or "")


def test_a_model_span_without_input_and_output_is_no_call() -> None:
    bare = span("n", 2, {"openinference.span.kind": "LLM"})
    (trajectory,) = read(export(*PLAIN, bare))
    assert json.loads(trajectory.extra or "")["spans"][0]["spanId"] == "n"
