import polars as pl
import pytest

from curation.rewards.outcomes import is_success


@pytest.mark.parametrize(
    ("reward", "status", "expected"),
    [
        (1.0, "completed", True),
        (1.0 - 1e-9, "completed", True),
        (0.999, "completed", False),
        (1.0, "truncated", True),
        (None, "completed", None),
        (float("nan"), "completed", None),
        (1.0, "infra_error", None),
        (0.0, "agent_error", False),
    ],
)
def test_tells_success_from_failure_and_from_not_known(
    reward: float | None, status: str, expected: object
) -> None:
    trial = pl.DataFrame(
        {"outcome_reward": [reward], "status": [status]}, schema_overrides={"outcome_reward": pl.Float64}
    )
    assert trial.select(is_success(1.0)).item() is expected
