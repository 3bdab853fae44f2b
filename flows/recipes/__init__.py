"""Recipes that ship with Winnow, each a YAML file that runs, and how a recipe file is read."""

from pathlib import Path

from schemas.errors import RecipeError
from schemas.recipe import Recipe, parse_recipe

SHIPPED = Path(__file__).parent


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file; a bare name means one that ships with Winnow.

    Raises:
        RecipeError: no such file, or not a recipe.
    """
    file = path if path.is_file() else SHIPPED / f"{path.name}.yaml"
    if not file.is_file():
        shipped = ", ".join(sorted(recipe.stem for recipe in SHIPPED.glob("*.yaml")))
        raise RecipeError(f"No recipe at {str(path)!r}.\n\nHint: give a YAML file, or one of: {shipped}")
    return parse_recipe(file.read_text(encoding="utf-8"), where=str(path))
