"""Dependence of returns on returns before, efficiency and entropy."""

from __future__ import annotations

import math
from itertools import groupby

import numpy as np

from tests.independent.tools import D, Reference, constant, corr, library, roll, there
from tests.independent.volatility.realised import apart, logs


def autocorrelation(d: D) -> float:
    """First autocorrelation of the returns about the mean of all of them."""
    r = there(d.r)
    if constant(r):
        return math.nan
    y = d.r - r.mean()
    return float(np.nansum(y[1:] * y[:-1]) / np.nansum(y**2))


def ratio5(d: D) -> float:
    """Variance of five-minute returns over five times that of one-minute ones, less 1; without bias."""
    n, l = d.n - 1, logs(d)  # noqa: E741
    if n < 6 or constant(l):
        return math.nan
    mu = math.log(d.c[-1] / d.c[0]) / n
    sparse = np.square(apart(d, 5) - 5 * mu).sum() / (5 * (n - 4) * (1 - 5 / n))
    return float(sparse / (np.square(l - mu).sum() / (n - 1)) - 1)


def ratio5_z(d: D) -> float:
    """The same by its standard error under unequal variances."""
    square = (logs(d) - math.log(d.c[-1] / d.c[0]) / (d.n - 1)) ** 2
    share = square / square.sum()
    delta = np.correlate(share, share, "full")[len(share) :][:4]
    return float(ratio5(d) / np.sqrt(np.array([1.6, 1.2, 0.8, 0.4]) ** 2 @ delta)) if d.n > 6 else math.nan


def hurst(d: D) -> float:
    """Half the slope of log mean square growth on log horizon."""
    if d.n <= 20:
        return math.nan
    square = np.array([np.square(apart(d, k)).mean() for k in range(1, 21)])
    return float(np.polyfit(np.log(np.arange(1, 21)), np.log(square), 1)[0] / 2) if square.all() else math.nan


def patterns(d: D) -> float:
    """Entropy of the orders of three closes, over that of six equal ones."""
    if d.n < 3:
        return math.nan
    order = np.argsort(roll(d.c, 3), axis=1, kind="stable")
    counts = np.unique(order, axis=0, return_counts=True)[1]
    return float(library("scipy.stats").entropy(counts)) / math.log(6)


def entropy(d: D) -> float:
    """Entropy of the absolute returns, over that of equal ones."""
    size = np.abs(there(d.r))
    return float(library("scipy.stats").entropy(size) / np.log(len(size)))


def runs(d: D) -> float:
    """Wald and Wolfowitz's statistic of the runs of signs."""
    up = [x > 0 for x in there(d.r) if x]
    a, b = up.count(True), up.count(False)
    n = a + b
    mean = 2 * a * b / n + 1 if n else 1.0
    if a == 0 or b == 0 or (mean - 1) * (mean - 2) <= 0:
        return math.nan
    return (len(list(groupby(up))) - mean) / math.sqrt((mean - 1) * (mean - 2) / (n - 1))


REFERENCE: dict[str, Reference] = {
    "efficiency_ratio": lambda d: float(np.abs(np.log(d.c[-1] / d.c[0])) / np.abs(logs(d)).sum()),
    "hurst_diff": hurst,
    "leverage_corr": lambda d: corr(logs(d)[:-1], logs(d)[1:] ** 2),
    "permutation_entropy": patterns,
    "ret_autocorr_1": autocorrelation,
    "return_entropy": entropy,
    "runs_z": runs,
    "variance_ratio_5": ratio5,
    "variance_ratio_z": ratio5_z,
    "vol_clustering": lambda d: corr(np.abs(logs(d))[1:], np.abs(logs(d))[:-1]),
}

LOCKED = {"permutation_entropy"}
