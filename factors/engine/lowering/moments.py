"""What the verbs of moments and correlations become in the graph.

They are made of one pass of sums over values shifted by the first one that exists: because the shift is one of the
values, the sums lose at most a factor of n in precision. They nearly always say, too, whether the series is constant up
to rounding; its extremes are looked for only where they leave that open.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from factors.engine.ir.trace import TracedArray, elementwise, number, reduced, running
from factors.engine.lowering.basics import count, exists, ratio, sum, where
from factors.ops.reductions import CONSTANT


def _power_sums(x: TracedArray) -> tuple[TracedArray, list[TracedArray]]:
    """Return the number of values and the sums of the first four powers of the shifted values (made when used)."""
    x = number(x)
    d = running("shift", x)
    square = d * d
    return count(x), [sum(d), sum(square), sum(square * d), sum(square * square)]


def _is_constant(x: TracedArray) -> TracedArray:
    """Return whether a series is constant up to rounding, as `factors.ops.reductions.is_constant` says.

    A range R that is within the bound makes Σ(x - mean)² at most n R²/4, and one beyond it makes that at least R²/2.
    """
    d = running("shift", x)
    s, n = sum(d), count(x)
    away = sum(d * d) - ratio(s * s, n)
    bound = CONSTANT * reduced("origin", x, d)  # the largest magnitude, but for the bound itself
    square = bound * bound
    surely = away <= 0.499 * square
    doubt = (away <= 0.251 * n * square) & ~surely
    high, low = (reduced(op, x, wanted=doubt) for op in ("highest", "lowest"))
    within = high - low <= CONSTANT * elementwise("larger", abs(high), abs(low))
    return surely | (doubt & within)


def _central(x: TracedArray) -> tuple[TracedArray, TracedArray, TracedArray]:
    """Return m2, m3, m4; 0 each of a constant series."""
    n, s = _power_sums(x)
    still = _is_constant(number(x))
    s = [where(still, 0.0, power) for power in s]
    a = ratio(s[0], n)
    m2 = ratio(s[1] - s[0] * a, n)
    m3 = ratio(s[2] - 3 * a * s[1] + 2 * a * a * s[0], n)
    m4 = ratio(s[3] - 4 * a * s[2] + 6 * a * a * s[1] - 3 * a * a * a * s[0], n)
    return m2, m3, m4


def centred(x: TracedArray) -> TracedArray:
    x = number(x)
    d = running("shift", x)
    return where(exists(x), where(_is_constant(x), 0.0, d - ratio(sum(d), count(x))))


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
    dx, dy = running("shift", x), running("shift", y)
    n, sx, sy = count(both), sum(dx), sum(dy)
    covariance = sum(dx * dy) - ratio(sx * sy, n)
    spread = (sum(dx * dx) - ratio(sx * sx, n), sum(dy * dy) - ratio(sy * sy, n))
    r = ratio(covariance, elementwise("sqrt", spread[0]) * elementwise("sqrt", spread[1]))
    r = where(r > 1, 1.0, where(r < -1, -1.0, r))
    return where(_is_constant(x) | _is_constant(y), math.nan, r)


LOWER: dict[str, Callable[..., TracedArray]] = {
    "centred": centred, "corr": corr, "kurt": kurt, "skew": skew, "std": std, "var": var,
}  # fmt: skip
"""Those of them that fuse."""
