"""Verbs that select minutes by the order of a key."""

from __future__ import annotations

import math
from fractions import Fraction

from factors.common.checks import whole_number
from factors.errors import ArgumentError
from factors.ops.elementwise import Array, constant, namespace, numeric
from factors.ops.reductions import count, sum
from factors.ops.scans import accumulate_sum
from factors.ops.verb import verb

TIE = 1e-9
"""Share of two sums of volumes up to which they are equal: sums of tenths are so but for rounding."""


@verb
def top(key: Array, share: Fraction | str | None = None, k: int | None = None) -> Array:
    """Return the mask of the minutes with the largest keys; equal keys go to the earlier minute.

    Of the n minutes where the key exists, max(1, floor(share * n)) are selected, the floor taken in integers; or `k`
    of them, all if there are fewer.

    Parameters
    ----------
    key : array, shape (stocks, minutes)
        Missing where a minute is not eligible.
    share : Fraction or str, optional
        ``"1/3"`` or ``Fraction(1, 3)``: a float would not say which third is meant.
    k : int, optional
        A number of minutes, instead of a share.

    Raises
    ------
    ArgumentError
        If the share is not a fraction between 0 and 1, the number is none, or not exactly one of them is given.
    """
    part = share_or_number("m.top(key", share, k)
    xp = namespace(key)
    low = constant(xp, key, -math.inf)
    n = count(key)
    if isinstance(part, Fraction):
        # 3n/10 in floats cannot round up to a whole number: its distance to one is 0 or at least 1/10
        wanted = xp.floor(n * part.numerator / part.denominator)
        wanted = xp.where(wanted < 1, constant(xp, key, 1.0), wanted)
    else:
        wanted = xp.full_like(n, min(part, key.shape[-1]))
    filled = xp.where(xp.isnan(key), low, key)
    rising = xp.sort(filled, axis=-1)
    place = xp.asarray(key.shape[-1] - wanted, dtype=xp.int64)
    threshold = xp.take_along_axis(rising, place, axis=-1)
    above = filled > threshold
    ties = numeric(filled == threshold)
    room = wanted - sum(above)
    chosen = above | ((ties > 0) & (accumulate_sum(xp, ties) <= room))
    return chosen & (filled > low)


def share_or_number(call: str, share: object, k: object) -> Fraction | int:
    """Return the share or the number of minutes to select, whichever was given.

    Raises
    ------
    ArgumentError
        As `top` tells.
    """
    if (share is None) == (k is None):
        raise ArgumentError(f"{call}, share={share!r}, k={k!r}): give a share such as '1/3' or a number k, not both.")
    if k is None:
        return fraction(share, call)
    return whole_number(f"{call}, k={k!r}): k", k)


def fraction(share: object, call: str = "") -> Fraction:
    """Return a share given as ``"3/10"`` or a Fraction.

    Raises
    ------
    ArgumentError
        If it is not a fraction in (0, 1].
    """
    try:
        part = Fraction(share) if isinstance(share, str | Fraction) else None
    except (ValueError, ZeroDivisionError):
        part = None
    if part is None or not 0 < part <= 1:
        raise ArgumentError(
            f"{call}, share={share!r}): share must be a fraction in (0, 1], written as '1/3' or '3/10'."
        )
    return part
