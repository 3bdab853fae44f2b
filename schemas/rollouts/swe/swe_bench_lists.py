"""Lists of instances, as SWE-bench's reports tell an outcome: who was resolved, who was judged, who never was.

An instance may be in several lists (`generated`, `applied` and `resolved`). Not judged is unknown, and not 0: no
prediction, no log, an environment that could not be built.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

RESOLVED = "resolved"
JUDGED = frozenset(
    {
        "unresolved", "generated", "with_logs", "applied", "completed",
        "no_apply", "empty_patch", "test_errored", "test_timeout",
    }
)  # fmt: skip
NOT_JUDGED = frozenset(
    {
        "no_generation", "no_logs", "install_fail", "reset_failed",
        "error", "failed", "incomplete", "pending", "submitted",
    }
)  # fmt: skip
LIST_NAMES = JUDGED | NOT_JUDGED | {RESOLVED}


def list_name(field: str) -> str | None:
    """Give a list's name without the affix that its writer adds; None for another field.

    Examples:
        >>> list_name("unresolved_ids"), list_name("ids_resolved"), list_name("total")
        ('unresolved', 'resolved', None)
    """
    name = field.removeprefix("ids_").removesuffix("_ids")
    return name if name in LIST_NAMES else None


def names_by_instance(lists: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Turn lists of instances by name into names of lists by instance."""
    names: dict[str, set[str]] = defaultdict(set)
    for name, instances in lists.items():
        for instance in instances:
            names[instance].add(name)
    return dict(names)


def outcome(names: set[str]) -> float | None:
    """Tell the outcome of an instance by the lists that it is in: 1 resolved, 0 judged and not resolved, null unknown.

    Examples:
        >>> outcome({"completed", "resolved"}), outcome({"generated", "applied"}), outcome({"generated", "no_logs"})
        (1.0, 0.0, None)
    """
    if RESOLVED in names:
        return 1.0
    is_refused = names & (NOT_JUDGED - {"submitted"})
    return 0.0 if names & JUDGED and not is_refused else None
