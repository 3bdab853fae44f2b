import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.candidates import candidate_rows, compute_values
from curation.frames import Frames
from curation.selection.near_duplicates import NearDuplicates
from curation.signals.duplication import Duplication
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from schemas.trajectory import Status, Trajectory
from tests.curation.rollouts import do, frames, rollout, say
from tests.curation.strategies import few

STORY = " ".join(f"word{number}" for number in range(60))


class Reader:
    """Gives messages, and remembers whose."""

    def __init__(self, whole: Frames) -> None:
        self.whole = whole
        self.read = set[str]()

    def __call__(self, ids: pl.Series) -> pl.DataFrame:
        self.read |= set(ids)
        return self.whole.messages.join(ids.to_frame(), on="trajectory_id", how="semi")


def select(*trials: Trajectory, **parameters: object) -> tuple[dict[str, dict[str, object]], Reader]:
    whole = frames(*trials)
    rows = candidate_rows(whole, compute_values([Duplication()], whole))
    reader = Reader(whole)
    choices = NearDuplicates(**parameters).select(rows, reader)  # type: ignore[arg-type]  # the test's own
    return {row["trajectory_id"]: row for row in choices.to_dicts()}, reader


def tale(*, words: str, trial: int, task: str = "task", reward: float = 1.0) -> Trajectory:
    return rollout(say(words), trial=trial, task=task, reward=reward)


def test_drops_a_near_copy_and_names_twin_and_similarity() -> None:
    poor = tale(words=STORY, trial=0, reward=0.0)
    good = tale(words=STORY + " end", trial=1, task="another")
    choices, _ = select(poor, good, tale(words="quite another story is told here", trial=2))
    assert [choice["is_kept"] for choice in choices.values()].count(False) == 1
    dropped = choices[poor.trajectory_id]
    assert dropped["reason"] == DecisionReason.NEAR_DUPLICATE.value
    # Of 58 and 59 windows 56 are shared: the last ones reach into what the user says next.
    assert good.trajectory_id in str(dropped["detail"])
    assert str(dropped["detail"]).startswith("similarity of text 0.918 to")


def test_the_keeper_is_the_best_or_the_smallest_id() -> None:
    trials = [tale(words=f"{STORY} {trial}", trial=trial, reward=trial / 4) for trial in range(4)]
    best, _ = select(*trials)
    assert [name for name, row in best.items() if row["is_kept"]] == [trials[3].trajectory_id]
    smallest, _ = select(*trials, keeper="smallest_id")
    assert [name for name, row in smallest.items() if row["is_kept"]] == [min(smallest)]


def test_a_crash_of_the_environment_and_an_unknown_number_are_no_better_than_an_unknown_reward() -> None:
    known = tale(words=f"{STORY} end", trial=0, reward=0.5)
    crash = rollout(say(STORY), trial=1, reward=1.0, status=Status.INFRA_ERROR)
    unknown = tale(words=f"{STORY} at last", trial=2, reward=float("nan"))
    choices, _ = select(known, crash, unknown)
    assert [name for name, row in choices.items() if row["is_kept"]] == [known.trajectory_id]


def test_twins_in_other_tasks_count_only_in_the_corpus() -> None:
    trials = [tale(words=STORY, trial=trial, task=f"task {trial}") for trial in range(2)]
    everywhere, _ = select(*trials)
    assert sum(row["is_kept"] is True for row in everywhere.values()) == 1
    within, _ = select(*trials, scope="task")
    assert all(row["is_kept"] for row in within.values())


def test_actions_need_no_reading_and_tolerate_other_words() -> None:
    looks = [do("look", {"id": number}) for number in range(20)]
    trials = [rollout(*looks, trial=0), rollout(*looks, do("change"), say("other words"), trial=1)]
    choices, reader = select(*trials, over="actions")
    assert sum(row["is_kept"] is True for row in choices.values()) == 1
    assert reader.read == set()


def test_only_candidates_are_read() -> None:
    alike = [tale(words=f"{STORY} {trial}", trial=trial) for trial in range(2)]
    apart = [tale(words=" ".join(f"{name}{number}" for number in range(50)), trial=9) for name in "ab"]
    _, reader = select(*alike, *apart[:1])
    assert reader.read == {trial.trajectory_id for trial in alike}


@few
@given(
    starts=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    threshold=st.sampled_from((0.5, 0.8)),
    chained=st.booleans(),
)
def test_what_is_dropped_is_truly_similar_and_equal_texts_are_always_found(
    *, starts: list[int], threshold: float, chained: bool
) -> None:
    words = STORY.split()
    trials = [tale(words=" ".join(words[start : start + 40]), trial=n) for n, start in enumerate(starts)]
    choices, _ = select(*trials, threshold=threshold, chained=chained)
    for row in choices.values():
        assert row["is_kept"] or float(str(row["detail"]).split()[3]) >= threshold
    assert sum(row["is_kept"] is True for row in choices.values()) <= len(set(starts))


@pytest.mark.parametrize("parameters", [{"threshold": 0.0}, {"threshold": 1.1}, {"bands": 19}, {"rows": 0}])
def test_refuses_what_cannot_be_searched(parameters: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match="must be"):
        NearDuplicates(**parameters)  # type: ignore[arg-type]  # the test's own
