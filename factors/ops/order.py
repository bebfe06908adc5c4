"""Verbs that put the minutes in the order of a key, or group them by it."""

from __future__ import annotations

import math
from fractions import Fraction
from types import ModuleType
from typing import NamedTuple

from factors.common.checks import is_share, whole_number
from factors.errors import ArgumentError
from factors.ops.elementwise import Array, constant, exists, namespace, numeric, on_device
from factors.ops.reductions import count
from factors.ops.scans import accumulate_sum, cummax, cummin
from factors.ops.selection import TIE, fraction
from factors.ops.verb import verb

__all__ = ["ahead", "area", "group_sum", "half_var", "quantile", "rank", "spaced"]
DERIVED: list[str] = []
"""Those of `__all__` that are made of other verbs."""


@verb
def ahead(key: Array, x: Array | None = None, smallest: bool = False) -> Array:
    """Return the sum of `x` over the minutes ahead of this one in the order of a key.

    Parameters
    ----------
    key : array, shape (stocks, minutes)
        Largest first; of equal keys the earlier minute is ahead. Missing where a minute is not eligible.
    x : array, shape (stocks, minutes), optional
        What is added up; default: 1 for each minute, so that the sum is the number of minutes ahead.
    smallest : bool
        Whether the smallest key is first; of equal keys the earlier minute is ahead here, too.

    Returns
    -------
    array, shape (stocks, minutes)
        0 at the first minute of the order; missing where the key is.
    """
    xp = namespace(key)
    key = numeric(key)
    order = _order(xp, key if smallest else -key)
    place = xp.argsort(order, axis=-1)
    if x is None:
        found = xp.asarray(place, dtype=xp.float64)
    else:
        found = xp.take_along_axis(_summed(xp, _zeroed(xp, x, key), order), place, axis=-1)
    return xp.where(exists(key), found, constant(xp, key, math.nan))


@verb
def rank(x: Array) -> Array:
    """Return the rank from 1 for the smallest, equal values sharing the mean of theirs; missing where `x` is."""
    return (ahead(x, smallest=True) + 1 + count(x) - ahead(x)) / 2


@verb
def quantile(x: Array, q: float) -> Array:
    """Return the q-quantile of the values that exist, linear between neighbours; missing if none does.

    Raises
    ------
    ArgumentError
        If q is not in 0..1.
    """
    q = checked(q)
    xp = namespace(x)
    x = numeric(x)
    n = count(x)
    there = n > 0
    rising = xp.sort(xp.where(exists(x) | ~there, x, constant(xp, x, math.inf)), axis=-1)
    place = xp.where(there, (n - 1) * q, constant(xp, x, 0.0))
    below = xp.floor(place)
    low = xp.take_along_axis(rising, xp.asarray(below, dtype=xp.int64), axis=-1)
    high = xp.take_along_axis(rising, xp.asarray(xp.ceil(place), dtype=xp.int64), axis=-1)
    return low + (high - low) * (place - below)


def checked(q: object) -> float:
    """Return q, if it says which quantile.

    Raises
    ------
    ArgumentError
        As `quantile` tells.
    """
    if not is_share(q):
        raise ArgumentError(f"m.quantile(x, {q!r}): q must be a number from 0 to 1.")
    return float(q)


@verb
def group_sum(x: Array, key: Array) -> Array:
    """Return the sum of `x` over the minutes of equal key, at the first of these minutes; missing at the others."""
    xp = namespace(key)
    levels = _levels(xp, x, numeric(key))
    return xp.take_along_axis(levels.sums, xp.argsort(levels.order, axis=-1), axis=-1)


