"""The parameters of a member of any family (signal, selector, repair), as its class declares them."""

import ast
import inspect
import textwrap
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from schemas.recipe import BOUND

__all__ = ["BOUND", "Parameter", "parameters_of", "recipe_fields"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One field of a member's constructor."""

    name: str
    type: str
    """The annotation, as it is spelled."""
    default: str | None
    """As it is spelled; null when it must be given."""
    doc: str
    """The words under the field."""


def parameters_of(member: type) -> tuple[Parameter, ...]:
    """List the parameters that a recipe may give to a member, in the order of the constructor.

    Args:
        member: a dataclass.

    Examples:
        >>> parameters_of(Parameter)[1].doc
        'The annotation, as it is spelled.'
    """
    told = {name: entry for base in reversed(member.__mro__[:-1]) for name, entry in _declared(base).items()}
    return tuple(
        Parameter(
            name=field.name,
            type=told[field.name][0],
            default=None if _must_be_given(field) else told[field.name][1],
            doc=told[field.name][2],
        )
        for field in recipe_fields(member)
    )


def recipe_fields(member: type) -> "tuple[Field[Any], ...]":
    """Give the fields of a member's constructor that a recipe may give."""
    return tuple(field for field in fields(member) if field.init and not field.metadata.get("is_bound"))


def _must_be_given(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _declared(kind: type) -> dict[str, tuple[str, str | None, str]]:
    """Read annotation, default and the string below each field from the source of a class."""
    (body,) = (
        node.body
        for node in ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        if isinstance(node, ast.ClassDef)
    )
    declared: dict[str, tuple[str, str | None, str]] = {}
    for node, follower in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            default = None if node.value is None else ast.unparse(node.value)
            declared[node.target.id] = (ast.unparse(node.annotation), default, _words(follower))
    return declared


def _words(node: ast.stmt) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return inspect.cleandoc(node.value.value)
    return ""
