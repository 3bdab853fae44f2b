"""Selectors: rules that keep or drop candidates, with a reason each. Add one: a module here, and a line below."""

from curation.selection.exact_duplicates import ExactDuplicates
from curation.selection.outcome import Outcome
from curation.selection.selector import Selector
from curation.selection.sql_filter import SqlFilter
from curation.selection.top_k_per_task import TopKPerTask

SELECTORS: dict[str, type[Selector]] = {
    "sql_filter": SqlFilter,
    "outcome": Outcome,
    "top_k_per_task": TopKPerTask,
    "exact_duplicates": ExactDuplicates,
}
"""All selectors by name; a recipe's parameters are their constructors' arguments."""

__all__ = ["SELECTORS", "Selector"]
