"""Verbs that turn a series into one value per stock: sums, extremes, moments; and windows by clock."""

from __future__ import annotations

import math

from factors.errors import ArgumentError, NotInSession
from factors.ops.elementwise import Array, abs, constant, exists, larger, namespace, numeric, ratio, sqrt, where
from factors.ops.verb import verb


@verb
def sum(x: Array) -> Array:
    """Return the sum of the values that exist; 0 if none does. The sum of a mask counts its true minutes."""
    xp = namespace(x)
    x = numeric(x)
    return xp.sum(xp.where(xp.isnan(x), constant(xp, x, 0.0), x), axis=-1, keepdims=True)


@verb
def prod(x: Array) -> Array:
    """Return the product of the values that exist; 1 if none does."""
    xp = namespace(x)
    return xp.prod(xp.where(xp.isnan(x), constant(xp, x, 1.0), x), axis=-1, keepdims=True)


@verb
def count(x: Array) -> Array:
    """Return the number of minutes at which `x` exists (for a mask: is true)."""
    xp = namespace(x)
    return sum(x if x.dtype == xp.bool else exists(x))


@verb
def any(mask: Array) -> Array:
    """Return whether the mask is true at some minute."""
    return namespace(mask).any(mask, axis=-1, keepdims=True)


@verb
def mean(x: Array) -> Array:
    """Return the mean of the values that exist; missing if none does."""
    x = numeric(x)
    return ratio(sum(x), count(x))


@verb
def max(x: Array) -> Array:
    """Return the largest value that exists; missing if none does."""
    return _extreme(x, -math.inf, "max")


@verb
def min(x: Array) -> Array:
    """Return the smallest value that exists; missing if none does."""
    return _extreme(x, math.inf, "min")


def _extreme(x: Array, none: float, verb: str) -> Array:
    xp = namespace(x)
    found = getattr(xp, verb)(xp.where(xp.isnan(x), constant(xp, x, none), x), axis=-1, keepdims=True)
    return xp.where(found == none, constant(xp, x, math.nan), found)


@verb
def first(x: Array, mask: Array | None = None) -> Array:
    """Return `x` at the first minute of the mask (default: where `x` exists); missing if there is none."""
    return _pick(x, exists(x) if mask is None else mask, latest=False)


@verb
def last(x: Array, mask: Array | None = None) -> Array:
    """Return `x` at the last minute of the mask (default: where `x` exists); missing if there is none."""
    return _pick(x, exists(x) if mask is None else mask, latest=True)


def _pick(x: Array, mask: Array, *, latest: bool) -> Array:
    xp = namespace(x)
    x, flags = numeric(x), numeric(mask)
    place = xp.argmax(xp.flip(flags, axis=-1) if latest else flags, axis=-1, keepdims=True)
    if latest:
        place = x.shape[-1] - 1 - place
    return xp.where(
        xp.any(mask, axis=-1, keepdims=True), xp.take_along_axis(x, place, axis=-1), constant(xp, x, math.nan)
    )


@verb
def at(x: Array, minute: int) -> Array:
    """Return `x` at a grid minute: 1 is the first, -1 the last, -31 the one 30 minutes before the close.

    Raises
    ------
    NotInSession
        If the session is shorter; the factor is then NaN on its days.
    """
    length = x.shape[-1]
    if minute == 0:
        raise ArgumentError("m.at(x, 0): minutes count from 1, or from -1 backwards.")
    place = minute - 1 if minute > 0 else length + minute
    if not 0 <= place < length:
        raise NotInSession(f"minute {minute} of {length}")
    return x[:, place : place + 1]


@verb
def head(x: Array, minutes: int) -> Array:
    """Return the first minutes of the day, as a shorter series.

    Raises
    ------
    NotInSession
        If the session is shorter; the factor is then NaN on its days.
    """
    return between(x, 0, minutes)


