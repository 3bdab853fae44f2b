import msgspec
import polars as pl
import pytest

from curation.fingerprint import content_fingerprints
from schemas.trajectory import Message, Trajectory
from tests.curation.rollouts import Turn, call, do, frames, rollout, say, shuffled

ONE = rollout(do("look", {"id": 1}, "found", text="let me see"), say("done"))


def fingerprint(trajectory: Trajectory) -> str:
    found: str = content_fingerprints(frames(trajectory).messages)["content_fingerprint"].item()
    return found


def first_turn(**changes: object) -> Trajectory:
    changed: Message = msgspec.structs.replace(ONE.messages[1], **changes)
    return msgspec.structs.replace(ONE, messages=(ONE.messages[0], changed, *ONE.messages[2:]))


def test_equal_content_of_different_trials_has_one_fingerprint() -> None:
    twin = msgspec.structs.replace(ONE, record_id="other", trial=1)
    assert fingerprint(twin) == fingerprint(ONE)


@pytest.mark.parametrize("changes", [{"text": None}, {"text": ""}, {"reasoning": "hm"}, {"tool_calls": ()}])
def test_differs_by_what_is_said_thought_and_done(changes: dict[str, object]) -> None:
    assert fingerprint(first_turn(**changes)) != fingerprint(ONE)


@pytest.mark.parametrize("changes", [{"prompt_tokens": None}, {"reward": 0.5}])
def test_ignores_what_is_not_content(changes: dict[str, object]) -> None:
    assert fingerprint(first_turn(**changes)) == fingerprint(ONE)


def test_tells_words_from_calls_that_look_alike() -> None:
    one = rollout(Turn(calls=(call("a", "1"), call("b", "2"))))
    other = rollout(Turn(calls=(call("a", "12"), call("b", ""))))
    assert fingerprint(one) != fingerprint(other)


def test_does_not_depend_on_the_order_of_rows() -> None:
    whole = frames(ONE, rollout(say(), trial=1))
    expected = content_fingerprints(whole.messages)
    assert content_fingerprints(shuffled(whole, 3).messages).equals(expected)
    assert content_fingerprints(whole.messages.clear()).schema == expected.schema
    assert expected["trajectory_id"].equals(whole.trajectories["trajectory_id"].sort())
    assert expected.filter(pl.col("content_fingerprint").is_null()).is_empty()
