"""Verbs made of verbs: plain functions of operators and other verbs, so that every engine runs them as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from factors.ops.elementwise import Array, atan, erf, exists, exp, floor, larger, log, log1p, ratio, smaller, where
from factors.ops.reductions import CONSTANT, any, centred, count, first, is_constant, sum
from factors.ops.scans import cumsum
from factors.ops.selection import share_or_number

__all__ = [
    "bin_index", "change", "clip", "cov", "entropy", "entropy_of", "leading", "log_change", "median3",
    "median_minute", "normal_cdf", "power", "settle", "slope", "slope_of", "student3_cdf",
]  # fmt: skip


WHOLE = 1e-9
"""Distance to a whole number up to which a computed place is that number."""


def power(x: Array, p: float) -> Array:
    """Return x to the power of a number, for x of 0 or more; missing below 0, and at 0 for a power below 0."""
    found = exp(p * log(x))
    return where(x == 0, 0.0, found) if p > 0 else found


def change(x: Array, before: Array) -> Array:
    """Return the relative change, (x - before) / before: where the two are close, digits that x / before - 1 loses.

    The division is plain: where `before` can be 0 inside a formula, write ``m.ratio(x - before, before)``.
    """
    return (x - before) / before


def log_change(x: Array, before: Array) -> Array:
    """Return ln(x / before), by the relative change and with its digits; missing where the quotient is not positive."""
    return log1p((x - before) / before)


def normal_cdf(x: Array) -> Array:
    """Return the standard normal distribution function."""
    return 0.5 * (1 + erf(x * math.sqrt(0.5)))


def student3_cdf(x: Array) -> Array:
    """Return the distribution function of Student's t with 3 degrees of freedom."""
    u = x / math.sqrt(3)
    return 0.5 + (u / (1 + u * u) + atan(u)) / math.pi


def clip(x: Array, low: Array | float | None = None, high: Array | float | None = None) -> Array:
    """Return `x` brought into low..high, of which either may be left out; missing where `x` is."""
    found = x if low is None else larger(x, low)
    return found if high is None else smaller(found, high)


def bin_index(x: Array) -> Array:
    """Return the index of the bin that a computed place lies in: its floor, one within 1e-9 of a whole number as that.

    So a place that is a whole number but for rounding has one index, whatever unit prices come in.
    """
    return floor(x + WHOLE)


def cov(x: Array, y: Array) -> Array:
    """Return the population covariance over the minutes where both exist; exactly 0 if either is constant there."""
    dx, dy = _jointly_centred(x, y)
    product = dx * dy
    return ratio(sum(product), count(product))


def slope(y: Array, x: Array) -> Array:
    """Return the slope of `y` on `x` over the minutes where both exist; missing if `x` is constant there."""
    dx, dy = _jointly_centred(x, y)
    return ratio(sum(dx * dy), sum(dx * dx))


def _jointly_centred(x: Array, y: Array) -> tuple[Array, Array]:
    both = exists(x) & exists(y)
    return centred(where(both, x)), centred(where(both, y))


def median3(a: Array, b: Array, c: Array) -> Array:
    """Return the middle one of three; missing where one of them is."""
    return larger(smaller(a, b), smaller(larger(a, b), c))


def entropy(p: Array) -> Array:
    """Return -sum(p ln p) over the minutes, with 0 ln 0 = 0; missing if no share exists."""
    return where(any(exists(p)), sum(-p * log(p)))


def entropy_of(values: Sequence[Array]) -> Array:
    """Return the entropy of a distribution from its weights, such as counts, one value per stock each.

    Weights that are missing or 0 are left out; missing if none is above 0.
    """
    weights = [where(value > 0, value, 0.0) for value in values]
    whole = weights[0]
    for weight in weights[1:]:
        whole = whole + weight
    found = 0.0 * whole
    for weight in weights:
        share = ratio(weight, whole)
        found = found - where(share > 0, share * log(share), 0.0)
    return where(whole > 0, found)


def slope_of(values: Sequence[Array], xs: Sequence[float], least: int = 2) -> Array:
    """Return the slope of values per stock on as many numbers.

    Values that are missing are left out; missing if fewer than `least` remain, or their numbers are all the same.
    """
    flags = [where(exists(value), 1.0, 0.0) for value in values]
    known = [where(exists(value), value, 0.0) for value in values]
    number, sum_x, sum_y = 0.0 * flags[0], 0.0 * flags[0], 0.0 * flags[0]
    for flag, value, x in zip(flags, known, xs, strict=True):
        number, sum_x, sum_y = number + flag, sum_x + flag * x, sum_y + value
    mean_x, mean_y = ratio(sum_x, number), ratio(sum_y, number)
    sxx, sxy = 0.0 * flags[0], 0.0 * flags[0]
    for flag, value, x in zip(flags, known, xs, strict=True):
        dx = flag * (x - mean_x)
        sxx, sxy = sxx + dx * dx, sxy + dx * (value - mean_y)
    return where(number >= least, ratio(sxy, sxx))


def median_minute(mask: Array, minute: Array) -> Array:
    """Return the median of the minutes at which the mask is true; missing if it never is."""
    so_far, number = cumsum(mask), count(mask)
    middle = first(minute, 2 * so_far >= number) + first(minute, 2 * so_far > number)
    return where(number > 0, middle / 2)


def settle(x: Array, within: float = CONSTANT) -> Array:
    """Return a computed series, made exactly constant where it is so but for rounding.

    That is where its range is at most `within` times its largest magnitude.
    """
    return where(is_constant(x, within) & exists(x), first(x), x)


def leading(place: Array, share: Fraction | str | None = None, k: int | None = None) -> Array:
    """Return the mask of the first minutes of an order: of n, max(1, floor(share * n)), or `k` (all if fewer).

    Parameters
    ----------
    place : array, shape (stocks, minutes)
        Number of minutes before this one in the order, as `ahead` gives it; missing where a minute is not eligible.
    share : Fraction or str, optional
        As in `top`.
    k : int, optional
        A number of minutes, instead of a share.

    Raises
    ------
    ArgumentError
        As in `top`.
    """
    part = share_or_number("m.leading(place", share, k)
    if isinstance(part, int):
        return place < part
    return place < larger(floor(count(place) * part.numerator / part.denominator), 1.0)