@verb
def tail(x: Array, minutes: int) -> Array:
    """Return the last minutes of the day, as a shorter series.

    Raises
    ------
    NotInSession
        If the session is shorter; the factor is then NaN on its days.
    """
    return between(x, -minutes, None)


@verb
def between(x: Array, start: int, stop: int | None) -> Array:
    """Return the minutes start < t <= stop, as a shorter series; negative numbers count from the close.

    ``between(x, 30, 60)`` is the second half hour, ``between(x, -30, None)`` the last 30 minutes. Series of different
    windows do not mix; lag first, then take the window, if the lagged value may come from before it.

    Raises
    ------
    NotInSession
        If the session is shorter; the factor is then NaN on its days.
    """
    length = x.shape[-1]
    begin = start + length if start < 0 else start
    end = length if stop is None else stop + length if stop < 0 else stop
    if begin < 0 or end > length:
        raise NotInSession(f"window ({start}, {stop}] of {length} minutes")
    if begin >= end:
        raise ArgumentError(f"m.between(x, {start}, {stop}): the window is empty; start must come before stop.")
    return x[:, begin:end]


CONSTANT = 1e-9
"""Share of its largest magnitude up to which a series' range is rounding, and the series constant."""


def is_constant(x: Array, within: float = CONSTANT) -> Array:
    """Return whether a series is constant up to rounding: whether its range is at most a share of its magnitude.

    Every variance, covariance, correlation, slope, skewness and kurtosis asks this, and nothing else.
    """
    high, low = max(x), min(x)
    return high - low <= within * larger(abs(high), abs(low))


def _centred(x: Array) -> tuple[Array, Array]:
    """Return the values about their mean, and their number.

    A constant series becomes exactly 0, so that its variance is 0 and not the residue of rounding, and correlations
    can test for constancy by ``== 0``. The largest value is taken off first, as the mean would be rounded more than
    values close together differ.
    """
    x = numeric(x)
    shifted = where(is_constant(x), 0.0 * x, x - max(x))
    number = count(x)
    return shifted - ratio(sum(shifted), number), number


@verb
def centred(x: Array) -> Array:
    """Return `x` less its mean; exactly 0 for a series constant up to rounding, missing where `x` is."""
    return _centred(x)[0]


@verb
def var(x: Array) -> Array:
    """Return the population variance; 0 for one value or a constant series, missing for none."""
    centred, number = _centred(x)
    return ratio(sum(centred * centred), number)


@verb
def std(x: Array) -> Array:
    """Return the population standard deviation; 0 for one value or a constant series, missing for none."""
    return sqrt(var(x))


@verb
def skew(x: Array) -> Array:
    """Return the skewness m3 / m2^1.5; missing for a constant series."""
    centred, number = _centred(x)
    square = centred * centred
    m2, m3 = ratio(sum(square), number), ratio(sum(square * centred), number)
    return ratio(m3, m2 * sqrt(m2))


@verb
def kurt(x: Array) -> Array:
    """Return the kurtosis m4 / m2² (normal: 3); missing for a constant series."""
    centred, number = _centred(x)
    square = centred * centred
    m2, m4 = ratio(sum(square), number), ratio(sum(square * square), number)
    return ratio(m4, m2 * m2)


@verb
def corr(x: Array, y: Array) -> Array:
    """Return Pearson's correlation over the minutes where both exist; missing if either is constant there."""
    xp = namespace(x, y)
    x, y = numeric(x), numeric(y)
    both = exists(x) & exists(y)
    dx, _ = _centred(where(both, x))
    dy, _ = _centred(where(both, y))
    found = ratio(sum(dx * dy), sqrt(sum(dx * dx)) * sqrt(sum(dy * dy)))
    one = constant(xp, found, 1.0)
    clipped = xp.where(found > 1, one, xp.where(found < -1, -one, found))
    return xp.where(xp.isnan(found), constant(xp, found, math.nan), clipped)
