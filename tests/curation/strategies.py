"""Rollouts drawn by hypothesis: few tools, few arguments, so that states are shared and loops are common."""

from hypothesis import settings
from hypothesis import strategies as st

from schemas.trajectory import Status, Trajectory
from tests.curation.rollouts import BAD, Turn, call, rollout

few = settings(max_examples=20, deadline=None)
"""Frames cost milliseconds each, and the first one more."""

CALLS = st.builds(
    call,
    st.sampled_from(("look", "change", "größe")),
    st.sampled_from(({"id": 1}, {"id": 2}, "{broken", '{"a": 1, "a": 2}')),
    st.sampled_from(("ok", "ок 🙂", BAD, None)),
)
TURNS = st.builds(
    Turn, calls=st.lists(CALLS, max_size=2).map(tuple), text=st.sampled_from((None, "", "näxt"))
)
OUTCOMES = st.tuples(
    st.sampled_from((0.0, 0.5, 1.0, None)),
    st.sampled_from((Status.COMPLETED, Status.TRUNCATED, Status.INFRA_ERROR)),
)


@st.composite
def groups(draw: st.DrawFn) -> list[Trajectory]:
    """Draw the trials of two tasks."""
    outcomes = draw(st.lists(OUTCOMES, max_size=6))
    return [
        rollout(
            *draw(st.lists(TURNS, max_size=7)),
            task=f"task {trial % 2}",
            trial=trial,
            reward=reward,
            status=status,
        )
        for trial, (reward, status) in enumerate(outcomes)
    ]
