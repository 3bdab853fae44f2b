"""Repairs: rules that make a better trajectory from a trajectory. Add one: a module here, and a line below."""

from curation.repair.drop_retried_failure import DropRetriedFailure
from curation.repair.repair import Repair

REPAIRS: dict[str, type[Repair]] = {
    "drop_retried_failure": DropRetriedFailure,
}
"""All repairs by name; a recipe's parameters are their constructors' arguments."""

__all__ = ["REPAIRS", "Repair"]
