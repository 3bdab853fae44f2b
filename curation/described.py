"""What members of all families say of themselves: one line for people, and for what they make an identity."""

import inspect
import json
from typing import ClassVar

from curation.parameters import recipe_fields


class Described:
    """A member whose class's docstring describes it."""

    @property
    def doc(self) -> str:
        """Say in one line what it does: the first line of the class's docstring."""
        return (inspect.getdoc(type(self)) or "").partition("\n")[0]


class Identified(Described):
    """A member whose name, version and parameters are part of the identity of what it makes."""

    name: ClassVar[str]
    version: ClassVar[str]

    @property
    def rule(self) -> str:
        """Identity of the rule: name, version and parameters; what was bound from outside is not among them."""
        parameters = {field.name: getattr(self, field.name) for field in recipe_fields(type(self))}
        return f"{self.name} {self.version} {json.dumps(parameters, sort_keys=True)}"
