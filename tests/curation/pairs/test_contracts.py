"""What every pair rule and every label rule must hold; a new member is checked by being in its mapping."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.pairs import LABEL_RULES, PAIR_RULES, LabelRule, PairRule
from curation.pairs.rule import PAIR_SCHEMA, SAMPLE_SCHEMA
from schemas.errors import RecipeError
from schemas.trajectory import Message, Origin, Role, Trajectory
from tests.curation.pairs.scenes import critic_scene, scene
from tests.curation.rollouts import do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups

PARAMETERS: dict[str, dict[str, Any]] = {
    "expert_actions": {"experts": ("model",)},
    "sibling_steps": {"min_gap": 0.0},
    "step_labels": {"by": "value"},
}
"""Parameters that have no default, or that find more."""

pair_rules = pytest.mark.parametrize(
    "rule", [member(**PARAMETERS.get(name, {})) for name, member in PAIR_RULES.items()], ids=PAIR_RULES
)
label_rules = pytest.mark.parametrize(
    "rule", [member(**PARAMETERS.get(name, {})) for name, member in LABEL_RULES.items()], ids=LABEL_RULES
)
every_rule = pytest.mark.parametrize(
    "rule",
    [
        member(**PARAMETERS.get(name, {}))
        for family in (PAIR_RULES, LABEL_RULES)
        for name, member in family.items()
    ],
    ids=[*PAIR_RULES, *LABEL_RULES],
)


def words(messages: tuple[Message, ...]) -> list[object]:
    return [
        (m.role, m.text, m.content_json, m.reasoning, [(call.name, call.arguments) for call in m.tool_calls])
        for m in messages
    ]


@pair_rules
@few
@given(trials=groups())
def test_both_sides_go_on_from_the_same_words_with_a_turn_of_the_policy(
    rule: PairRule, trials: list[Trajectory]
) -> None:
    by_id = {trial.trajectory_id: trial for trial in trials}
    built = rule.build(scene(*trials))
    assert built.select("subject_id", "question", "chosen_text", "rejected_text").null_count().row(0) == (
        (built.height,) * 4
    )
    for pair in built.to_dicts():
        chosen, rejected = by_id[pair["chosen_id"]], by_id[pair["rejected_id"]]
        count = pair["context_count"]
        assert chosen.task == rejected.task
        assert pair["task_id"] == chosen.task.task_id
        assert words(chosen.messages[:count]) == words(rejected.messages[:count])
        for side, until in ((chosen, pair["chosen_until"]), (rejected, pair["rejected_until"])):
            piece = side.messages[count:until]
            assert piece[0].role is piece[-1].role is Role.ASSISTANT
            assert piece[0].origin is Origin.SAMPLED


@pytest.mark.parametrize("name", ["critique_pairs", "critique_labels"])
@few
@given(trials=groups(), seed=st.integers(0, 99))
def test_critiques_bring_their_own_words_and_are_of_a_kept_trajectory_or_its_child(
    name: str, trials: list[Trajectory], seed: int
) -> None:
    given_scene = critic_scene(*trials)
    assert given_scene.corrupted is not None
    rule = (PAIR_RULES | LABEL_RULES)[name]()
    built = rule.build(given_scene)
    parents = dict(given_scene.corrupted.labels.select("child_id", "parent_id").iter_rows())
    counts = dict(given_scene.corrupted.trajectories.select("trajectory_id", "message_count").iter_rows())
    counts |= dict(given_scene.frames.trajectories.select("trajectory_id", "message_count").iter_rows())
    texts = [column for column in built.columns if column.endswith("text")]
    owner = "chosen_id" if name == "critique_pairs" else "trajectory_id"
    for row in built.to_dicts():
        assert row[owner] == parents.get(row["subject_id"], row["subject_id"])
        assert row["context_count"] == counts[row["subject_id"]]
        assert len({row[text] for text in texts}) == len(texts)
        assert all("Verdict: " in row[text] for text in texts)
        assert row["question"] is not None
    assert built[built.columns[1]].is_unique().all()
    labels = given_scene.corrupted.labels.sample(fraction=1, shuffle=True, seed=seed)
    mixed = replace(given_scene, corrupted=replace(given_scene.corrupted, labels=labels))
    assert rule.build(mixed).equals(built)


@label_rules
@few
@given(trials=groups())
def test_a_labelled_piece_begins_and_ends_with_a_turn_of_the_policy(
    rule: LabelRule, trials: list[Trajectory]
) -> None:
    by_id = {trial.trajectory_id: trial for trial in trials}
    for sample in rule.build(scene(*trials)).to_dicts():
        piece = by_id[sample["trajectory_id"]].messages[sample["context_count"] : sample["until"]]
        assert piece[0].role is piece[-1].role is Role.ASSISTANT
        assert sample["is_good"] is not None


@every_rule
@few
@given(trials=groups(), seed=st.integers(0, 99))
def test_what_is_built_depends_on_content_and_not_on_the_order_of_rows(
    rule: PairRule | LabelRule, trials: list[Trajectory], seed: int
) -> None:
    whole = frames(*trials)
    plain = scene(whole=whole)
    mixed = scene(whole=shuffled(whole, seed))
    mixed = replace(mixed, kept=mixed.kept.sample(fraction=1, shuffle=True, seed=seed))
    built = rule.build(plain)
    assert built.schema == (PAIR_SCHEMA if isinstance(rule, PairRule) else SAMPLE_SCHEMA)
    assert built.columns[1].endswith("_id")
    assert built[built.columns[1]].is_unique().all()
    assert rule.build(mixed).equals(built)


@every_rule
def test_nothing_is_built_from_nothing(rule: PairRule | LabelRule) -> None:
    assert rule.build(scene()).is_empty()


@every_rule
def test_ten_thousand_turns_are_no_trouble(rule: PairRule | LabelRule) -> None:
    turns = [do("look", {"page": number}) for number in range(10_000)]
    rule.build(scene(rollout(*turns, say("yes")), rollout(*turns, say("no"), trial=1, reward=0.0)))


@every_rule
def test_only_what_is_kept_takes_part(rule: PairRule | LabelRule) -> None:
    whole = scene(rollout(do("look")), rollout(do("act"), trial=1, reward=0.0))
    assert rule.build(replace(whole, kept=whole.kept.head(0))).is_empty()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("trajectory_pairs", {"by": "no_such_column"}),
        ("expert_actions", {"experts": ("a",), "named_by": "no_such_column"}),
    ],
)
def test_a_column_that_is_not_there_is_named(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="no_such_column"):
        PAIR_RULES[name](**parameters).build(scene(rollout(do("look"))))


@every_rule
def test_rules_are_documented(rule: PairRule | LabelRule) -> None:
    assert rule.doc.endswith(".")
