import polars as pl
from hypothesis import given

from curation.contexts import contexts
from schemas.trajectory import Trajectory
from tests.curation.rollouts import do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups


def said(trajectory: Trajectory, seq: int) -> list[object]:
    """All that was said before a message, ids of calls apart."""
    return [
        (m.role, m.text, m.content_json, m.reasoning, [(call.name, call.arguments) for call in m.tool_calls])
        for m in trajectory.messages[:seq]
    ]


@few
@given(trials=groups())
def test_two_messages_share_a_context_exactly_when_the_same_was_said_before(trials: list[Trajectory]) -> None:
    by_id = {trial.trajectory_id: trial for trial in trials}
    rows = contexts(frames(*trials).messages).select("trajectory_id", "seq", "context_key").rows()
    for one, seq, key in rows:
        for other, place, other_key in rows:
            same = said(by_id[one], seq) == said(by_id[other], place)
            assert (key == other_key) == same


@few
@given(trials=groups())
def test_the_order_of_rows_does_not_matter(trials: list[Trajectory]) -> None:
    whole = frames(*trials)
    assert contexts(shuffled(whole, 7).messages).equals(contexts(whole.messages))


def test_ids_of_calls_and_names_of_results_are_no_words() -> None:
    late = rollout(say(), do("look"), trial=1)
    early = rollout(say(), do("look"))
    rows = contexts(frames(early, late).messages)
    assert rows.select(pl.col("context_key").n_unique().over("seq").max()).item() == 1


def test_no_message_has_no_context() -> None:
    assert contexts(frames().messages).is_empty()
