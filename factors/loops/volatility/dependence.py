"""Dependence of returns, roughness and disorder of the price path."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import (
    NAN,
    constant,
    deviations,
    entropy,
    log_change,
    mean,
    pearson,
    ratio,
    slope,
    total,
    valued,
)
from factors.loops.registry import loop
from factors.loops.volatility.realised import log_change_over, logs, squares


def over_mean(day: StockDay) -> list[float]:
    """l_i − μ, μ = (X_N − X_0)/N, which is the mean of l."""
    return deviations(logs(day))


def lo_mackinlay(day: StockDay, q: int) -> float:
    """σ_c²/σ_a² − 1, the variances with Lo and MacKinlay's divisors; NaN for constant l and for N ≤ q."""
    ls = logs(day)
    n = len(ls)
    if n <= q or constant(ls):
        return NAN
    away = over_mean(day)
    short = squares(away) / (n - 1)
    pairs = q * (n - q + 1) * (1 - q / n)
    long = squares([total(away[i - q : i]) for i in range(q, n + 1)]) / pairs  # X_i − X_{i−q} − q·μ
    return ratio(long, short) - 1


@loop(inputs=("open", "close"), min_bars=10)
def ret_autocorr_1(day: StockDay) -> float:
    """Σ (r_t − r̄)(r_{t−1} − r̄)/Σ (r_t − r̄)², r̄ over all returns; NaN for a constant series."""
    r = valued(day.returns)
    if constant(r):
        return NAN
    d = [x - mean(r) for x in r]
    return ratio(total(d[i] * d[i - 1] for i in range(1, len(d))), squares(d))


@loop(inputs=("close",), min_bars=30)
def variance_ratio_5(day: StockDay, q: int = 5) -> float:
    """σ_c²/σ_a² − 1, σ_a² = Σ(l − μ)²/(N − 1), σ_c² = Σ_{i≥5} (X_i − X_{i−5} − 5μ)²/m, m = 5(N − 4)(1 − 5/N)."""
    return lo_mackinlay(day, q)


@loop(inputs=("close",), min_bars=30)
def variance_ratio_z(day: StockDay, q: int = 5) -> float:
    """variance_ratio_5/√(Σ_{j=1..4} (2(5 − j)/5)²·δ_j), δ_j = Σ (l_i − μ)²(l_{i−j} − μ)²/(Σ(l − μ)²)²."""
    ratio_less_1 = lo_mackinlay(day, q)
    if math.isnan(ratio_less_1):
        return NAN
    u = [x * x for x in over_mean(day)]
    spread = 0.0
    for j in range(1, q):
        delta = total(u[i] * u[i - j] for i in range(j, len(u))) / total(u) ** 2
        spread += (2 * (q - j) / q) ** 2 * delta
    return ratio(ratio_less_1, math.sqrt(spread))


@loop(inputs=("close",), min_bars=60)
def hurst_diff(day: StockDay, max_lag: int = 20) -> float:
    """½·slope of ln(mean_i (X_{i+τ} − X_i)²) on ln τ, τ = 1..20; NaN for N < 20 or if a mean is 0."""
    n = len(logs(day))
    if n < max_lag:
        return NAN
    points = []
    for lag in range(1, max_lag + 1):
        size = mean([log_change_over(day, i, lag) ** 2 for i in range(lag, n + 1)])
        if size == 0:
            return NAN
        points.append((math.log(lag), math.log(size)))
    return slope(points) / 2


@loop(inputs=("close",), min_bars=30)
def permutation_entropy(day: StockDay) -> float:
    """Entropy of the order patterns of (C_t, C_{t+1}, C_{t+2}), of equal closes the earlier the smaller, over ln 6."""
    seen: dict[tuple[int, ...], int] = {}
    for t in day.span[:-2]:
        three = [day.close[t], day.close[t + 1], day.close[t + 2]]
        pattern = tuple(sorted(range(3), key=three.__getitem__))
        seen[pattern] = seen.get(pattern, 0) + 1
    return entropy(seen.values()) / math.log(6)


@loop(inputs=("open", "close"), min_bars=10)
def return_entropy(day: StockDay) -> float:
    """−Σ q·ln q/ln M, q = |r_t|/Σ|r|, 0·ln 0 = 0; NaN if no return differs from 0, or for M = 1."""
    r = valued(day.returns)
    return ratio(entropy(abs(x) for x in r), math.log(len(r))) if r else NAN


@loop(inputs=("open", "close"), min_bars=20)
def runs_z(day: StockDay) -> float:
    """(R − μ)/σ of the signs of the r_t ≠ 0, R their runs, μ = 2n₊n₋/n + 1, σ² = (μ − 1)(μ − 2)/(n − 1).

    NaN for n₊ = 0, n₋ = 0 or σ² ≤ 0.
    """
    rises = [bool(r > 0) for r in valued(day.returns) if r != 0]
    n, up = len(rises), sum(rises)
    if up in (0, n):
        return NAN
    number = 1 + sum(rises[i] != rises[i - 1] for i in range(1, n))
    mu = 2 * up * (n - up) / n + 1
    variance = (mu - 1) * (mu - 2) / (n - 1)
    return (number - mu) / math.sqrt(variance) if variance > 0 else NAN


@loop(inputs=("close",), min_bars=2)
def efficiency_ratio(day: StockDay) -> float:
    """|ln(C_d/C_{t0})|/Σ|l|."""
    return ratio(abs(log_change(day.last_close, day.close[day.span[0]])), total(abs(x) for x in logs(day)))


@loop(inputs=("close",), min_bars=20)
def leverage_corr(day: StockDay) -> float:
    """corr(l_t, l_{t+1}²)."""
    ls = logs(day)
    return pearson((ls[i], ls[i + 1] * ls[i + 1]) for i in range(len(ls) - 1))


@loop(inputs=("close",), min_bars=20)
def vol_clustering(day: StockDay) -> float:
    """corr(|l_t|, |l_{t−1}|)."""
    sizes = [abs(x) for x in logs(day)]
    return pearson((sizes[i], sizes[i - 1]) for i in range(1, len(sizes)))
