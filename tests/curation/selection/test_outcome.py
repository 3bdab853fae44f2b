import pytest

from curation.selection.outcome import Outcome
from schemas.reasons import DecisionReason
from tests.curation.selection.candidates import candidates


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"outcome_reward": 1.0}, None),
        ({"outcome_reward": 0.5}, DecisionReason.BELOW_REWARD_FLOOR),
        ({"outcome_reward": None}, DecisionReason.OUTCOME_UNKNOWN),
        ({"outcome_reward": float("nan")}, DecisionReason.OUTCOME_UNKNOWN),
        ({"outcome_reward": 1.0, "status": "infra_error"}, DecisionReason.INFRASTRUCTURE_FAULT),
    ],
)
def test_keeps_what_earned_the_reward(row: dict[str, object], reason: DecisionReason | None) -> None:
    choice = Outcome().select(candidates(row)).row(0, named=True)
    assert choice["is_kept"] is (reason is None)
    assert choice["reason"] == reason


def test_says_what_decided() -> None:
    choice = Outcome(min_reward=0.8).select(candidates({"outcome_reward": 0.5}))
    assert choice["detail"].item() == "outcome_reward=0.5, min_reward=0.8, status=completed"
    assert "outcome_reward=null" in Outcome().select(candidates({"outcome_reward": None}))["detail"].item()
