"""Recipes: what YAML may say, and that only meaning counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RecipeError
from schemas.recipe import Split, parse_recipe

FULL = """
name: full
description: for people
read: {where: "true"}
repair: [rollback]
select:
  - outcome: {min_reward: 1}
  - exact_duplicates
split: {test_frac: 0.25, seed: 3}
exports: [trl_sft, {format: trl_grpo, where: is_mixed}]
schedule: {cron: "0 2 * * *"}
"""


def test_full_recipe_is_read() -> None:
    recipe = parse_recipe(FULL)
    assert [rule.name for rule in recipe.select] == ["outcome", "exact_duplicates"]
    assert recipe.select[0].parameters == {"min_reward": 1}
    assert [export.where for export in recipe.exports] == ["true", "is_mixed"]
    assert recipe.schedule is not None
    assert recipe.schedule.timezone == "UTC"


@pytest.mark.parametrize(
    ("change", "to"),
    [("for people", "other words"), ("0 2 * * *", "0 3 * * *"), ('read: {where: "true"}', "# no read")],
)
def test_words_and_schedule_are_not_part_of_the_meaning(change: str, to: str) -> None:
    assert parse_recipe(FULL.replace(change, to)).recipe_hash == parse_recipe(FULL).recipe_hash


@pytest.mark.parametrize(
    ("change", "to"),
    [("seed: 3", "seed: 4"), ("min_reward: 1", "min_reward: 2"), ("is_mixed", "not is_mixed")],
)
def test_parameters_are_part_of_the_meaning(change: str, to: str) -> None:
    assert parse_recipe(FULL.replace(change, to)).recipe_hash != parse_recipe(FULL).recipe_hash


def test_recipe_that_redacts_nothing_keeps_the_hash_that_it_had_before_recipes_could() -> None:
    assert parse_recipe("{name: tiny}").recipe_hash == "abdb9d09af19f0c9cfb339ffaaf0fce3"
    assert parse_recipe("{name: tiny, redact: []}").recipe_hash == parse_recipe("{name: tiny}").recipe_hash
    assert "redact" not in parse_recipe(FULL).canonical_json()


def test_what_is_redacted_is_part_of_the_meaning_and_its_order_is_not() -> None:
    hashes = [
        parse_recipe(f"{{name: tiny, redact: [{kinds}]}}").recipe_hash
        for kinds in ("email, phone", "phone, email, phone", "email", "")
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("name: [", "is not YAML"),
        ("- a list", "must hold a mapping"),
        ("{}", "name"),
        ("{name: x, selekt: []}", "selekt"),
        ("{name: x, select: [{a: {}, b: {}}]}", "one `name: {parameters}`"),
        ("{name: x, select: [7]}", "got 7"),
        ("{name: x, split: {test_frac: 1.5}}", "test_frac"),
        ("{name: x, read: {where: 3}}", "where"),
    ],
)
def test_wrong_recipe_is_an_error_that_says_where(text: str, match: str) -> None:
    with pytest.raises(RecipeError, match=match):
        parse_recipe(text, where="wrong.yaml")


@given(st.text(), st.integers())
def test_share_of_one_split_is_stable_and_total(task_id: str, seed: int) -> None:
    assert Split(test_frac=0.5, seed=seed).of_task(task_id) == Split(test_frac=0.5, seed=seed).of_task(
        task_id
    )
    assert Split(test_frac=0.0, seed=seed).of_task(task_id) == "train"


def test_near_duplicates_are_together_unless_asked_otherwise_and_older_hashes_stay() -> None:
    plain, together, apart = (
        parse_recipe(f"{{name: x, split: {{test_frac: 0.2{more}}}}}")
        for more in ("", ", near_duplicates: together", ", near_duplicates: apart")
    )
    assert plain == together
    assert "near_duplicates" not in plain.canonical_json()
    assert plain.recipe_hash == "f4c665e0e1767ba15b570827320489bc"
    assert apart.recipe_hash != plain.recipe_hash
    assert (plain.split.joins_twins, apart.split.joins_twins, Split().joins_twins) == (True, False, False)
    with pytest.raises(RecipeError, match="near_duplicates"):
        parse_recipe("{name: x, split: {near_duplicates: beside}}")


def test_shares_are_about_as_asked() -> None:
    split = Split(test_frac=0.2, seed=1)
    tested = sum(split.of_task(f"task {number}") == "test" for number in range(5000))
    assert 900 < tested < 1100
