"""The values that a parameter of a factor may have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from factors.common.checks import is_whole


@dataclass(frozen=True)
class Range:
    """The values that a parameter may have; it prints as they are called.

    Parameters
    ----------
    words : str
        What a value is: "a whole number from 2 up".
    example : object
        One of them.
    read : callable
        Returns a value in the form it is kept in; None for a value that is none.
    ends : tuple
        The first value and the last, or one near it or far up, where a factor is to be tried.
    """

    words: str
    example: Any
    read: Callable[[Any], Any]
    ends: tuple[Any, Any]

    def __str__(self) -> str:
        return self.words


FAR = 400
"""More than the sessions of stocks have minutes, where a factor has no value any more."""


def whole(least: int = 1, most: int | None = None) -> Range:
    """Return the whole numbers from `least` on."""

    def read(value: Any) -> int | None:
        return value if is_whole(value, least) and (most is None or value <= most) else None

    words = f"a whole number from {least} " + ("up" if most is None else f"to {most}")
    return Range(words, least, read, (least, FAR if most is None else most))


def above(least: float, below: float | None = None) -> Range:
    """Return the numbers above `least`, which is none of them, and below another where that is given."""

    def read(value: Any) -> float | None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            return None
        kept = int(value) if value == int(value) else value  # 4.0 is 4: one value has one name
        return kept if least < value and (below is None or value < below) else None

    words = f"a number above {least:g}" + ("" if below is None else f" and below {below:g}")
    room = 2.0 if below is None else below - least
    return Range(words, least + room / 2, read, (least + 1e-6 * room, 1e6 if below is None else below - 1e-6 * room))


def wholes(least: int) -> Range:
    """Return some different whole numbers from `least` on, in rising order, as a tuple of three or more."""

    def read(value: Any) -> tuple[int, ...] | None:
        if not isinstance(value, tuple | list) or len(value) < 3 or not all(is_whole(size, least) for size in value):
            return None
        return tuple(value) if sorted(set(value)) == list(value) else None

    words = f"a tuple of three or more whole numbers from {least} up, rising"
    return Range(words, (least, least + 1, least + 2), read, ((least, least + 1, least + 2), (10, 60, FAR)))


def _share(value: Any) -> str | None:
    try:
        share = Fraction(str(value))  # of the decimal that is written, not of the float next to it
    except (ValueError, ZeroDivisionError):
        return None
    return str(share) if 0 < share < 1 else None


SHARE = Range("a share between 0 and 1, such as '1/5' or 0.2", "1/5", _share, ("1/1000", "999/1000"))
"""Fractions, kept as text, so that what is asked for is exact."""