@verb
def area(x: Array, key: Array, share: Fraction | str) -> Array:
    """Return the mask of the minutes inside the region of levels that holds a share of `x`.

    A level is a distinct key, its weight the sum of `x` there. The region starts at the heaviest level (of equal ones
    the lowest) and takes the heavier of its two neighbours (of equal ones the lower) until it holds the share. Weights
    within 1e-9 of each other are equal.

    Raises
    ------
    ArgumentError
        If the share is not a fraction between 0 and 1.
    """
    part = fraction(share, "m.area(x, key")
    xp = namespace(key)
    levels = _levels(xp, x, numeric(key))
    length = key.shape[-1]
    none, nothing = constant(xp, key, -math.inf), constant(xp, key, 0.0)
    # one level after the other: their number, their weights from the lowest key up, and which are inside
    number = xp.asarray(xp.sum(numeric(levels.first), axis=-1, keepdims=True), dtype=xp.int64)
    front = xp.argsort(numeric(~levels.first), axis=-1, **_stable(xp))
    weight = xp.take_along_axis(xp.where(levels.first, levels.sums, none), front, axis=-1)
    whole = part.numerator * xp.sum(xp.where(levels.first, levels.sums, nothing), axis=-1, keepdims=True)
    goal, heaviest = whole - TIE * xp.abs(whole), _max(xp, weight)
    low = high = xp.argmax(numeric(weight >= heaviest - TIE * xp.abs(heaviest)), axis=-1, keepdims=True)
    held = xp.take_along_axis(weight, low, axis=-1)
    for _ in range(length - 1):
        below = xp.where(low > 0, xp.take_along_axis(weight, _at_least(xp, low - 1, 0), axis=-1), none)
        above = xp.where(
            high + 1 < number, xp.take_along_axis(weight, _at_most(xp, high + 1, length - 1), axis=-1), none
        )
        grows = (part.denominator * held < goal) & ((low > 0) | (high + 1 < number))
        down = (low > 0) & ((high + 1 >= number) | (below >= above - TIE * xp.abs(above)))
        held = xp.where(grows, held + xp.where(down, below, above), held)
        low, high = xp.where(grows & down, low - 1, low), xp.where(grows & ~down, high + 1, high)
    place = xp.asarray(accumulate_sum(xp, numeric(levels.first)) - 1, dtype=xp.int64)
    inside = (place >= low) & (place <= high)
    return (xp.take_along_axis(numeric(inside), xp.argsort(levels.order, axis=-1), axis=-1) > 0) & exists(key)


@verb
def half_var(x: Array) -> Array:
    """Return the smallest population variance of floor((n + 2)/2) consecutive ones of the n sorted values.

    It is exactly 0 where so many are equal, and missing for none.
    """
    xp = namespace(x)
    n = count(x)
    half = xp.floor((n + 2) / 2)
    none, nothing = constant(xp, x, math.inf), constant(xp, x, 0.0)
    rising = xp.sort(xp.where(exists(x), x, none), axis=-1)
    place = _places(xp, x)
    # The last value of the first half is in every half: sums that go outwards from there lose no digits.
    middle = xp.where(n > 0, half - 1, nothing)
    pivot = xp.where(n > 0, xp.take_along_axis(rising, xp.asarray(middle, dtype=xp.int64), axis=-1), nothing)
    away = xp.where(place < n, rising, pivot) - pivot
    end = xp.asarray(xp.where(place + half <= n, place + half - 1, middle), dtype=xp.int64)
    first, second = (_around(xp, power, place < middle, end) / half for power in (away, away * away))
    alike = xp.take_along_axis(away, end, axis=-1) == away
    found = xp.where(alike, nothing, second - first * first)
    found = _min(xp, xp.where(place + half <= n, found, none))
    return xp.where(n > 0, found, constant(xp, x, math.nan))


def _around(xp: ModuleType, x: Array, left: Array, end: Array) -> Array:
    """Return the sums from each place to `end`, added up outwards from where `left` ends."""
    nothing = constant(xp, x, 0.0)
    upwards = accumulate_sum(xp, xp.where(left, nothing, x))
    downwards = xp.flip(accumulate_sum(xp, xp.flip(xp.where(left, x, nothing), axis=-1)), axis=-1)
    return downwards + xp.take_along_axis(upwards, end, axis=-1)


