"""Least squares with several regressors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_, mul, truediv

from factors.errors import ArgumentError
from factors.ops.elementwise import Array, exists, ratio, sqrt, where
from factors.ops.reductions import centred, count, mean, sum

__all__ = ["ols"]
DERIVED = ["ols"]
"""Those of `__all__` that are made of other verbs."""

DEPENDENT = 1e-10
"""Share of a regressor's variance that those before it must leave unexplained."""
EXACT = 1e-18
"""Share of the variance up to which a residual is rounding."""


@dataclass(frozen=True)
class Fit:
    """A fit by ordinary least squares, one value per stock each.

    Attributes
    ----------
    coef, t : tuple of array
        Coefficients and their t-statistics, the intercept's first. There are no t-statistics where the fit is exact.
    rss, ess, tss : array
        Residual and explained sum of squares, and total about the mean. `rss` is exactly 0 where the fit is exact.
    n : array
        Minutes that take part: those where all series exist.
    """

    coef: tuple[Array, ...]
    t: tuple[Array, ...]
    rss: Array
    ess: Array
    tss: Array
    n: Array


def ols(y: Array, *xs: Array) -> Fit:
    """Return the fit of `y` on a constant and the given series; missing where they are linearly dependent.

    1. The series are centred over their joint minutes, the regressors scaled to unit length.
    2. Their products L D L' make them orthogonal but for rounding: each is taken less what those before it explain.
       What is left of one is its pivot; below 1e-10 means dependence, in the order given.
    3. The fit is on these, by their own products: from products of the regressors it would have half the digits.

    Parameters
    ----------
    y : array, shape (stocks, minutes)
        What is explained.
    *xs : array, shape (stocks, minutes)
        Regressors, one or more.

    Raises
    ------
    ArgumentError
        If there is no regressor.
    """
    if not xs:
        raise ArgumentError("m.ols(y): give one regressor or more; the constant is added.")
    size = range(len(xs))
    joint = reduce(and_, map(exists, (y, *xs)))
    x = [where(joint, series) for series in xs]
    dy, dx = centred(where(joint, y)), [centred(series) for series in x]
    length = [sqrt(sum(d * d)) for d in dx]
    rough = _Inverse([[ratio(sum(dx[i] * dx[j]), length[i] * length[j]) for j in range(i)] for i in size])
    unit = [ratio(1.0, s) for s in length]
    basis = [dx[i] * unit[i] + _total(rough.rows[i][j] * unit[j] * dx[j] for j in range(i)) for i in size]
    share = [sum(q * q) for q in basis]
    own = [sqrt(where(s >= DEPENDENT, s)) for s in share]
    fine = _Inverse([[ratio(sum(basis[i] * basis[j]), own[i] * own[j]) for j in range(i)] for i in size])
    explained = [sum(q * dy) for q in basis]
    along = [b / s for b, s in zip(fine.of(map(truediv, explained, own)), own, strict=True)]
    slopes = [(along[j] + _total(along[i] * rough.rows[i][j] for i in size[j + 1 :])) * unit[j] for j in size]
    left = dy - _total(b * d for b, d in zip(slopes, dx, strict=True))
    n, tss, rss = count(joint), sum(dy * dy), sum(left * left)
    rss = where(exists(slopes[0]), where(rss > EXACT * tss, rss, 0.0 * rss))  # a sum leaves out what is missing
    means = [mean(series) for series in x]
    intercept = mean(where(joint, y)) - _total(map(mul, slopes, means))
    noise = where(rss > 0, ratio(rss, n - len(xs) - 1))

    def spread(weights: Sequence[Array | float]) -> Array:
        """Return the variance of a sum of slopes with such weights, in units of the noise."""
        scaled = [w * u for w, u in zip(weights, unit, strict=True)]
        turned = [scaled[i] + _total(rough.rows[i][j] * scaled[j] for j in range(i)) for i in size]
        return fine.form(list(map(truediv, turned, own)))

    of_slopes = [spread([1.0 if i == j else 0.0 for i in size]) for j in size]
    coef = (intercept, *slopes)
    t = tuple(ratio(b, sqrt(noise * v)) for b, v in zip(coef, [ratio(1.0, n) + spread(means), *of_slopes], strict=True))
    return Fit(coef, t, rss, _total(map(mul, along, explained)), tss, n)


class _Inverse:
    """Inverse of a symmetric matrix of values with a diagonal of ones, from what is below it, as M' D^-1 M.

    Everything is missing where a pivot is not above 0.
    """

    def __init__(self, below: Sequence[Sequence[Array]]) -> None:
        lower: list[list[Array]] = []
        self.pivots: list[Array] = []
        self.rows: list[list[Array]] = []
        for i, given in enumerate(below):
            row: list[Array] = []
            for j, value in enumerate(given):
                known = [row[k] * self.pivots[k] * lower[j][k] for k in range(j)]
                row.append((value - _total(known)) / self.pivots[j])
            pivot = 1.0 - _total(x * x * d for x, d in zip(row, self.pivots, strict=True))
            self.pivots.append(where(pivot > 0, pivot) if row else 1.0)
            self.rows.append([-row[j] - _total(row[k] * self.rows[k][j] for k in range(j + 1, i)) for j in range(i)])
            lower.append(row)

    def of(self, values: Iterable[Array]) -> list[Array]:
        """Return the inverse times a vector."""
        scaled = [z / d for z, d in zip(self._turned(list(values)), self.pivots, strict=True)]
        return [z + _total(self.rows[i][j] * scaled[i] for i in range(j + 1, len(scaled)))
                for j, z in enumerate(scaled)]  # fmt: skip

    def form(self, values: Sequence[Array]) -> Array:
        """Return the vector times the inverse times the vector."""
        return _total(z * z / d for z, d in zip(self._turned(values), self.pivots, strict=True))

    def _turned(self, values: Sequence[Array]) -> list[Array]:
        return [z + _total(map(mul, row, values)) for z, row in zip(values, self.rows, strict=True)]


def _total(terms: Iterable[Array]) -> Array:
    return reduce(add, terms, 0.0)
