import msgspec
import polars as pl
import pytest

from curation.frames import polars_schema
from curation.training_view import train_labels
from schemas.reasons import TrainReason
from schemas.tables import TABLES
from schemas.trajectory import Origin
from tests.curation.rollouts import Turn, do, frames, rollout

NO_ADVANTAGES = pl.DataFrame(schema={"trajectory_id": pl.String, "grpo_advantage": pl.Float64})


def label(origin: Origin) -> dict[str, object]:
    trajectory = rollout(Turn(text="hi", origin=origin))
    return train_labels(frames(trajectory).messages, NO_ADVANTAGES).row(1, named=True)


@pytest.mark.parametrize(
    ("origin", "reason"),
    [(Origin.SAMPLED, TrainReason.SAMPLED_BY_POLICY), (Origin.REPAIRED, TrainReason.REPAIRED_BY_RECIPE)],
)
def test_trains_words_of_the_policy(origin: Origin, reason: TrainReason) -> None:
    assert label(origin).items() >= {"is_trained": True, "weight": 1.0, "reason": reason.value}.items()


@pytest.mark.parametrize("origin", [o for o in Origin if o not in {Origin.SAMPLED, Origin.REPAIRED}])
def test_keeps_other_assistant_words_as_context(origin: Origin) -> None:
    expected = {"is_trained": False, "weight": 0.0, "reason": TrainReason.NOT_SAMPLED.value}
    assert label(origin).items() >= expected.items()


def test_never_trains_other_roles_whatever_their_origin() -> None:
    trajectory = rollout(do("look"))
    sampled = [msgspec.structs.replace(message, origin=Origin.SAMPLED) for message in trajectory.messages]
    labels = train_labels(
        frames(msgspec.structs.replace(trajectory, messages=tuple(sampled))).messages, NO_ADVANTAGES
    )
    not_assistant = TrainReason.NOT_ASSISTANT.value
    assert labels["reason"].to_list() == [not_assistant, TrainReason.SAMPLED_BY_POLICY.value, not_assistant]


def test_carries_the_advantage_on_trained_messages_only() -> None:
    known, unknown = rollout(do("look")), rollout(do("look"), trial=1)
    advantages = pl.DataFrame({"trajectory_id": [known.trajectory_id], "grpo_advantage": [-0.5]})
    labels = train_labels(frames(known, unknown).messages, advantages)
    of_known = labels.filter(pl.col("trajectory_id") == known.trajectory_id)
    of_unknown = labels.filter(pl.col("trajectory_id") == unknown.trajectory_id)
    assert of_known["advantage"].to_list() == [None, -0.5, None]
    assert of_unknown["advantage"].to_list() == [None, None, None]


def test_has_the_columns_of_the_table_without_the_dataset() -> None:
    labels = train_labels(frames().messages, NO_ADVANTAGES)
    declared = dict(polars_schema(TABLES["train_labels"]))
    del declared["dataset_id"]
    assert dict(labels.schema) == declared
