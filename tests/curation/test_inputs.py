from hypothesis import given
from hypothesis import strategies as st

from curation.inputs import Plan
from schemas.recipe import Split


@given(st.text(max_size=5), st.text(max_size=5), st.integers(0, 99))
def test_twins_fall_on_one_side_and_others_by_their_own_id(task: str, twin: str, seed: int) -> None:
    split = Split(test_frac=0.5, seed=seed)
    plan = Plan(repairs=(), selectors=(), signals=(), split=split, task_twins={twin: task, task: task})
    assert plan.split_of(task) == plan.split_of(twin) == split.of_task(task)
    assert plan.split_of(f"other {task}") == split.of_task(f"other {task}")
