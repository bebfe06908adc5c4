"""What the verbs of moments and correlations become in the graph.

They are made of one pass of sums over values shifted by the first one that exists: a constant series is then exactly 0,
and because the shift is one of the values, the sums lose at most a factor of n in precision.
"""

from __future__ import annotations

from collections.abc import Callable

from factors.engine.ir.trace import TracedArray, elementwise, number, running
from factors.engine.lowering.basics import count, exists, ratio, sum, where


def _power_sums(x: TracedArray) -> tuple[TracedArray, list[TracedArray]]:
    """Return the number of values and the sums of the first four powers of the shifted values (made when used)."""
    x = number(x)
    d = running("shift", x)
    square = d * d
    return count(x), [sum(d), sum(square), sum(square * d), sum(square * square)]


def _central(n: TracedArray, s: list[TracedArray]) -> tuple[TracedArray, TracedArray, TracedArray]:
    """Return m2, m3, m4 from power sums about any point."""
    a = ratio(s[0], n)
    m2 = ratio(s[1] - s[0] * a, n)
    m3 = ratio(s[2] - 3 * a * s[1] + 2 * a * a * s[0], n)
    m4 = ratio(s[3] - 4 * a * s[2] + 6 * a * a * s[1] - 3 * a * a * a * s[0], n)
    return m2, m3, m4


def centred(x: TracedArray) -> TracedArray:
    x = number(x)
    d = running("shift", x)
    return where(exists(x), d - ratio(sum(d), count(x)))


def var(x: TracedArray) -> TracedArray:
    return _central(*_power_sums(x))[0]


def std(x: TracedArray) -> TracedArray:
    return elementwise("sqrt", var(x))


def skew(x: TracedArray) -> TracedArray:
    m2, m3, _ = _central(*_power_sums(x))
    return ratio(m3, m2 * elementwise("sqrt", m2))


def kurt(x: TracedArray) -> TracedArray:
    m2, _, m4 = _central(*_power_sums(x))
    return ratio(m4, m2 * m2)


def corr(x: TracedArray, y: TracedArray) -> TracedArray:
    x, y = number(x), number(y)
    both = exists(x) & exists(y)
    dx = running("shift", where(both, x))
    dy = running("shift", where(both, y))
    n, sx, sy = count(both), sum(dx), sum(dy)
    covariance = sum(dx * dy) - ratio(sx * sy, n)
    spread = (sum(dx * dx) - ratio(sx * sx, n), sum(dy * dy) - ratio(sy * sy, n))
    r = ratio(covariance, elementwise("sqrt", spread[0]) * elementwise("sqrt", spread[1]))
    return where(r > 1, 1.0, where(r < -1, -1.0, r))


LOWER: dict[str, Callable[..., TracedArray]] = {
    "centred": centred, "corr": corr, "kurt": kurt, "skew": skew, "std": std, "var": var,
}  # fmt: skip
"""Those of them that fuse."""
