from curation.signals.failures import Failures
from tests.curation.rollouts import BAD, BUSY, Turn, call, do, frames, rollout, say


def figures(*turns: Turn, anywhere: bool = False) -> dict[str, object]:
    found = Failures(anywhere=anywhere).compute(frames(rollout(*turns)))
    return found["trajectory"].drop("trajectory_id", "bucket").row(0, named=True)


def test_counts_failed_calls_of_every_kind() -> None:
    found = figures(do("look", result=BAD), do("look", result=BUSY), do("look"), do("change"))
    assert found == {
        "call_count": 4,
        "failed_call_count": 2,
        "failed_call_frac": 0.5,
        "recovered_failure_count": 2,
        "ends_in_failure": False,
    }


def test_only_a_later_success_of_the_same_tool_recovers() -> None:
    assert figures(do("look", result=BAD), do("change"))["recovered_failure_count"] == 0
    assert figures(do("look"), do("look", result=BAD))["recovered_failure_count"] == 0
    parallel = Turn(calls=(call("look", 1, BAD), call("look", 2)))
    assert figures(parallel)["recovered_failure_count"] == 0
    assert figures(do("look", result=BAD), say(), do("look", 2))["recovered_failure_count"] == 1


def test_an_unanswered_call_neither_fails_nor_recovers() -> None:
    found = figures(do("look", result=BAD), do("look", result=None))
    assert (found["failed_call_count"], found["recovered_failure_count"], found["ends_in_failure"]) == (
        1,
        0,
        False,
    )


def test_tells_a_last_call_that_failed() -> None:
    assert figures(do("look"), do("look", result=BAD), say())["ends_in_failure"] is True


def test_has_no_share_without_a_call() -> None:
    found = figures(say())
    assert (found["call_count"], found["failed_call_frac"], found["ends_in_failure"]) == (0, None, False)


def test_marks_the_failed_steps() -> None:
    turns = (say(), Turn(calls=(call("look", 1, BUSY), call("look", 2, BAD))), do("look"))
    steps = Failures().compute(frames(rollout(*turns)))["step"]
    assert steps["failed_call_count"].to_list() == [0, 2, 0]
    assert steps["is_failed"].to_list() == [False, True, False]
    assert steps["error_kind"].to_list() == [None, "api_error", None]


def test_takes_phrases_anywhere_for_failures_when_asked() -> None:
    turn = do("look", result='{"note": "user not found"}')
    assert figures(turn)["failed_call_count"] == 0
    assert figures(turn, anywhere=True)["failed_call_count"] == 1
