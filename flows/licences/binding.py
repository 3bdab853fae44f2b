"""Licences, read from the warehouse and given to the rules that ask for them."""

from collections.abc import Sequence

from curation.selection.licences import Licences
from curation.selection.selector import Selector
from flows.licences.statements import licences_digest, record_licences
from warehouse import Warehouse


def bind_licences(
    house: Warehouse, selectors: Sequence[Selector]
) -> tuple[tuple[Selector, ...], tuple[str, ...]]:
    """Give the rules that need them the licences of all raw records.

    Returns:
        The rules, and a digest of all that is said of licences: a dataset depends on it, for its card tells them.
    """
    bound = tuple(
        selector.bound_to(record_licences(house)) if isinstance(selector, Licences) else selector
        for selector in selectors
    )
    return bound, licences_digest(house)
