import json
from typing import Any

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.rollouts.traces.langfuse import LANGFUSE
from schemas.trajectory import Origin, ScoreSource, Status
from tests.schemas.rollouts.real_files import file_samples
from tests.schemas.rollouts.samples.langfuse import (
    SCORES,
    SNAKE,
    TOOLS,
    TRACE,
    WHOLE,
    lines,
    observation,
    score,
)


def decode(content: bytes) -> Decoded | Rejection:
    (sample,) = file_samples("export.jsonl", content)
    return decode_record(sample.record, sample.source)


def read(content: bytes) -> Decoded:
    decoded = decode(content)
    assert isinstance(decoded, Decoded), decoded
    assert decoded.format_name == "langfuse"
    return decoded


def test_the_generations_of_a_trace_are_one_trajectory_in_order() -> None:
    (trajectory,) = read(lines(TRACE)).trajectories
    assert [message.text for message in trajectory.messages] == ["Rules", "Go", None, "ok", "Done."]
    assert (trajectory.messages[2].prompt_tokens, trajectory.messages[2].completion_tokens) == (10, 2)
    assert (trajectory.prompt_tokens, trajectory.completion_tokens, trajectory.cost_usd) == (30, 5, 0.75)
    assert (trajectory.agent, trajectory.model) == ("weather", "gpt-x")
    assert trajectory.toolset is not None
    assert json.loads(trajectory.toolset.tools) == TOOLS
    assert json.loads(trajectory.extra or "")["observations"][0]["name"] == "root"


def test_blob_exports_in_snake_case_are_read_trace_by_trace() -> None:
    first, second = read(json.dumps(SNAKE).encode()).trajectories
    assert [message.text for message in first.messages] == ["Look", None, "seen", "A cat."]
    assert [message.origin for message in first.messages][1] is Origin.COPIED
    assert (first.status, first.termination_reason) == (Status.INFRA_ERROR, "cut")
    assert second.messages[-1].content_json == '{"answer": 42}'


def test_scores_name_the_trace_that_they_judge() -> None:
    decoded = read(lines(SCORES))
    assert decoded.trajectories == ()
    assert [verdict.run for verdict in decoded.verdicts] == ["t-1", "t-1"]
    numeric, category = (verdict.score for verdict in decoded.verdicts)
    assert (numeric.value, numeric.source) == (0.5, ScoreSource.JUDGE)
    assert (category.value, category.source, category.annotator) == (None, ScoreSource.HUMAN, "u")


def test_a_trace_with_its_observations_carries_its_own_scores() -> None:
    decoded = read(json.dumps(WHOLE).encode())
    (trajectory,) = decoded.trajectories
    assert decoded.verdicts == ()
    assert [(score.name, score.scope) for score in trajectory.scores] == [("helpful", "span")]


def test_a_file_of_traces_alone_holds_nothing() -> None:
    trace: dict[str, Any] = {"id": "t", "timestamp": "2026", "projectId": "p", "environment": "e", "tags": []}
    assert read(lines([trace | {"input": "x"}, trace | {"input": "y"}])).trajectories == ()


def test_observations_without_any_generation_are_refused() -> None:
    rejection = decode(lines([observation("a", 1, "SPAN"), observation("b", 2, "TOOL")]))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"


def test_a_large_trace_is_known_by_its_observations() -> None:
    assert LANGFUSE.recognises(WHOLE)
    assert not LANGFUSE.recognises({"observations": ["id"]})


def test_a_generation_without_content_or_answer_stays_in_extra() -> None:
    empty, asked = observation("empty", 5), observation("asked", 6, input="Go", usageDetails="none", model=7)
    (trajectory,) = read(lines([*TRACE, empty, asked])).trajectories[:1]
    assert [one["name"] for one in json.loads(trajectory.extra or "")["observations"]] == [
        "root",
        "empty",
        "asked",
    ]


def test_a_trace_keeps_its_id_once_for_scores_of_other_files() -> None:
    first, second = read(json.dumps(SNAKE).encode()).trajectories
    assert [json.loads(one.extra or "")["trace_id"] for one in (first, second)] == ["t-2", "t-3"]


def test_what_exports_write_for_nothing_is_nothing() -> None:
    unset = observation("unset", 9, input="", output="", traceName="", statusMessage="", model="")
    (trajectory,) = read(lines([*TRACE[1:], unset])).trajectories
    assert (len(trajectory.messages), trajectory.agent, trajectory.termination_reason) == (5, None, None)


def test_texts_and_categories_have_no_value() -> None:
    told = {"dataType": "TEXT", "value": 0, "stringValue": "long", "comment": None}
    decoded = read(lines([score(**told), score(dataType="BOOLEAN", value=1, authorUserName="Ana")]))
    text, flag = (verdict.score for verdict in decoded.verdicts)
    assert (text.value, text.explanation, flag.value, flag.annotator) == (None, "long", 1.0, "Ana")


def test_traces_of_the_user_interface_hold_nothing() -> None:
    trace = {"id": "t", "timestamp": "2026", "bookmarked": False, "tags": [], "input": "x", "output": "y"}
    assert read(lines([trace, trace])).trajectories == ()
