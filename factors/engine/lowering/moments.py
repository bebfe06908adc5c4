"""What the verbs of moments and correlations become in the graph.

They are made of one pass of sums over values shifted by the first one that exists: because the shift is one of the
values, the sums lose at most a factor of n in precision. Where that matters, as the series is long and its first value
far from the mean, they are made again about the mean. The sums nearly always say, too, whether the series is constant
up to rounding; its extremes are looked for only where they leave that open. A pass that no stock of a block wants is
left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from factors.engine.ir.trace import TracedArray, elementwise, minutes_of, number, reduced, running
from factors.engine.lowering.basics import count, exists, ratio, sum, where
from factors.ops.reductions import CONSTANT

FAR = ((256, 128), (512, 16))
"""Of series of more than so many minutes, sums are made again where the squared distance of the first value from the
mean is more than so many variances: fewer for longer ones, so that the sums keep twelve digits."""


class _Shifted(NamedTuple):
    """A series about its first value and about its mean, with what each stock wants to know of it."""

    n: TracedArray
    d: TracedArray
    e: TracedArray
    far: TracedArray | None
    wanted: TracedArray
    constant: TracedArray


def _shifted(x: TracedArray) -> _Shifted:
    """Return a series shifted, and whether it is constant up to rounding, as `factors.ops.reductions.is_constant` says.

    A range R that is within the bound makes Σ(x - mean)² at most n R²/4, and one beyond it makes that at least R²/2.
    """
    d = running("shift", x)
    s, n = sum(d), count(x)
    away = sum(d * d) - ratio(s * s, n)
    origin = reduced("origin", x, d)  # the largest magnitude, but for the bound itself
    square = (CONSTANT * origin) * (CONSTANT * origin)
    surely = away <= 0.499 * square
    doubt = (away <= 0.251 * n * square) & ~surely
    begin, end = minutes_of(x)
    limits = [limit for minutes, limit in FAR if end - begin > minutes]
    far = (s * s > limits[-1] * n * away) & ~surely if limits else None
    wanted = doubt if far is None else doubt | far
    high, low = (reduced(op, x, wanted=wanted) for op in ("highest", "lowest"))
    within = high - low <= CONSTANT * elementwise("larger", abs(high), abs(low))
    return _Shifted(n, d, x - (origin + ratio(s, n)), far, wanted, surely | (doubt & within))


def _total(first: TracedArray, again: TracedArray, far: TracedArray | None, wanted: TracedArray) -> TracedArray:
    """Return the sum of products of shifted values; of those about the mean where that is far from the shift."""
    return sum(first) if far is None else where(far, reduced("sum_again", again, wanted=wanted), sum(first))


def _central(x: TracedArray) -> tuple[TracedArray, TracedArray, TracedArray]:
    """Return m2, m3, m4; 0 each of a constant series."""
    n, d, e, far, wanted, constant = _shifted(number(x))
    square, again = d * d, e * e
    pairs = ((d, e), (square, again), (square * d, again * e), (square * square, again * again))
    s = [where(constant, 0.0, _total(*pair, far, wanted)) for pair in pairs]
    a = ratio(s[0], n)
    m2 = ratio(s[1] - s[0] * a, n)
    m3 = ratio(s[2] - 3 * a * s[1] + 2 * a * a * s[0], n)
    m4 = ratio(s[3] - 4 * a * s[2] + 6 * a * a * s[1] - 3 * a * a * a * s[0], n)
    return m2, m3, m4


def centred(x: TracedArray) -> TracedArray:
    x = number(x)
    n, d, _, _, _, constant = _shifted(x)
    return where(exists(x), where(constant, 0.0, d - ratio(sum(d), n)))


def var(x: TracedArray) -> TracedArray:
    return _central(x)[0]


def std(x: TracedArray) -> TracedArray:
    return elementwise("sqrt", var(x))


def skew(x: TracedArray) -> TracedArray:
    m2, m3, _ = _central(x)
    return ratio(m3, m2 * elementwise("sqrt", m2))


def kurt(x: TracedArray) -> TracedArray:
    m2, _, m4 = _central(x)
    return ratio(m4, m2 * m2)


def corr(x: TracedArray, y: TracedArray) -> TracedArray:
    x, y = number(x), number(y)
    both = exists(x) & exists(y)
    x, y = where(both, x), where(both, y)
    one, other = _shifted(x), _shifted(y)
    far = None if one.far is None or other.far is None else one.far | other.far
    wanted, n = one.wanted | other.wanted, count(both)
    sx, sy = (_total(z.d, z.e, far, wanted) for z in (one, other))
    covariance = _total(one.d * other.d, one.e * other.e, far, wanted) - ratio(sx * sy, n)
    spread = [_total(z.d * z.d, z.e * z.e, far, wanted) - ratio(s * s, n) for z, s in ((one, sx), (other, sy))]
    r = ratio(covariance, elementwise("sqrt", spread[0]) * elementwise("sqrt", spread[1]))
    r = where(r > 1, 1.0, where(r < -1, -1.0, r))
    return where(one.constant | other.constant, math.nan, r)


LOWER: dict[str, Callable[..., TracedArray]] = {
    "centred": centred, "corr": corr, "kurt": kurt, "skew": skew, "std": std, "var": var,
}  # fmt: skip
"""Those of them that fuse."""
