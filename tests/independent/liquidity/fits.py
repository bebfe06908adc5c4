"""Regressions on several columns, the imbalance of equal buckets of volume, the slow part of a spectrum."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, library, roll, settled, std


def dependent(*columns: Floats) -> bool:
    """Whether a column keeps less than 1e-10 of its squares once a constant and those before it are taken out."""
    z = np.column_stack([x - x.mean() for x in columns])
    if len(z) <= len(columns) or any(constant(x) for x in columns):
        return True
    return bool((np.diag(np.linalg.qr(z / np.linalg.norm(z, axis=0))[1]) ** 2 < 1e-10).any())


def fit(y: Floats, *columns: Floats) -> Any:
    """statsmodels' regression with a constant."""
    sm = library("statsmodels.api")
    return sm.OLS(y, sm.add_constant(np.column_stack(columns), has_constant="add")).fit(method="qr")


def volume_steps(d: D, read: Callable[[Any], float]) -> float:
    """Read a number of the regression of the returns on the growth of volume and its five lags."""
    if d.n - 6 < 8:
        return math.nan
    growth = np.diff(d.v)
    y, columns = d.r[6:], roll(growth / (std(growth) or 1.0), 6)[:, ::-1]
    if dependent(*columns.T):
        return math.nan
    result, off = fit(y, *columns.T), y - y[0] - np.mean(y - y[0])
    return float(read(result)) if result.ssr > 1e-18 * (off @ off) else math.nan


def return_response(d: D) -> float:
    """Coefficient of the signed amount for the next return."""
    now, after = d.r[:-1], d.r[1:]
    unit, known = d.a.mean() or 1.0, ~np.isnan(now)
    columns = now[known], (np.sign(now) * d.a[:-1] / unit)[known]
    return math.nan if dependent(*columns) else float(fit(after[known], *columns).params[2] / unit)


def both_sides(d: D) -> float:
    """Sum of the coefficients of the amounts that bulk classification calls sold and bought."""
    step = settled(np.diff(d.c))
    if constant(step):
        return math.nan
    unit = d.a.mean() or 1.0
    bought = d.a[1:] / unit * library("scipy.stats").norm.cdf(step / np.std(step))
    columns = d.a[1:] / unit - bought, bought
    return math.nan if dependent(*columns) else float(fit(d.r[1:], *columns).params[1:].sum() / unit)


def vpin(d: D) -> float:
    """Mean imbalance of fifty buckets of equal volume, from the broken line of the signed volume."""
    step = settled(np.diff(d.c))
    if constant(step):
        return math.nan
    signed = np.append(0.0, (2 * library("scipy.stats").norm.cdf(step / np.std(step)) - 1)) * d.v
    x, y = (np.append(0.0, np.cumsum(s[d.traded])) for s in (d.v, signed))
    return float(np.abs(np.diff(np.interp(np.linspace(0, x[-1], 51), x, y))).sum() / x[-1])


def slow_share(d: D, x: Floats) -> float:
    """Share of the power that lies in periods of half an hour or more; the series is the day's end, 0 before."""
    if constant(x):
        return math.nan
    y = np.append(np.zeros(d.T - len(x)), x - x.mean())
    power = np.abs(np.fft.rfft(y)[1:]) ** 2
    return float(power[: d.T // 30].sum() / power.sum())


REFERENCE: dict[str, Reference] = {
    "pastor_stambaugh_gamma": return_response,
    "sell_buy_illiq_gap": both_sides,
    "spectral_low_ratio": lambda d: slow_share(d, d.lr[1:]),
    "vol_diff_f": lambda d: volume_steps(d, lambda result: result.f_test(np.eye(7)[1:]).fvalue),
    "vol_diff_intercept_t": lambda d: volume_steps(d, lambda result: result.tvalues[0]),
    "vol_diff_t_std": lambda d: volume_steps(d, lambda result: np.std(result.tvalues[2:])),
    "volume_power_ratio": lambda d: slow_share(d, d.v),
    "vpin_bulk": vpin,
}

LOCKED = {"volume_power_ratio"}
