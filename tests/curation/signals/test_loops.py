import polars as pl

from curation.signals.loops import Loops
from tests.curation.rollouts import Turn, call, do, frames, rollout, say

COUNTS = ("retry_loop_count", "parameter_drift_count", "oscillation_count")


def found(*turns: Turn) -> dict[str, pl.DataFrame]:
    return Loops().compute(frames(rollout(*turns)))


def counts(*turns: Turn) -> tuple[object, ...]:
    return found(*turns)["trajectory"].select(COUNTS).row(0)


def test_three_identical_calls_in_a_row_are_a_retry_loop() -> None:
    look = do("look", {"id": 1})
    assert counts(look, look) == (0, 0, 0)
    assert counts(look, look, look) == (1, 0, 0)
    assert counts(look, look, look, look, look) == (1, 0, 0)


def test_words_results_and_spelling_do_not_break_a_run() -> None:
    spelled = do("look", '{"b": 2, "a": 1}', "one"), do("look", '{"a":1,"b":2}', "two")
    assert counts(spelled[0], say(), spelled[1], say("hm"), spelled[0]) == (1, 0, 0)


def test_another_call_breaks_a_run() -> None:
    look = do("look", {"id": 1})
    assert counts(look, look, do("change"), look, look) == (0, 0, 0)


def test_parallel_calls_of_one_turn_count_one_by_one() -> None:
    turn = Turn(calls=(call("look", {"id": 1}), call("look", {"id": 1})))
    assert counts(turn, do("look", {"id": 1})) == (1, 0, 0)


def test_runs_do_not_cross_trajectories() -> None:
    look = do("look", {"id": 1})
    whole = frames(rollout(look, look), rollout(look, look, trial=1))
    assert Loops().compute(whole)["trajectory"]["retry_loop_count"].to_list() == [0, 0]


def test_one_tool_with_other_arguments_each_time_drifts() -> None:
    assert counts(*(do("look", {"id": number}) for number in range(3))) == (0, 1, 0)


def test_drift_around_a_retry_loop_is_the_retry_loop() -> None:
    look = do("look", {"id": 1})
    assert counts(do("look", {"id": 2}), look, look, look) == (1, 0, 0)


def test_tools_in_turn_three_times_oscillate() -> None:
    pair = do("look", {"id": 1}), do("change", {"id": 1})
    assert counts(*pair * 2) == (0, 0, 0)
    assert counts(*pair * 3) == (0, 0, 1)


def test_names_the_loop_of_each_step() -> None:
    look, pair = do("look", {"id": 1}), (do("open"), do("close"))
    values = found(look, look, say(), look, *pair * 3, say())
    steps, row = values["step"], values["trajectory"].row(0, named=True)
    assert steps["loop_kind"].to_list() == ["retry", "retry", None, "retry", *["oscillation"] * 6, None]
    assert steps["loop_index"].to_list() == [0, 0, None, 0, *[1] * 6, None]
    assert (row["looped_step_count"], row["looped_step_frac"]) == (9, 9 / 11)


def test_has_no_share_without_a_step() -> None:
    row = found()["trajectory"].row(0, named=True)
    assert (row["looped_step_count"], row["looped_step_frac"]) == (0, None)
