"""Quantiles of returns and trade sizes, and what is made of them."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import above, whole

Array = Any


@factor(
    family="B",
    unit="ratio",
    formula=r"\mathrm{med}_t|r_t-\mathrm{med}(r)|",
    min_bars=3,
    source="WangXiang r_mad",
)
def return_mad(return_mad_value: Array) -> Array:
    """Median distance of the minute returns from their median."""
    return return_mad_value


@factor(
    family="B",
    unit="ratio",
    formula=r"Q_{0.75}(r)-Q_{0.25}(r)",
    min_bars=4,
    source="WangXiang r_quartile_range",
)
def return_iqr(returns: Array) -> Array:
    """Upper less lower quartile of the minute returns."""
    return m.quantile(returns, 0.75) - m.quantile(returns, 0.25)


@factor(
    family="B",
    unit="ratio",
    formula=r"\sum_t r_t\mathbf 1\{|r_t-\mathrm{med}(r)|>1.96\cdot1.483\,MAD\}",
    ranges={"z": above(0), "mad_scale": above(0)},
    min_bars=20,
    source="WangXiang r_jump",
)
def return_outlier_sum(
    returns: Array, return_median: Array, return_mad_value: Array, z: float = 1.96, mad_scale: float = 1.483
) -> Array:
    """Sum of the returns that lie far from the median; 0 for none, NaN where the median distance is 0."""
    far = m.abs(returns - return_median) > z * mad_scale * return_mad_value
    return m.where(return_mad_value > 0, m.sum(m.where(far, returns)))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{Q_{0.1}(x)-\min x}{\max x-\min x}",
    ranges={"drop": whole(1), "q": above(0, 1)},
    min_bars=30,
    source="KY QUA (Handbook 5.1.13)",
)
def amount_per_trade_quantile(trade_amount: Array, drop: int = 10, q: float = 0.1) -> Array:
    """Where a low quantile of the mean amount of a trade lies in its range, the largest left out.

    NaN where fewer than two minutes remain.
    """
    x = m.where(m.top(trade_amount, k=drop), math.nan, trade_amount)
    return m.where(m.count(x) >= 2, m.ratio(m.quantile(x, q) - m.min(x), m.max(x) - m.min(x)))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac{c\sum w_tl_t^2}{\frac1N\sum w_t},\ w_t=\mathbf 1\{l_t^2\le\chi^2_{1,0.999}\,MCD\}",
    min_bars=20,
    source="Boudt-Croux-Laurent 2011; HF-R rOWCov/ROWVar",
)
def row_var(log_returns: Array, log_count: Array) -> Array:
    """Realised variance without outliers: squares up to a quantile of what the calmer half of the returns tells.

    NaN where half of the sorted returns, or one more, are equal.
    """
    part = m.ratio(m.floor((log_count + 2) / 2), log_count)
    point = _normal_quantile((1 + part) / 2)
    spread = m.half_var(log_returns) * m.ratio(part, _chi2_3(point * point))
    kept = m.where(log_returns * log_returns <= CHI2_QUANTILE * spread, log_returns)
    weight = m.ratio(m.count(kept), log_count)
    return m.where(spread > 0, ROW_SCALE * m.ratio(m.sum(kept * kept), weight))


CHI2_QUANTILE = 10.8275661706627
"""The chi-squared distribution with 1 degree of freedom is below it with probability 0.999."""
ROW_SCALE = 1.01184618125359
"""0.999 over the probability that one with 3 degrees of freedom is below it."""


ABOVE = (
    3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
    67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
)  # fmt: skip
BELOW = (
    1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
    39307.895800092710610, 28729.085735721942674, 5226.4952788528545610,
)  # fmt: skip


def _chi2_3(x: Array) -> Array:
    """Distribution function of chi-squared with 3 degrees of freedom."""
    return m.erf(m.sqrt(x / 2)) - m.sqrt(2 * x / math.pi) * m.exp(-x / 2)


def _normal_quantile(p: Array) -> Array:
    """Quantile of the standard normal distribution for p from 0.075 to 0.925 (Wichura 1988, AS 241)."""
    q = p - 0.5
    r = 0.180625 - q * q
    return q * _polynomial(r, *ABOVE) / _polynomial(r, *BELOW)


def _polynomial(x: Array, *coefficients: float) -> Array:
    found = coefficients[-1] * x
    for c in coefficients[-2:0:-1]:
        found = (found + c) * x
    return found + coefficients[0]
