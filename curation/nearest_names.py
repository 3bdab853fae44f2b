"""What somebody may have meant who wrote a name that is not there."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def did_you_mean(unknown: Iterable[str], known: Collection[str]) -> str | None:
    """Ask for the known names that are spelled most alike; null when none is near.

    Examples:
        >>> did_you_mean(["pass_rat", "qqq"], ["pass_rate", "status"])
        "did you mean 'pass_rate'?"
        >>> did_you_mean(["qqq"], ["pass_rate"])
    """
    near = [found for name in unknown for found in get_close_matches(name, sorted(known), n=1)]
    return f"did you mean {', '.join(map(repr, dict.fromkeys(near)))}?" if near else None
