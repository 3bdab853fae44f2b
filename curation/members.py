"""Make a member of a family (selector, repair) from its name and parameters in a recipe.

The constructor of the frozen dataclass is the only schema of its parameters.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from curation.nearest_names import did_you_mean
from curation.parameters import recipe_fields
from schemas.errors import RecipeError, UnknownNameError
from schemas.recipe import Rule

Member = TypeVar("Member")


def build_member(kind: str, registry: Mapping[str, type[Member]], rule: Rule, *, where: str) -> Member:
    """Build the member that a rule of a recipe names.

    Args:
        kind: the family, for messages.
        registry: the family's members by name.
        rule: name and parameters.
        where: the recipe, for messages.

    Raises:
        UnknownNameError: no member has that name.
        RecipeError: the member has no such parameter, or a value has the wrong type or range.
    """
    if rule.name not in registry:
        raise UnknownNameError.from_name(kind, rule.name, registry, where=where)
    member = registry[rule.name]
    known = {field.name for field in recipe_fields(member)}
    unknown = sorted(set(rule.parameters) - known)
    if unknown:
        near = did_you_mean(unknown, known)
        raise RecipeError(
            f"{kind} {rule.name!r} in {where} has no parameter {', '.join(map(repr, unknown))}. "
            f"Known parameters: {', '.join(sorted(known)) or '(none)'}"
            + (f"\n\nHint: {near}" if near else "")
        )
    try:
        return convert_parameters(rule.parameters, member)
    except (msgspec.ValidationError, ValueError, TypeError) as exc:
        raise RecipeError(f"{kind} {rule.name!r} in {where}: {exc}") from exc


def convert_parameters(parameters: Mapping[str, Any], member: type[Member]) -> Member:
    """Check types against the constructor's annotations and build the member."""
    return msgspec.convert(dict(parameters), member)
