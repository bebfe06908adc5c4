"""Sums, moments and selections over a handful of scalars, in plain Python.

Population moments (divisor n). A series is constant when its range is at most 1e-9 of its largest magnitude, which is
what rounding leaves of equal values: its variance is then exactly 0, and its skewness, kurtosis and correlations do not
exist (NaN). Values may be Python floats or 0-d arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

NAN = float("nan")
TICK_ROUNDING = 1e-6
"""Share of a difference of prices that their rounding may be."""


def missing(x: float) -> bool:
    """Whether a value is NaN."""
    return math.isnan(x)


def valued(values: Iterable[float]) -> list[float]:
    """The values that are there."""
    return [x for x in values if not math.isnan(x)]


def ratio(numerator: float, denominator: float) -> float:
    """Numerator over denominator, NaN when the denominator is 0."""
    return NAN if denominator == 0 else numerator / denominator


def change(x: float, before: float) -> float:
    """(x − before)/before, exact to the last digits where the two are close; NaN when `before` is 0."""
    return ratio(x - before, before)


def log_change(x: float, before: float) -> float:
    """ln(x/before), from the relative change, so that it is as exact; NaN unless both are above 0."""
    return math.log1p((x - before) / before) if x > 0 and before > 0 else NAN


def total(values: Iterable[float]) -> float:
    """Sum, correctly rounded; 0 for none."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # past the largest float, or inf − inf
        return NAN


def mean(values: Sequence[float]) -> float:
    """Σx/n; NaN for none."""
    return total(values) / len(values) if values else NAN


def constant(values: Sequence[float], within: float = 1e-9) -> bool:
    """Whether all values are equal up to rounding; None and one are."""
    return not values or bool(max(values) - min(values) <= within * max(abs(x) for x in values))


def deviations(values: Sequence[float]) -> list[float]:
    """x − mean, by way of x − x_0: a mean of values close together would be rounded more than they differ.

    Exactly 0 each for a constant series.
    """
    if constant(values):
        return [0.0] * len(values)
    shifted = [x - values[0] for x in values]
    centre = mean(shifted)
    return [x - centre for x in shifted]


def var(values: Sequence[float]) -> float:
    """Σ(x − mean)²/n; exactly 0 for a constant series, NaN for none."""
    if not values:
        return NAN
    if constant(values):
        return 0.0
    return mean([d * d for d in deviations(values)])


def std(values: Sequence[float]) -> float:
    """√var."""
    return math.sqrt(var(values))


def skew(values: Sequence[float]) -> float:
    """m3/m2^1.5; NaN for a constant series."""
    if constant(values):
        return NAN
    d = deviations(values)
    m2 = mean([x * x for x in d])
    m3 = mean([x * x * x for x in d])
    return ratio(m3, m2 * math.sqrt(m2))


def kurt(values: Sequence[float]) -> float:
    """m4/m2²; NaN for a constant series."""
    if constant(values):
        return NAN
    d = deviations(values)
    m2 = mean([x * x for x in d])
    m4 = mean([x * x * x * x for x in d])
    return ratio(m4, m2 * m2)


def joint(pairs: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The x and the y of the pairs in which both values are there."""
    both = [(x, y) for x, y in pairs if not math.isnan(x) and not math.isnan(y)]
    return [x for x, _ in both], [y for _, y in both]


def pearson(pairs: Iterable[tuple[float, float]]) -> float:
    """Σ(x − x̄)(y − ȳ)/√(Σ(x − x̄)²·Σ(y − ȳ)²) over the pairs in which both values are there.

    NaN for fewer than two such pairs and when x or y is constant over them.
    """
    xs, ys = joint(pairs)
    if constant(xs) or constant(ys):
        return NAN
    dx, dy = deviations(xs), deviations(ys)
    sxx = total(x * x for x in dx)
    syy = total(y * y for y in dy)
    sxy = total(x * y for x, y in zip(dx, dy, strict=True))
    return ratio(sxy, math.sqrt(sxx) * math.sqrt(syy))


def cov(pairs: Iterable[tuple[float, float]]) -> float:
    """Σ(x − x̄)(y − ȳ)/n over the pairs in which both values are there; exactly 0 if x or y is constant over them."""
    xs, ys = joint(pairs)
    if constant(xs) or constant(ys):
        return 0.0 if xs else NAN
    return mean([x * y for x, y in zip(deviations(xs), deviations(ys), strict=True)])


def slope(pairs: Iterable[tuple[float, float]]) -> float:
    """Slope of y on x, Σ(x − x̄)(y − ȳ)/Σ(x − x̄)², over the pairs (x, y) in which both are there; NaN for constant x."""
    xs, ys = joint(pairs)
    if constant(xs):
        return NAN
    dx = deviations(xs)
    dy = deviations(ys)
    return ratio(total(x * y for x, y in zip(dx, dy, strict=True)), total(x * x for x in dx))


def entropy(weights: Iterable[float]) -> float:
    """−Σ p·ln p of weights over their sum, 0·ln 0 = 0; NaN if no weight is above 0."""
    there = [w for w in weights if w > 0]
    whole = total(there)
    return -total(w / whole * math.log(w / whole) for w in there) if there else NAN


def normal_cdf(x: float) -> float:
    """Φ(x)."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def student3_cdf(x: float) -> float:
    """Distribution function of Student's t with 3 degrees of freedom."""
    u = x / math.sqrt(3)
    return 0.5 + (u / (1 + u * u) + math.atan(u)) / math.pi


def lagged(series: Sequence[float], minutes: int = 1) -> list[float]:
    """x_{t−minutes}; NaN in the first minutes."""
    return [NAN if t < minutes else series[t - minutes] for t in range(len(series))]


def carried(series: Sequence[float]) -> list[float]:
    """The last value there so far; NaN before the first."""
    last, found = NAN, []
    for x in series:
        last = last if missing(x) else x
        found.append(last)
    return found


def settled(series: Sequence[float], within: float = 1e-9) -> list[float]:
    """A computed series, all values equal to the first if they are so up to rounding."""
    there = valued(series)
    if not there or not constant(there, within):
        return list(series)
    return [x if missing(x) else there[0] for x in series]


def top(key: Sequence[float], eligible: Sequence[int], num: int, den: int) -> list[int]:
    """Top(key, max(1, num·n div den)) of the n eligible minutes, in time order; of equal keys the earlier minute.

    No eligible minute gives an empty list.
    """
    k = max(1, num * len(eligible) // den)
    chosen = sorted(eligible, key=lambda t: (-key[t], t))[:k]
    return sorted(chosen)
