"""Training formats as recipes and commands ask for them: built from name and parameters, bound to what they need."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from curation.members import build_member
from flows.tokenizers import check_tools, with_renderer
from schemas.errors import RecipeError, UnknownNameError
from schemas.recipe import Recipe, Rule
from schemas.training import TRAINING_FORMATS, TrainingFormat


def training_format(
    name: str, parameters: Mapping[str, Any] | None = None, *, where: str = "export"
) -> TrainingFormat[Any]:
    """Build a training format.

    Args:
        name: of the format.
        parameters: its constructor's arguments.
        where: who asks, for messages.

    Raises:
        UnknownNameError: no such format.
        RecipeError: no such parameter, a value of a wrong type or range, or a tokenizer that cannot be used.
    """
    rule = Rule(name=name, parameters=dict(parameters or {}))
    form = build_member("training format", TRAINING_FORMATS, rule, where=where)
    return with_renderer(form, where=where)


def parse_parameters(entries: Iterable[str]) -> dict[str, Any]:
    """Read `NAME=VALUE` as a command line gives it; values are YAML, as in a recipe.

    Raises:
        RecipeError: an entry has no `=`, or its value is no YAML.

    Examples:
        >>> parse_parameters(["max_tokens=4096", "unsupported=drop"])
        {'max_tokens': 4096, 'unsupported': 'drop'}
    """
    found = {}
    for entry in entries:
        name, mark, value = entry.partition("=")
        if not mark:
            raise RecipeError(f"A parameter must be NAME=VALUE, got {entry!r}.")
        try:
            found[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as exc:
            raise RecipeError(f"The value of {entry!r} is no YAML: {exc}") from exc
    return found


def check_exports(recipe: Recipe, *, where: str, has_tools: bool = False) -> None:
    """Refuse a recipe whose exports cannot be written, before any work.

    Args:
        recipe: the recipe.
        where: what to call it in messages.
        has_tools: whether any trajectory of the warehouse has tools, which a chat template must then write.

    Raises:
        UnknownNameError: no such format, or no such training view.
        RecipeError: a wrong parameter, or a format of pairs or samples that the recipe does not make.
    """
    for number, export in enumerate(recipe.exports, 1):
        place = f"{where}, export {number}"
        form = training_format(export.format, export.parameters, where=place)
        check_unit(recipe, form, where=place)
        if has_tools:
            check_tools(form, where=place)
        check_view(recipe, export.view, where=place)


def check_unit(recipe: Recipe, form: TrainingFormat[Any], *, where: str = "export") -> None:
    """Refuse a format of pairs or labelled samples where the recipe makes none.

    Raises:
        RecipeError: names the key that is missing.
    """
    rules = {"pair": recipe.pair, "sample": recipe.label}.get(form.unit, (form,))
    if not rules:
        key = {"pair": "pair", "sample": "label"}[form.unit]
        raise RecipeError(
            f"{where}: {form.name!r} writes {form.unit}s, but the recipe {recipe.name!r} makes none.\n\n"
            f"Hint: add `{key}: [...]` to the recipe, see docs/pairs.md"
        )


def check_view(recipe: Recipe, name: str, *, where: str = "export") -> None:
    """Refuse a training view that a recipe does not have.

    Raises:
        UnknownNameError: names the known ones.
    """
    known = [view.name for view in recipe.train]
    if name not in known:
        raise UnknownNameError.from_name("training view", name, known, where=where)
