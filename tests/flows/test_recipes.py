"""Finding recipes by name."""

from pathlib import Path

import pytest

from curation.substitution import INHERITED
from flows.corpus_signals import CORPUS_SIGNALS
from flows.recipes import load_recipe
from schemas.errors import RecipeError


def test_bare_recipe_name_means_a_shipped_one(tmp_path: Path) -> None:
    assert load_recipe(Path("demo")).name == "demo"
    with pytest.raises(RecipeError, match="airline, behavior_priming, best_of, cleaner"):
        load_recipe(tmp_path / "absent.yaml")


def test_repairs_inherit_what_is_stored_of_the_whole_corpus() -> None:
    assert frozenset(CORPUS_SIGNALS) == INHERITED
