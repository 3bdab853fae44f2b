"""Spell the numbers of a JSON text so that `datasets` reads them exactly.

`datasets` decodes JSON columns with pandas' ujson, which multiplies the digits behind the point by a rounded power of ten:
it reads 0.3 as 0.30000000000000004, and stops at an integer beyond 64 bits (seen with datasets 5.2 and pandas 3). A
number that it would change is spelled another way, such as 0.03e1, which is the same double for every reader.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

_SUSPECTS = re.compile(r"\d\.\d|\d[eE]|\d{19}")
"""What a text must hold for any of its numbers to be changed."""
_TOKENS = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|(?P<sign>-?)(?P<whole>\d+)(?:\.(?P<fraction>\d+))?(?:[eE](?P<power>[+-]?\d+))?'
)
"""Strings, in which no number is looked for, and numbers."""
_FRACTION_DIGITS = 15
"""How many digits behind the point the reader takes in."""
_INTEGER_DIGITS = 20
"""Digits of the largest integer that the reader takes."""
_POWER_DIGITS = 6
"""Longest power of ten, in characters, that is looked at."""
_LONGEST_SHIFT = 6


class UnreadableNumberError(ValueError):
    """A number has no spelling that `datasets` reads as what it is."""


class _Number(NamedTuple):
    """A number as a text spells it, without its sign."""

    whole: str
    fraction: str
    power: int

    def __str__(self) -> str:
        return f"{self.whole}.{self.fraction or 0}e{self.power}"


def readable_numbers(text: str) -> str:
    """Give a JSON text with every number spelled so that `datasets` reads it exactly; mostly as it is.

    Raises:
        UnreadableNumberError: a number has no such spelling: integers beyond 64 bits, what is no finite
            double, and some fractions below 1e-300.

    Examples:
        >>> readable_numbers('{"at": [1.50, 0.3], "n": "0.3"}')
        '{"at": [1.50, 0.03e1], "n": "0.3"}'
    """
    return _TOKENS.sub(_respelled, text) if _SUSPECTS.search(text) else text


def _respelled(token: "re.Match[str]") -> str:
    sign, whole, fraction, power = token.groups()
    if whole is None:
        return token[0]
    if fraction is None and power is None:
        if len(whole) <= _INTEGER_DIGITS and -(2**63) <= int(token[0]) < 2**64:
            return token[0]
        raise UnreadableNumberError(f"The integer {token[0]} is beyond 64 bits")
    if len(power or "") > _POWER_DIGITS:
        raise UnreadableNumberError(f"The power {power} of ten is beyond any double")
    value = abs(float(token[0]))
    if isfinite(value) and _as_read(_Number(whole, fraction or "", int(power or 0))) == value:
        return token[0]
    spelling = next((one for one in _spellings(value) if _as_read(one) == value), None)
    if spelling is None:
        raise UnreadableNumberError(f"{token[0]} has no spelling that is read exactly")
    return f"{sign}{spelling}"


def _as_read(number: _Number) -> float | None:
    """Read a number as ujson does; null where it stops."""
    if len(number.whole) > _INTEGER_DIGITS or int(number.whole) >= 2**63:
        return None
    digits = number.fraction[:_FRACTION_DIGITS]
    try:
        fraction = float(int(digits or "0")) * float(f"1e-{len(digits)}")
        return (float(int(number.whole)) + fraction) * 10.0**number.power
    except OverflowError:
        return None


def _spellings(value: float) -> Iterator[_Number]:
    """Spell a number with its point at each place, in front of its digits first."""
    if not isfinite(value):
        return
    _, digits, power = Decimal(repr(value)).as_tuple()
    text, last = "".join(map(str, digits)), int(power)
    for point in (*range(len(text) + 1), *range(-1, -_LONGEST_SHIFT, -1)):
        whole, fraction = text[: max(point, 0)] or "0", "0" * max(-point, 0) + text[max(point, 0) :]
        yield _Number(whole, fraction, last + len(text) - point)
