"""Verbs over a window of minutes that moves along the day.

The day is cut into chunks as long as the window: every window is the end of one chunk and the beginning of the next,
so two running sums per chunk give all windows. They are of values less the first of the chunk, which lies in each of
these windows: no digits are lost, and a constant window gives exactly 0.
"""

from __future__ import annotations

import math

from factors.common import checks
from factors.ops.elementwise import Array, exists, larger, namespace, numeric, on_device, smaller, sqrt
from factors.ops.reductions import CONSTANT
from factors.ops.scans import accumulate_sum, cummax, cummin
from factors.ops.verb import verb

__all__ = ["moving_cov", "moving_mean", "moving_std", "moving_sum"]
DERIVED: list[str] = []
"""Those of `__all__` that are made of other verbs."""


@verb
def moving_sum(x: Array, n: int) -> Array:
    """Return the sum over the `n` minutes that end here; missing if one of them is.

    Rounded once: windows of equal values have equal sums, in whatever order the values stand.

    Raises
    ------
    ArgumentError
        If `n` is no whole number, 1 or more.
    """
    whole_number(f"m.moving_sum(x, {n!r})", n)
    xp = namespace(x)
    here, before = _cut(x, n)
    (high, low), (left, left_low) = _exact_sums(here), _exact_sums(xp.flip(before[:, :, 1:], axis=-1))
    none = xp.zeros_like(here[:, :, :1])
    left, left_low = (xp.concat([xp.flip(part, axis=-1), none], axis=-1) for part in (left, left_low))
    whole, error = _exact_sum(high, left)
    rest = low + error + left_low
    return _series(xp.where(xp.isfinite(rest), whole + rest, whole), x, n)


@verb
def moving_mean(x: Array, n: int) -> Array:
    """Return the mean over the `n` minutes that end here; missing if one of them is.

    The mean of equal values is exactly that value.

    Raises
    ------
    ArgumentError
        If `n` is no whole number, 1 or more.
    """
    whole_number(f"m.moving_mean(x, {n!r})", n)
    first, here, before = _chunks(x, n)
    return _series(first + _sums(here, before) / n, x, n)


@verb
def moving_cov(x: Array, y: Array, n: int) -> Array:
    """Return the population covariance over the `n` minutes that end here; missing if a value of them is.

    Exactly 0 if `x` or `y` is constant in the window.

    Raises
    ------
    ArgumentError
        If `n` is no whole number, 1 or more.
    """
    whole_number(f"m.moving_cov(x, y, {n!r})", n)
    _, x_here, x_before = _chunks(x, n)
    _, y_here, y_before = _chunks(y, n)
    products = _sums(x_here * y_here, x_before * y_before)
    return _series((products - _sums(x_here, x_before) * _sums(y_here, y_before) / n) / n, x, n)


@verb
def moving_std(x: Array, n: int) -> Array:
    """Return the population standard deviation over the `n` minutes that end here; missing if one of them is.

    Exactly 0 if `x` is constant in the window, up to rounding.

    Raises
    ------
    ArgumentError
        If `n` is no whole number, 1 or more.
    """
    whole_number(f"m.moving_std(x, {n!r})", n)
    xp = namespace(x)
    _, here, before = _chunks(x, n)
    whole = _sums(here, before)
    square = (_sums(here * here, before * before) - whole * whole / n) / n
    least, most = _extremes(*_cut(x, n))
    still = most - least <= CONSTANT * larger(xp.abs(least), xp.abs(most))
    return sqrt(_series(xp.where(still, 0.0 * whole, square), x, n))


def _chunks(x: Array, n: int) -> tuple[Array, Array, Array]:
    """Return the first value of each chunk, and the chunks and those before them less it: (rows, chunks, minutes)."""
    here, before = _cut(x, n)
    first = here[:, :, :1]
    return first, here - first, before - first


def _cut(x: Array, n: int) -> tuple[Array, Array]:
    """Return the chunks of `n` minutes, and those before them: (rows, chunks, minutes)."""
    xp = namespace(x)
    rows, length = x.shape
    n = min(n, length + 1)
    number = -(-length // n)
    gap = xp.full((rows, n), math.nan, dtype=xp.float64, **on_device(x))
    padded = xp.concat([gap, numeric(x), gap[:, : number * n - length]], axis=1)
    here, before = (xp.reshape(part, (rows, number, n)) for part in (padded[:, n:], padded[:, :-n]))
    return here, before


def _exact_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the sum of two numbers and what rounding has taken from it."""
    whole = x + y
    part = whole - x
    return whole, (x - (whole - part)) + (y - part)


def _exact_sums(x: Array) -> tuple[Array, Array]:
    """Return the cumulative sums along the last axis, and what rounding has taken from them."""
    if not x.shape[-1]:
        return x, x
    xp = namespace(x)
    whole = rest = xp.zeros_like(x[:, :, 0])
    found, rests = [], []
    for k in range(x.shape[-1]):
        whole, error = _exact_sum(whole, x[:, :, k])
        rest = rest + error
        found.append(whole)
        rests.append(rest)
    return xp.stack(found, axis=-1), xp.stack(rests, axis=-1)


def _sums(here: Array, before: Array) -> Array:
    """Return the sums over the windows that end at each minute of a chunk."""
    xp = namespace(here)
    ends = xp.flip(accumulate_sum(xp, xp.flip(before[:, :, 1:], axis=-1)), axis=-1)
    return accumulate_sum(xp, here) + xp.concat([ends, xp.zeros_like(here[:, :, :1])], axis=-1)


def _extremes(here: Array, before: Array) -> tuple[Array, Array]:
    """Return the smallest and the largest value of the windows that end at each minute of a chunk."""
    xp = namespace(here)
    flat = (here.shape[0] * here.shape[1], here.shape[2])
    none = xp.full_like(here[:, :, :1], math.nan)
    ahead = xp.reshape(xp.concat([none, xp.flip(before[:, :, 1:], axis=-1)], axis=-1), flat)
    found = []
    for so_far, of_two in ((cummin, smaller), (cummax, larger)):
        now = so_far(xp.reshape(here, flat))
        earlier = xp.flip(so_far(ahead), axis=-1)
        found.append(xp.reshape(xp.where(exists(earlier), of_two(now, earlier), now), here.shape))
    return found[0], found[1]


def _series(windows: Array, x: Array, n: int) -> Array:
    """Return windows by chunk as a series like `x`, missing where the window begins before it does."""
    xp = namespace(windows)
    rows, length = x.shape
    found = xp.reshape(windows, (rows, windows.shape[1] * windows.shape[2]))[:, :length]
    return found if n <= length else xp.full_like(found, math.nan)


def whole_number(call: str, n: object) -> None:
    """Refuse a number of minutes, blocks or buckets that is none.

    Raises
    ------
    ArgumentError
        If it is no whole number, 1 or more.
    """
    checks.whole_number(f"{call}: {n!r}", n)
