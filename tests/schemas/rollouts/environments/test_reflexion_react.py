import json
from collections import Counter
from pathlib import Path

import pytest

from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Origin, Role, Status, Trajectory
from tests.schemas.rollouts.readings import archive_samples, trajectories_of
from tests.schemas.rollouts.real_files import file_samples
from tests.schemas.rollouts.samples.reflexion_react import CARRIED, LOG_FILE


@pytest.fixture(scope="module")
def attempts(real_data: Path) -> list[Trajectory]:
    archive = real_data / "reflexion/reflexion_dev.tar.zst"
    return trajectories_of(archive_samples(archive, wanted=lambda name: name == LOG_FILE))


@pytest.fixture(scope="module")
def carried() -> list[Trajectory]:
    return trajectories_of(file_samples(LOG_FILE, CARRIED))


def refusal(raw: bytes) -> Rejection:
    record = RawRecord(raw=raw, locator="file", index=0, record_id="0" * 64, claimed_by="reflexion_react")
    decoded = decode_record(record, Source(uri="log.txt", name="log"))
    assert isinstance(decoded, Rejection)
    return decoded


def test_census_of_the_real_log(attempts: list[Trajectory]) -> None:
    messages = [message for trajectory in attempts for message in trajectory.messages]

    assert len(attempts) == 500
    assert set(Counter(t.task.task_id for t in attempts).values()) == {5}
    assert set(Counter(t.trial for t in attempts).items()) == {(trial, 100) for trial in range(1, 6)}
    assert Counter((t.status, t.outcome_reward) for t in attempts) == {
        (Status.COMPLETED, 1.0): 170,
        (Status.COMPLETED, 0.0): 282,
        (Status.TRUNCATED, 0.0): 48,
    }
    assert Counter((message.role.value, message.origin.value) for message in messages) == {
        ("user", "scripted"): 500,
        ("assistant", "sampled"): 1795,
        ("tool", "injected"): 1795,
    }
    assert Counter(call.name for message in messages for call in message.tool_calls) == {
        "Search": 1278,
        "Lookup": 65,
        "Finish": 452,
    }
    assert all(message.call_seq is not None for message in messages if message.role is Role.TOOL)
    assert {(t.task.benchmark, t.agent, t.model) for t in attempts} == {("hotpotqa", "ReAct/base", None)}


def test_an_attempt_that_two_sections_list_is_one(attempts: list[Trajectory]) -> None:
    twice = [t for t in attempts if "sections" in json.loads(t.extra or "{}")]
    assert len(twice) == 12
    assert {(t.status, t.termination_reason, t.outcome_reward) for t in twice} == {
        (Status.COMPLETED, "HALTED", 0.0)
    }


def test_the_right_answer_is_only_in_quarantine(attempts: list[Trajectory]) -> None:
    assert all(t.task.secrets is not None and t.task.secrets.gold_outputs for t in attempts)
    assert not any("Correct answer" in str(message.text) for t in attempts for message in t.messages)


def test_an_observation_may_have_lines_of_its_own(attempts: list[Trajectory]) -> None:
    texts = [m.text for m in attempts[2].messages if m.role is Role.TOOL]
    assert texts[1] is not None
    assert "\nThe earliest known creed" in texts[1]


def test_what_is_carried_over_from_earlier_trials_is_context(carried: list[Trajectory]) -> None:
    reflecting, repeating = carried
    assert [(m.role, m.origin) for m in reflecting.messages[:3]] == [
        (Role.SYSTEM, Origin.SCRIPTED),
        (Role.USER, Origin.COPIED),
        (Role.USER, Origin.SCRIPTED),
    ]
    assert repeating.messages[0].origin is Origin.COPIED
    assert repeating.messages[0].text is not None
    assert repeating.messages[0].text.endswith("(END PREVIOUS TRIAL)")
    assert repeating.messages[1].text == "Question: What?"


def test_an_action_that_is_no_call_stays_words(carried: list[Trajectory]) -> None:
    _, _, _, calling, result, telling, told, thinking = carried[0].messages
    assert (calling.text, calling.tool_calls[0].arguments, result.call_seq) == ("I look.", "a\nb", 3)
    assert (telling.text, telling.tool_calls) == ("Nobody, then.\nNobody", ())
    assert (told.role, told.text) == (Role.USER, "Invalid Action.")
    assert thinking.text == "Done."


def test_labels_that_do_not_count_and_an_attempt_that_was_cut_off_are_kept(carried: list[Trajectory]) -> None:
    first, second = (json.loads(trajectory.extra or "") for trajectory in carried)
    assert first["labels"][-1] == ["Thought", "4"]
    assert second["labels"] == [["Thought", None], ["Action", None], ["Observation", None]]
    assert second["tail"] == "Question: Cut o"
    assert "tail" not in first


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"####################\nBEGIN TRIAL 1\n", "empty_conversation"),
        (b"Thought 1: Hm.\nCorrect answer: x\n", "unexpected_shape"),
        (b"Question: \xff\nCorrect answer: x\n", "invalid_encoding"),
    ],
)
def test_a_log_that_cannot_be_read_is_refused(raw: bytes, reason: str) -> None:
    assert refusal(raw).reason == reason


def test_other_folders_name_neither_agent_nor_benchmark() -> None:
    (trajectory, _) = trajectories_of(file_samples("log.txt", CARRIED))
    assert (trajectory.agent, trajectory.task.benchmark) == (None, "rollouts")
    (unnamed, _) = trajectories_of(file_samples("root/log.txt", CARRIED))
    assert unnamed.agent is None
