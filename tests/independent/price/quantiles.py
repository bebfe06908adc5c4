"""Quantiles: deviations from the median, quartiles, outliers, and a variance without the returns far out."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Reference, library, roll, there
from tests.independent.volatility.realised import logs


def mad(d: D) -> float:
    """SciPy's median absolute deviation of the returns."""
    return float(library("scipy.stats").median_abs_deviation(there(d.r), scale=1.0))


def outliers(d: D) -> float:
    """Sum of the returns far from their median."""
    r, bound = there(d.r), 1.96 * 1.483 * mad(d)
    return float(r[np.abs(r - np.median(r)) > bound].sum()) if bound > 0 else math.nan


def trade_quantile(d: D) -> float:
    """The low decile of the amounts per trade in their range, without the ten largest."""
    x = np.sort((d.a / d.k)[d.k > 0])
    if len(x) < 12:
        return math.nan
    x = x[:-10]
    return float((np.percentile(x, 10) - x[0]) / np.ptp(x))


def weighted(d: D) -> float:
    """Squared returns that the minimum covariance determinant does not reject."""
    l, chi2 = np.sort(logs(d)), library("scipy.stats").chi2  # noqa: E741
    n = len(l)
    h = (n + 2) // 2
    runs = roll(l, h)
    v = np.var(runs - runs[:, :1], axis=1).min()
    if not v > 0:
        return math.nan
    mcd = v * (h / n) / chi2.cdf(chi2.ppf(h / n, 1), 3)
    q = chi2.ppf(0.999, 1)
    kept = l[l**2 <= q * mcd]
    return float(0.999 / chi2.cdf(q, 3) * (kept @ kept) / (len(kept) / n)) if len(kept) else math.nan


REFERENCE: dict[str, Reference] = {
    "amount_per_trade_quantile": trade_quantile,
    "return_iqr": lambda d: float(library("scipy.stats").iqr(there(d.r))),
    "return_mad": mad,
    "return_outlier_sum": outliers,
    "row_var": weighted,
}

LOCKED = {"return_iqr", "return_mad"}
