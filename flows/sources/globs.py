"""Globs over slash-separated paths, alike for folders and object stores.

`*` and `?` stay within one name, `[...]` is a set of characters, and `**` stands for any folders or, at the end, for
all files beneath. A leading dot is only matched by a dot.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from glob import has_magic

ANY_FOLDERS = "**"


def fixed_prefix(path: str) -> str:
    """Give the folder above the first name with magic in it; without any, the path itself.

    Examples:
        >>> fixed_prefix("bucket/runs/*/a.json"), fixed_prefix("a/b.json"), fixed_prefix("*.json")
        ('bucket/runs', 'a/b.json', '')
    """
    names = path.split("/")
    magic = next((place for place, name in enumerate(names) if has_magic(name)), len(names))
    return "/".join(names[:magic]) or path[: path.startswith("/")]


def is_hidden(name: str) -> bool:
    """Tell names that begin with a dot, other than `.` and `..`.

    Examples:
        >>> [is_hidden(name) for name in (".git", "..", "a.json")]
        [True, False, False]
    """
    return name.startswith(".") and name not in {".", ".."}


def matches_name(name: str, pattern: str) -> bool:
    """Tell whether one file's or folder's name matches one part of a glob."""
    return fnmatchcase(name, pattern) and (not is_hidden(name) or pattern.startswith("."))


def matches(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tell whether a path, cut at its slashes, matches a glob, cut likewise.

    Examples:
        >>> matches("runs/a/b/c.json".split("/"), "runs/**/*.json".split("/"))
        True
        >>> matches("runs/a/c.json".split("/"), "runs/*.json".split("/"))
        False
    """
    if not patterns:
        return not names
    if not names:
        return False
    first, rest = patterns[0], patterns[1:]
    if first != ANY_FOLDERS:
        return matches_name(names[0], first) and matches(names[1:], rest)
    if not rest:
        return not any(map(is_hidden, names))
    return matches(names, rest) or (not is_hidden(names[0]) and matches(names[1:], patterns))
