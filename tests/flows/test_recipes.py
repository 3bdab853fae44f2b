"""Finding recipes by name."""

from pathlib import Path

import pytest

from flows.recipes import load_recipe
from schemas.errors import RecipeError


def test_bare_recipe_name_means_a_shipped_one(tmp_path: Path) -> None:
    assert load_recipe(Path("demo")).name == "demo"
    with pytest.raises(RecipeError, match="airline, demo"):
        load_recipe(tmp_path / "absent.yaml")
