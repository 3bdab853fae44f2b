import pytest

from simulation import play
from simulation.play import INVALID, play_together, skill_policy


def test_careful_policy_solves_unseen_tasks_and_hasty_does_not() -> None:
    careful = play(skill_policy("careful"), tasks=200)
    hasty = play(skill_policy("hasty"), tasks=200)
    assert careful.success_rate >= 0.99
    assert careful.invalid_count == 0
    assert hasty.success_rate < 0.6
    assert hasty.mean_steps < careful.mean_steps


def test_batch_play_is_the_same_play() -> None:
    policy = skill_policy("recovering")
    assert play_together(lambda texts: list(map(policy, texts)), tasks=50, seed=4) == play(
        policy, tasks=50, seed=4
    )


def test_a_line_that_is_no_action_costs_a_step_and_is_answered() -> None:
    seen = []

    def sing(text: str) -> str:
        seen.append(text)
        return "sing" if len(seen) == 1 else "stop"

    report = play(sing, tasks=1)
    assert seen[1].splitlines()[1:] == ["sing", INVALID]
    assert (report.invalid_count, report.mean_steps, report.success_rate) == (1, 2.0, 0.0)


def test_a_policy_that_never_stops_is_cut_off() -> None:
    report = play(lambda _: "list", tasks=3, max_steps=5)
    assert (report.truncated_count, report.mean_steps, report.success_rate) == (3, 5.0, 0.0)


def test_nothing_to_play_is_an_error() -> None:
    with pytest.raises(ValueError, match="Nothing to play with `tasks` 0"):
        play(skill_policy("careful"), tasks=0)
