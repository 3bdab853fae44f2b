"""What each rule pairs and labels, on literal rollouts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from curation.pairs import LABEL_RULES, PAIR_RULES
from curation.repair import REPAIRS
from schemas.errors import RecipeError
from schemas.trajectory import Score, ScoreSource, Status, Trajectory
from tests.curation.pairs.scenes import scene
from tests.curation.rollouts import BAD, do, frames, rollout, say


def pairs(name: str, *trials: Trajectory, **parameters: Any) -> list[dict[str, Any]]:
    return PAIR_RULES[name](**parameters).build(scene(*trials)).to_dicts()


def labels(name: str, *trials: Trajectory, **parameters: Any) -> dict[tuple[str, int], dict[str, Any]]:
    rows = LABEL_RULES[name](**parameters).build(scene(*trials)).to_dicts()
    return {(row["trajectory_id"], row["context_count"]): row for row in rows}


GOOD = rollout(do("look"), do("act"))
BETTER = rollout(do("act"), trial=1)
WRONG = rollout(do("look"), do("wait"), trial=2, reward=0.0)
HALF = rollout(do("wait"), trial=3, reward=0.5)
UNKNOWN = rollout(do("look"), trial=4, reward=None)


def test_trajectories_are_paired_by_reward_once_each_with_the_widest_margin_first() -> None:
    (pair,) = pairs("trajectory_pairs", GOOD, WRONG, HALF)
    assert (pair["chosen_id"], pair["rejected_id"]) == (GOOD.trajectory_id, WRONG.trajectory_id)
    assert (pair["context_count"], pair["chosen_until"], pair["rejected_until"]) == (1, 4, 4)
    assert (pair["margin"], pair["detail"]) == (1.0, "outcome_reward 1.0 against 0.0")


def test_every_pair_of_a_prompt_is_a_contrast_set_when_nothing_limits_them() -> None:
    found = pairs("trajectory_pairs", GOOD, BETTER, WRONG, HALF, per_task=None, per_trajectory=None)
    assert len(found) == 5
    assert len({pair["set_id"] for pair in found}) == 1


def test_the_shorter_of_two_successes_is_preferred_when_asked() -> None:
    found = pairs(
        "trajectory_pairs",
        GOOD,
        BETTER,
        WRONG,
        by="step_count",
        higher_is_better=False,
        among="is_success",
    )
    assert [(pair["chosen_id"], pair["rejected_id"]) for pair in found] == [
        (BETTER.trajectory_id, GOOD.trajectory_id)
    ]


def test_a_margin_that_is_too_small_makes_no_pair() -> None:
    assert pairs("trajectory_pairs", WRONG, HALF, min_margin=0.6) == []
    assert len(pairs("trajectory_pairs", WRONG, HALF, min_margin=0.5)) == 1
    with pytest.raises(RecipeError, match="min_margin"):
        PAIR_RULES["trajectory_pairs"](min_margin=-1)  # type: ignore[call-arg]  # the member's own field


def test_what_the_environment_broke_and_what_is_no_number_takes_part_in_no_pair() -> None:
    crash = rollout(do("look"), trial=5, reward=0.0, status=Status.INFRA_ERROR)
    assert pairs("trajectory_pairs", GOOD, crash) == []
    assert pairs("trajectory_pairs", GOOD, crash, by="step_count", higher_is_better=False) == []
    not_a_number = rollout(do("look"), trial=6, reward=float("nan"))
    assert pairs("trajectory_pairs", GOOD, not_a_number) == []
    vast = [rollout(do(f"go {way}"), trial=trial, reward=way * 1e308) for trial, way in ((7, 1), (8, -1))]
    assert pairs("trajectory_pairs", *vast) == pairs("sibling_steps", *vast) == []


def test_bounds_of_differences_are_met_where_they_are_met_on_paper() -> None:
    best, good = (rollout(do("look"), trial=trial, reward=reward) for trial, reward in ((0, 0.9), (1, 0.8)))
    (pair,) = pairs("trajectory_pairs", best, good, min_margin=0.1)
    assert pair["margin"] == 0.1
    four, three = (
        rollout(do(name), reward=reward, trial=trial)
        for trial, (name, reward) in enumerate([("look", 0.4), ("act", 0.3)])
    )
    assert pairs("sibling_steps", four, three, min_gap=0.1) == []
    thirds = [rollout(do("look"), trial=trial, reward=0.7) for trial in range(3)]
    assert {row["is_good"] for row in labels("step_labels", *thirds, by="value", at_least=0.7).values()} == {
        True
    }


@pytest.mark.parametrize(("rules", "name"), [(PAIR_RULES, "sibling_steps"), (LABEL_RULES, "step_labels")])
def test_turns_that_nobody_took_are_not_asked_for(rules: Mapping[str, type[Any]], name: str) -> None:
    with pytest.raises(RecipeError, match="min_visits"):
        rules[name](min_visits=0)


def test_the_longest_context_ends_where_the_policy_parts() -> None:
    (pair,) = pairs("trajectory_pairs", GOOD, WRONG, context="longest")
    assert pair["context_count"] == 3
    other_world = rollout(do("look", result="empty"), do("wait"), trial=2, reward=0.0)
    (pair,) = pairs("trajectory_pairs", GOOD, other_world, context="longest")
    assert pair["context_count"] == 1


def test_different_prompts_are_never_paired() -> None:
    first, *rest = WRONG.messages
    stranger = msgspec.structs.replace(WRONG, messages=(msgspec.structs.replace(first, text="hello"), *rest))
    assert pairs("trajectory_pairs", GOOD, stranger) == []
    assert pairs("sibling_steps", GOOD, stranger, min_gap=0.0) == []
    assert pairs("first_divergence", GOOD, stranger) == []


def test_sibling_turns_are_valued_by_all_trials_that_took_them() -> None:
    again = msgspec.structs.replace(WRONG, record_id="again", trial=5, outcome_reward=1.0)
    (pair,) = pairs("sibling_steps", GOOD, WRONG, again, min_gap=0.4)
    assert (pair["context_count"], pair["chosen_until"], pair["margin"]) == (3, 4, 0.5)
    assert pair["detail"] == "mean reward 1.0 of 1 trials against 0.5 of 2"
    assert pairs("sibling_steps", GOOD, WRONG, again, min_gap=0.5) == []
    assert pairs("sibling_steps", GOOD, WRONG, again, min_gap=0.4, min_visits=2) == []


def test_a_trial_that_is_not_kept_counts_for_the_value_but_is_no_side() -> None:
    whole = scene(GOOD, WRONG)
    kept = whole.kept.filter(whole.kept["trajectory_id"] == GOOD.trajectory_id)
    rule = PAIR_RULES["sibling_steps"](min_gap=0.0)  # type: ignore[call-arg]  # the member's own field
    assert rule.build(whole).height == 1
    assert rule.build(replace(whole, kept=kept)).is_empty()


def test_a_failure_is_paired_where_it_leaves_the_success_that_it_follows_longest() -> None:
    (pair,) = pairs("first_divergence", GOOD, BETTER, WRONG, UNKNOWN)
    assert (pair["chosen_id"], pair["rejected_id"]) == (GOOD.trajectory_id, WRONG.trajectory_id)
    assert (pair["context_count"], pair["rejected_until"], pair["margin"]) == (3, 4, None)


def test_an_experts_turn_is_paired_with_what_others_did_in_the_same_state() -> None:
    master = rollout(do("look"), do("act"), model="master")
    (pair,) = pairs("expert_actions", master, WRONG, experts=("master",))
    assert (pair["chosen_id"], pair["context_count"]) == (master.trajectory_id, 3)
    with pytest.raises(RecipeError, match="experts"):
        PAIR_RULES["expert_actions"](experts=())  # type: ignore[call-arg]  # the member's own field


def test_a_repaired_turn_is_preferred_to_what_it_was() -> None:
    parent = rollout(do("look"), do("act", {"id": 1}, BAD), do("act", {"id": 2}), say("done"))
    child = REPAIRS["rollback"]().apply(parent)
    assert child is not None
    after = replace(scene(child), originals=frames(parent))
    (pair,) = PAIR_RULES["repair_pairs"]().build(after).to_dicts()
    assert (pair["chosen_id"], pair["rejected_id"]) == (child.trajectory_id, parent.trajectory_id)
    assert (pair["context_count"], pair["chosen_until"]) == (3, 4)


def test_outcomes_label_trajectories_and_unknown_ones_have_none() -> None:
    found = labels("outcome_labels", GOOD, WRONG, UNKNOWN)
    assert {row["trajectory_id"]: (row["is_good"], row["value"]) for row in found.values()} == {
        GOOD.trajectory_id: (True, 1.0),
        WRONG.trajectory_id: (False, 0.0),
    }


def test_balanced_labels_have_as_many_good_as_bad_ones_of_each_task() -> None:
    found = labels("outcome_labels", GOOD, BETTER, WRONG, is_balanced=True)
    assert sorted(row["is_good"] for row in found.values()) == [False, True]


def test_turns_are_labelled_by_failures_of_their_calls() -> None:
    trial = rollout(do("look"), do("act", {}, BAD))
    found = labels("step_labels", trial)
    assert {place: row["is_good"] for (_, place), row in found.items()} == {1: True, 3: False}


def test_turns_are_labelled_by_the_outcome_by_estimates_and_by_verdicts() -> None:
    by_outcome = labels("step_labels", GOOD, WRONG, by="outcome")
    assert {row["is_good"] for (own, _), row in by_outcome.items() if own == WRONG.trajectory_id} == {False}
    by_value = labels("step_labels", GOOD, WRONG, by="value", at_least=0.6)
    assert by_value[GOOD.trajectory_id, 1]["value"] == 0.5
    assert by_value[GOOD.trajectory_id, 1]["is_good"] is False
    assert by_value[GOOD.trajectory_id, 3]["is_good"] is True
    verdict = Score(name="helpful", value=0.25, source=ScoreSource.JUDGE, scope="step", step=1)
    judged = msgspec.structs.replace(GOOD, scores=(verdict,))
    by_verdict = labels("step_labels", judged, by="verdict", score="helpful")
    assert {place: row["is_good"] for (_, place), row in by_verdict.items()} == {3: False}
    with pytest.raises(RecipeError, match="score"):
        LABEL_RULES["step_labels"](by="verdict")  # type: ignore[call-arg]  # the member's own field
