"""What every loss rule must hold; a new one is checked by being in the mapping."""

from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from curation.frames import Frames
from curation.scene import Scene
from curation.training import LOSS_RULES, LossRule
from curation.training.trained_chars import trained_chars
from curation.training.weight import Weight
from schemas.reasons import TrainReason
from schemas.trajectory import Origin, Trajectory
from tests.curation.rollouts import BAD, Turn, call, do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups
from tests.curation.training.scenes import labels, restart, scene, scene_of

PARAMETERS: dict[str, dict[str, Any]] = {
    "mask_steps": {
        "where": "is_error or is_repeat or waste_kind == 'blind_retry' or verdict_good < 0 or not is_success"
    },
    "mask_before": {"place": "divergence"},
    "mask_after": {"first_where": "is_error"},
    "mask_text_matching": {"pattern": "[a-zä]+"},
    "mask_secrets": {"kinds": ("all",)},
    "returns": {"standardise": True, "trial_weight": 1.0, "cut_where": "is_error"},
    "weight": {"column": "outcome_reward", "factor": 0.5, "where": "call_count > 0"},
    "pivot": {"pairs": "nearest_success"},
}
"""Parameters that have no default, or show more than the default."""
ONCE_ONLY = {"weight"}
"""Rules that do more when they are applied again: weights multiply."""
ALL = [member(**PARAMETERS.get(name, {})) for name, member in LOSS_RULES.items()]

rules = pytest.mark.parametrize("rule", ALL, ids=LOSS_RULES)


@st.composite
def tasks(draw: st.DrawFn) -> list[Trajectory]:
    """Draw trials whose messages have any origin, one of them with a restart."""
    trials = [
        msgspec.structs.replace(
            trial,
            messages=tuple(
                msgspec.structs.replace(
                    message, origin=draw(st.sampled_from(Origin)), reasoning=draw(REASONING)
                )
                for message in trial.messages
            ),
        )
        for trial in draw(groups())
    ]
    begun = [trial for trial in trials if any(message.role == "assistant" for message in trial.messages)]
    if begun:
        trials.append(restart(begun[0], 0, do("look", {"id": 1}), say("näxt"), reward=draw(REWARD), trial=90))
    return trials


REASONING = st.sampled_from((None, "so"))
REWARD = st.sampled_from((0.0, 1.0, None))


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A scene, what it trains without a rule, and the same scene with its rows in another order."""

    scene: Scene
    mixed: Scene
    before: pl.DataFrame


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    """Draw scenes once for all rules."""
    found: list[Drawn] = []

    @settings(few, max_examples=8, derandomize=True, database=None, phases=[Phase.generate])
    @given(trials=tasks(), seed=st.integers(0, 99))
    def draw(trials: list[Trajectory], seed: int) -> None:
        whole = scene(*trials)
        kept = whole.kept.sample(fraction=1, shuffle=True, seed=seed)
        mixed = Scene(frames=shuffled(whole.frames, seed), kept=kept, toolsets=whole.toolsets)
        found.append(Drawn(scene=whole, mixed=mixed, before=labels(whole)))

    draw()
    return found


@rules
def test_rules_keep_the_rows_and_depend_on_no_order(rule: LossRule, drawn: list[Drawn]) -> None:
    for one in drawn:
        after = labels(one.scene, rule)
        assert after.schema == one.before.schema
        assert after.select("trajectory_id", "seq").equals(one.before.select("trajectory_id", "seq"))
        assert same(labels(one.mixed, rule), after)


@rules
def test_rules_never_train_what_may_not_be_trained(rule: LossRule, drawn: list[Drawn]) -> None:
    allowed = (pl.col("role") == "assistant") & pl.col("origin").is_in(["sampled", "repaired", "synthetic"])
    for one in drawn:
        forbidden = one.scene.frames.messages.filter(~allowed).select("trajectory_id", "seq")
        after = labels(one.scene, rule).join(forbidden, on=["trajectory_id", "seq"], how="semi")
        assert not after["is_trained"].any()
        assert after["weight"].sum() == after["spans"].list.len().sum() == 0
        assert after["advantage"].null_count() == after.height
        assert after.equals(one.before.join(forbidden, on=["trajectory_id", "seq"], how="semi"))


@rules
def test_labels_mean_something(rule: LossRule, drawn: list[Drawn]) -> None:
    for one in drawn:
        told = labels(one.scene, rule)
        assert told["reason"].is_in(list(TrainReason)).all()
        assert told["weight"].is_finite().all()
        assert (told["is_trained"] == (told["weight"] > 0)).all()
        assert told["advantage"].drop_nulls().is_finite().all()
        counts = trained_chars(told, one.scene.frames.messages)
        assert (counts["trained_chars"] <= counts["chars"]).all()
        assert counts.height == told.height


@rules
def test_applying_twice_equals_once(rule: LossRule, drawn: list[Drawn]) -> None:
    if rule.name not in ONCE_ONLY:
        assert all(same(labels(one.scene, rule, rule), labels(one.scene, rule)) for one in drawn)


@rules
def test_rules_leave_alone_what_trained_nothing_before(rule: LossRule, drawn: list[Drawn]) -> None:
    nothing = Weight(factor=0)
    if rule.name != "train_synthetic":
        assert all(labels(one.scene, nothing, rule).equals(labels(one.scene, nothing)) for one in drawn)


@rules
def test_rules_work_on_nothing(rule: LossRule) -> None:
    assert labels(scene(), rule).is_empty()
    whole = scene(rollout(do("look")))
    none = Scene(frames=whole.frames, kept=whole.kept.clear())
    assert labels(none, rule).is_empty()


@pytest.fixture(scope="module")
def marathon() -> Frames:
    """Write a failure of 10,000 steps beside a success."""
    both = Turn(calls=(call("look", 1), call("change", 2, BAD)), text="go", reasoning="hm")
    habits = (do("list"), do("look", 1, BAD), do("look", 1, BAD), both, say("🙂 é"))
    steps = [
        do("look", {"page": number}) if number % 7 else habits[number // 7 % len(habits)]
        for number in range(10_000)
    ]
    return frames(rollout(*steps, reward=0), rollout(*steps[:50], trial=1))


@rules
def test_rules_work_on_ten_thousand_steps(rule: LossRule, marathon: Frames) -> None:
    told = labels(scene_of(marathon), rule)
    assert told.height == marathon.messages.height


@rules
def test_rules_are_documented(rule: LossRule) -> None:
    assert rule.doc.split()[0] in {"Masks", "Trains", "Sets", "Clips", "Multiplies", "Scales"}
    assert rule.doc.endswith((".", ":"))


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Compare labels but for the last bits of their numbers."""
    numbers = ("weight", "advantage")
    close = all(
        ((one[name] - other[name]).abs() < 1e-9).all()
        and (one[name].is_null() == other[name].is_null()).all()
        for name in numbers
    )
    return close and one.drop(numbers).equals(other.drop(numbers))
