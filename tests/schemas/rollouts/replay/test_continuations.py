import copy
import json
from typing import Any

from schemas.reasons import RejectReason
from schemas.trajectory import Origin, Relation, Role, Status, Task
from tests.schemas.rollouts.readings import read, refusal
from tests.schemas.rollouts.samples.winnow_continuation import ANSWER


def answer(*, seq: int = 4, **fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = copy.deepcopy(ANSWER) | fields
    told["request"]["seq"] = seq
    return {name: value for name, value in told.items() if value is not None}


def test_a_continuation_is_a_branch_that_shares_the_start_of_its_parent() -> None:
    trajectory = read(answer())
    assert trajectory.source_format == "winnow_continuation"
    assert (trajectory.parent_id, trajectory.relation) == ("0" * 32, Relation.BRANCH)
    assert trajectory.shared_count == 4
    assert trajectory.task.task_id == Task(benchmark="b", task_key="t").task_id
    assert (trajectory.outcome_reward, trajectory.status) == (1.0, Status.COMPLETED)
    assert trajectory.toolset is not None
    assert '"name": "f"' in trajectory.toolset.tools
    kept = json.loads(trajectory.extra or "")
    assert kept == {
        "request": {"request_id": "r", "strategy": "reflect"},
        "attempt_type": "second",
        "meta": {"seed": 7},
    }


def test_guidance_is_the_first_message_and_marked_as_injected() -> None:
    messages = read(answer()).messages
    assert [message.seq for message in messages] == [4, 5, 6, 7]
    guidance, turn, result, _ = messages
    assert (guidance.role, guidance.origin, guidance.text) == (
        Role.SYSTEM,
        Origin.INJECTED,
        "Do something else.",
    )
    assert turn.tool_calls[0].result_seq == result.seq == 6
    assert result.call_seq == turn.seq == 5


def test_without_guidance_the_first_message_is_the_agents() -> None:
    messages = read(answer(guidance=None)).messages
    assert [message.seq for message in messages] == [4, 5, 6]
    assert messages[0].role is Role.ASSISTANT
    assert messages[0].tool_calls[0].result_seq == 5


def test_what_nobody_tells_is_unknown() -> None:
    trajectory = read(answer(reward=None, status=None, agent=None))
    assert (trajectory.outcome_reward, trajectory.status, trajectory.agent) == (None, Status.UNKNOWN, None)


def test_an_answer_that_names_no_task_or_says_nothing_is_refused() -> None:
    nameless = answer()
    del nameless["request"]["task"]
    assert refusal(nameless).reason is RejectReason.MISSING_FIELD
    assert refusal(answer(messages=[])).reason is RejectReason.EMPTY_CONVERSATION
    assert refusal(answer(seq=-1)).reason is RejectReason.UNEXPECTED_SHAPE