@verb
def spaced(mask: Array, gap: int) -> Array:
    """Return the true minutes that keep their distance: the first, then each at least `gap` after the last kept.

    Raises
    ------
    ArgumentError
        If the gap is not a whole number, 1 or more.
    """
    gap = whole(gap)
    xp = namespace(mask)
    last = xp.full(mask.shape[:1], float(-gap), dtype=xp.float64, **on_device(mask))
    kept = []
    for t in range(mask.shape[-1]):
        keep = mask[:, t] & (t - last >= gap)
        last = xp.where(keep, constant(xp, mask, float(t)), last)
        kept.append(keep)
    return xp.stack(kept, axis=1)


def whole(gap: object) -> int:
    """Return a number of minutes, if it is one.

    Raises
    ------
    ArgumentError
        As `spaced` tells.
    """
    return whole_number(f"m.spaced(mask, {gap!r}): the gap", gap, of="minutes")


class _Levels(NamedTuple):
    """The minutes by key, smallest first: `order`, where a level begins (`first`), and the sum of its minutes at its
    first place (`sums`, missing elsewhere)."""

    order: Array
    first: Array
    sums: Array


def _levels(xp: ModuleType, x: Array, key: Array) -> _Levels:
    order = _order(xp, key)
    sorted_key = xp.take_along_axis(key, order, axis=-1)
    place = _places(xp, key)
    begins = xp.concat([sorted_key[:, :1] == sorted_key[:, :1], sorted_key[:, 1:] != sorted_key[:, :-1]], axis=1)
    first = begins & exists(sorted_key)
    missing = constant(xp, key, math.nan)
    at = xp.where(first, place, missing)
    start = cummax(at)
    start = xp.where(exists(start), start, constant(xp, key, 0.0))
    past = xp.full_like(key[:, :1], key.shape[-1])
    behind = xp.concat([at[:, 1:], past], axis=1)
    end = xp.asarray(xp.flip(cummin(xp.flip(behind, axis=-1)), axis=-1), dtype=xp.int64)
    # Sums within the level only: differences of sums over all levels would be as rounded as the whole
    so_far, step = xp.take_along_axis(_zeroed(xp, x, key), order, axis=-1), 1
    while step < key.shape[-1]:
        gap = xp.zeros_like(so_far[:, :step])
        so_far = so_far + xp.where(place - step >= start, xp.concat([gap, so_far[:, :-step]], axis=1), 0.0 * so_far)
        step *= 2
    sums = xp.take_along_axis(so_far, end - 1, axis=-1)
    return _Levels(order, first, xp.where(first, sums, missing))


def _order(xp: ModuleType, key: Array) -> Array:
    """Return the minutes by key, smallest first, equal ones by time, missing ones last."""
    return xp.argsort(xp.where(exists(key), key, constant(xp, key, math.inf)), axis=-1, **_stable(xp))


def _stable(xp: ModuleType) -> dict[str, bool]:
    """Return the keyword of a stable order; CuPy's is one, though it has no word for it."""
    return {} if xp.__name__.partition(".")[0] == "cupy" else {"stable": True}


def _at_least(xp: ModuleType, x: Array, bound: int) -> Array:
    return xp.where(x < bound, xp.full_like(x, bound), x)


def _at_most(xp: ModuleType, x: Array, bound: int) -> Array:
    return xp.where(x > bound, xp.full_like(x, bound), x)


def _zeroed(xp: ModuleType, x: Array, key: Array) -> Array:
    """Return x with 0 where it or the key is missing."""
    x = numeric(x)
    return xp.where(exists(key) & exists(x), x, constant(xp, key, 0.0))


def _summed(xp: ModuleType, x: Array, order: Array) -> Array:
    """Return, at each place of an order, the sum of x over the minutes before it."""
    so_far = accumulate_sum(xp, xp.take_along_axis(x, order, axis=-1))
    return xp.concat([xp.zeros_like(so_far[:, :1]), so_far[:, :-1]], axis=1)


def _places(xp: ModuleType, like: Array) -> Array:
    return xp.reshape(xp.arange(like.shape[-1], dtype=xp.float64, **on_device(like)), (1, -1))


def _max(xp: ModuleType, x: Array) -> Array:
    return xp.max(x, axis=-1, keepdims=True)


def _min(xp: ModuleType, x: Array) -> Array:
    return xp.min(x, axis=-1, keepdims=True)
