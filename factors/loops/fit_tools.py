"""Least squares in exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from factors.loops.moments import NAN, ratio, settled

DEPENDENT = Fraction(1, 10**10)
"""Share of a regressor's variance that those before it must leave unexplained."""
EXACT = Fraction(1, 10**18)
"""Share of the variance up to which a residual is rounding."""


@dataclass(frozen=True)
class Solved:
    """Coefficients and t-statistics, the intercept's first, and the F-statistic; NaN for what does not exist."""

    coef: list[float]
    t: list[float]
    f: float


def whole(values: Sequence[float]) -> tuple[list[int], Fraction]:
    """The values as whole numbers times one unit."""
    ratios = [x.as_integer_ratio() for x in values]
    unit = max(q for _, q in ratios)  # powers of two, so the largest is a multiple of all
    return [p * (unit // q) for p, q in ratios], Fraction(1, unit)


def least_squares(rows: Sequence[tuple[float, ...]]) -> Solved:
    """OLS of the first column on a constant and the others, solved in fractions.

    Gauss-Jordan elimination of (X'X | 1), X centred, in the order of the columns. A pivot below 1e-10 of the column's
    own sum of squares counts as dependence, a residual below 1e-18 of the variance as none, and
    a column that is constant up to rounding as constant.
    """
    k, n = len(rows[0]) - 1 if rows else 0, len(rows)
    nothing = Solved([NAN] * (k + 1), [NAN] * (k + 1), NAN)
    if not rows:
        return nothing
    columns = [whole(settled([float(row[j]) for row in rows])) for j in range(k + 1)]
    sums = [sum(x) for x, _ in columns]

    def product(a: int, b: int) -> Fraction:
        """Σ(x − x̄)(y − ȳ) of two columns."""
        (x, unit), (y, other) = columns[a], columns[b]
        return (n * sum(map(int.__mul__, x, y)) - sums[a] * sums[b]) * unit * other / n

    size = range(1, k + 1)
    matrix = [[product(i, j) for j in size] + [Fraction(i == j) for j in size] for i in size]
    own = [matrix[i][i] for i in range(k)]
    for i in range(k):
        pivot = matrix[i][i]
        if own[i] == 0 or pivot < DEPENDENT * own[i]:
            return nothing
        matrix[i] = [x / pivot for x in matrix[i]]
        for j in range(k):
            if j != i:
                by = matrix[j][i]
                matrix[j] = [x - by * y for x, y in zip(matrix[j], matrix[i], strict=True)]
    inverse = [row[k:] for row in matrix]
    right, tss = [product(i, 0) for i in size], product(0, 0)
    slopes = [sum((a * b for a, b in zip(row, right, strict=True)), Fraction()) for row in inverse]
    means = [sums[j] * columns[j][1] / n for j in range(k + 1)]
    coef = [means[0] - sum(b * x for b, x in zip(slopes, means[1:], strict=True)), *slopes]
    explained = sum((b * x for b, x in zip(slopes, right, strict=True)), Fraction())
    rss = tss - explained
    if n <= k + 1 or rss <= EXACT * tss:
        return Solved([float(b) for b in coef], nothing.t, NAN)
    noise = rss / (n - k - 1)
    at_means = sum(means[i + 1] * inverse[i][j] * means[j + 1] for i in range(k) for j in range(k))
    spread = [Fraction(1, n) + at_means, *(inverse[i][i] for i in range(k))]
    t = [float(b) / math.sqrt(noise * v) for b, v in zip(coef, spread, strict=True)]
    return Solved([float(b) for b in coef], t, ratio(float(explained / k), float(noise)))
