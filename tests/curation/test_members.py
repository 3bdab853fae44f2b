"""A recipe's rule becomes a member, or an error that says what would have been right."""

import pytest

from curation.members import build_member
from curation.selection import SELECTORS
from curation.selection.topological import Topological
from schemas.errors import RecipeError, UnknownNameError
from schemas.recipe import Rule


def build(name: str, **parameters: object) -> object:
    return build_member("selector", SELECTORS, Rule(name=name, parameters=parameters), where="recipe 'r'")


def test_parameters_reach_the_constructor() -> None:
    assert build("topological", k=3, weights={"efficiency": 1}) == Topological(k=3, weights={"efficiency": 1})


def test_unknown_name_gets_the_nearest_as_a_hint() -> None:
    with pytest.raises(UnknownNameError, match=r"in recipe 'r'(.|\n)*did you mean 'outcome'"):
        build("outcomes")


def test_unknown_parameter_names_the_known_ones() -> None:
    with pytest.raises(
        RecipeError, match=r"no parameter 'top'. Known parameters: group_by, k, keep_frac, weights"
    ):
        build("topological", top=3)


def test_a_misspelled_parameter_gets_the_nearest_as_a_hint() -> None:
    with pytest.raises(RecipeError, match=r"Hint: did you mean 'min_reward'\?"):
        build("outcome", min_rewrd=1)


@pytest.mark.parametrize(("parameter", "value"), [("k", "three"), ("k", 0), ("weights", {"efficiency": "x"})])
def test_wrong_value_is_a_recipe_error(parameter: str, value: object) -> None:
    with pytest.raises(RecipeError, match=parameter):
        build("topological", **{parameter: value})
