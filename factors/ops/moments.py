"""Population moments and correlation, exact on constant series."""

from __future__ import annotations

import math

from factors.ops.elementwise import Array, constant, exists, namespace, numeric, ratio, sqrt, where
from factors.ops.reductions import count, max, sum
from factors.ops.verb import verb


def _centred(x: Array) -> tuple[Array, Array]:
    """Return the values about their mean, and their number.

    The largest value is taken off first: a constant series becomes exactly 0, so that its variance is 0 and not the
    residue of rounding, and correlations can test for constancy by ``== 0``.
    """
    x = numeric(x)
    shifted = x - max(x)
    number = count(x)
    return shifted - ratio(sum(shifted), number), number


@verb
def centred(x: Array) -> Array:
    """Return `x` less its mean; exactly 0 for a constant series, missing where `x` is."""
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
