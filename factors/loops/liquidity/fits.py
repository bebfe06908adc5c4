"""Fits with several regressors, flows by bucket of volume, and spectra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from factors.loops.day import KEPT, StockDay
from factors.loops.fit_tools import Solved, least_squares
from factors.loops.liquidity.impact import changes
from factors.loops.moments import NAN, deviations, lagged, missing, normal_cdf, ratio, std, total, valued
from factors.loops.registry import loop


def fit(y: Sequence[float], *xs: Sequence[float]) -> Solved:
    """OLS of y_t on a constant and x_t over the t where all exist."""
    rows = [row for row in zip(y, *xs, strict=True) if not any(missing(x) for x in row)]
    return least_squares(rows) if rows else Solved([NAN] * (len(xs) + 1), [NAN] * (len(xs) + 1), NAN)


def change(x: Sequence[float]) -> list[float]:
    """x_t − x_{t−1}."""
    return [now - before for now, before in zip(x, lagged(x), strict=True)]


@lru_cache(maxsize=KEPT)
def volume_fit(day: StockDay, lags: int) -> Solved:
    """OLS of r_t on [1, ΔV_t, .., ΔV_{t−lags}]."""
    rises = change(day.volume)
    return fit(day.returns, rises, *(lagged(rises, k) for k in range(1, lags + 1)))


@loop(inputs=("open", "close", "volume"), min_bars=30)
def vol_diff_t_std(day: StockDay, lags: int = 5) -> float:
    """std of the t-statistics of ΔV_{t−1}..ΔV_{t−lags}."""
    t = volume_fit(day, lags).t[2:]
    return NAN if any(missing(x) for x in t) else std(t)


@loop(inputs=("open", "close", "volume"), min_bars=30)
def vol_diff_intercept_t(day: StockDay, lags: int = 5) -> float:
    """t-statistic of the intercept."""
    return volume_fit(day, lags).t[0]


@loop(inputs=("open", "close", "volume"), min_bars=30)
def vol_diff_f(day: StockDay, lags: int = 5) -> float:
    """F = ((TSS − RSS)/6)/(RSS/(n − 7))."""
    return volume_fit(day, lags).f


@loop(inputs=("open", "close", "amount"), min_bars=30)
def pastor_stambaugh_gamma(day: StockDay) -> float:
    """γ of r_{t+1} = a + φ·r_t + γ·sign(r_t)·A_t."""
    after = [*day.returns[1:], NAN]
    signed = [r if missing(r) else (int(r > 0) - int(r < 0)) * a for r, a in zip(day.returns, day.amount, strict=True)]
    return fit(after, day.returns, signed).coef[2]


@loop(inputs=("open", "close", "amount"), min_bars=30)
def sell_buy_illiq_gap(day: StockDay) -> float:
    """β₁ + β₂ of r_t = a + β₁·S_t + β₂·B_t, B_t = A_t·Φ(ΔC_t/std(ΔC)), S_t = A_t − B_t."""
    rises = changes(day)
    spread = std(valued(rises))
    buys = [a * normal_cdf(ratio(d, spread)) for a, d in zip(day.amount, rises, strict=True)]
    sells = [a - b for a, b in zip(day.amount, buys, strict=True)]
    _, sell, buy = fit(day.returns, sells, buys).coef
    return sell + buy


@loop(inputs=("close", "volume"), min_bars=60)
def vpin_bulk(day: StockDay, buckets: int = 50) -> float:
    """Σ|F(b·ΣV/50) − F((b−1)·ΣV/50)|/ΣV, F the curve through (ΣV up to t, Σy up to t)."""
    rises = changes(day)
    spread = std(valued(rises))
    if spread == 0 or missing(spread):
        return NAN
    curve = [(0.0, 0.0)]
    for t in day.traded_minutes:
        y = 0.0 if missing(rises[t]) else (2 * normal_cdf(rises[t] / spread) - 1) * day.volume[t]
        curve.append((curve[-1][0] + day.volume[t], curve[-1][1] + y))
    whole = curve[-1][0]

    def height(v: float) -> float:
        for (v0, y0), (v1, y1) in pairwise(curve):
            if v <= v1:
                return y0 + (y1 - y0) * (v - v0) / (v1 - v0)
        return curve[-1][1]

    heights = [height(b * whole / buckets) for b in range(buckets + 1)]
    return total(abs(b - a) for a, b in pairwise(heights)) / whole


def low_frequencies(series: Sequence[float], period: int) -> float:
    """Σ_{1≤k≤⌊T/period⌋}|F_k|²/Σ_{1≤k≤⌊T/2⌋}|F_k|², F the transform of x − mean(x), 0 where it is missing.

    NaN if no period of the day is so long.
    """
    length = len(series)
    there = [t for t in range(length) if not missing(series[t])]
    if not there or period > length:
        return NAN
    y = [0.0] * length
    for t, d in zip(there, deviations([series[t] for t in there]), strict=True):
        y[t] = d
    cosines = [math.cos(2 * math.pi * j / length) for j in range(length)]
    sines = [math.sin(2 * math.pi * j / length) for j in range(length)]

    def power(k: int) -> float:
        return (
            total(y[t] * cosines[k * t % length] for t in there) ** 2
            + total(y[t] * sines[k * t % length] for t in there) ** 2
        )

    powers = [power(k) for k in range(1, length // 2 + 1)]
    return ratio(total(powers[: length // period]), total(powers))


@loop(inputs=("volume",), min_bars=60)
def volume_power_ratio(day: StockDay, period: int = 30) -> float:
    """Share of the power of V_t − mean(V) at periods of 30 minutes or more."""
    return low_frequencies(day.volume, period)


@loop(inputs=("close",), min_bars=60)
def spectral_low_ratio(day: StockDay, period: int = 30) -> float:
    """Share of the power of l_t − mean(l) at periods of 30 minutes or more."""
    return low_frequencies(day.log_returns, period)
