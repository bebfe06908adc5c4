"""Realised variance, its halves and higher moments, and noise-robust estimates: l_1..l_N are the day's log returns."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, log_change, mean, ratio, total, valued
from factors.loops.order_tools import bin_index
from factors.loops.registry import loop


def logs(day: StockDay) -> list[float]:
    """l_1..l_N, in the order of time."""
    return valued(day.log_returns)


def log_change_over(day: StockDay, i: int, k: int) -> float:
    """X_i − X_{i−k} with X = ln C at the minutes i = 0..N from t0 on."""
    t = day.span[i]
    return log_change(day.close[t], day.close[t - k])


def squares(values: list[float]) -> float:
    """Σx²."""
    return total(x * x for x in values)


def cubes(values: list[float]) -> float:
    """Σx³."""
    return total(x * x * x for x in values)


def fourths(values: list[float]) -> float:
    """Σx⁴."""
    return total(x * x * x * x for x in values)


@loop(inputs=("close",), min_bars=2)
def rv(day: StockDay) -> float:
    """Σ l²."""
    return squares(logs(day))


@loop(inputs=("close",), min_bars=2)
def rvol(day: StockDay) -> float:
    """√Σ l²."""
    return math.sqrt(squares(logs(day)))


@loop(inputs=("close",), min_bars=3)
def rskew(day: StockDay) -> float:
    """√N·Σ l³/(Σ l²)^1.5."""
    ls = logs(day)
    return ratio(math.sqrt(len(ls)) * cubes(ls), squares(ls) ** 1.5)


@loop(inputs=("close",), min_bars=4)
def rkurt(day: StockDay) -> float:
    """N·Σ l⁴/(Σ l²)²."""
    ls = logs(day)
    return ratio(len(ls) * fourths(ls), squares(ls) ** 2)


@loop(inputs=("close",), min_bars=2)
def rsv_up(day: StockDay) -> float:
    """Σ l²·1{l>0}."""
    return squares([x for x in logs(day) if x > 0])


@loop(inputs=("close",), min_bars=2)
def rsv_down(day: StockDay) -> float:
    """Σ l²·1{l<0}."""
    return squares([x for x in logs(day) if x < 0])


@loop(inputs=("close",), min_bars=2)
def signed_jump_variation(day: StockDay) -> float:
    """Σ l²·1{l>0} − Σ l²·1{l<0}."""
    return total(math.copysign(x * x, x) for x in logs(day))


@loop(inputs=("close",), min_bars=2)
def signed_jump_variation_ratio(day: StockDay) -> float:
    """(Σ l²·1{l>0} − Σ l²·1{l<0})/Σ l²."""
    return ratio(total(math.copysign(x * x, x) for x in logs(day)), squares(logs(day)))


@loop(inputs=("close",), min_bars=20)
def noise_var(day: StockDay) -> float:
    """max(0, −mean of l_i·l_{i−1}); NaN for N < 2."""
    ls = logs(day)
    if len(ls) < 2:
        return NAN
    return max(0.0, -mean([ls[i] * ls[i - 1] for i in range(1, len(ls))]))


@loop(inputs=("close",), min_bars=30)
def tsrv(day: StockDay, step: int = 5) -> float:
    """(RV_5 − ρ·RV_1)/(1 − ρ), RV_5 = Σ_{i≥5} (X_i − X_{i−5})²/5, ρ = (n − 4)/(5n), n = N + 1; NaN for n < 6."""
    ls = logs(day)
    n = len(ls) + 1
    if n < step + 1:
        return NAN
    slow = squares([log_change_over(day, i, step) for i in range(step, n)]) / step
    rho = (n - step + 1) / step / n
    return (slow - rho * squares(ls)) / (1 - rho)


@loop(inputs=("close",), min_bars=30)
def kernel_rv(day: StockDay, lags: int = 5) -> float:
    """γ_0 + 2·Σ_{h=1..5} Parzen((h − 1)/5)·N/(N − h)·γ_h, γ_h = Σ l_i·l_{i−h}; NaN for N < 6."""
    ls = logs(day)
    n = len(ls)
    if n < lags + 1:
        return NAN
    found = squares(ls)
    for h in range(1, lags + 1):
        x = (h - 1) / lags
        parzen = 1 - 6 * x * x + 6 * x * x * x if x <= 0.5 else 2 * (1 - x) * (1 - x) * (1 - x)
        found += 2 * parzen * n / (n - h) * total(ls[i] * ls[i - h] for i in range(h, n))
    return found


@loop(inputs=("close",), min_bars=20)
def rv_subsampled(day: StockDay, step: int = 5) -> float:
    """Mean over o = 0..4 of N/(5·m_o)·Σ_{j=1..m_o} (X_{o+5j} − X_{o+5j−5})², m_o = ⌊(N − o)/5⌋; NaN if an m_o is 0."""
    n = len(logs(day))
    grids = []
    for offset in range(step):
        number = (n - offset) // step
        if number < 1:
            return NAN
        coarse = [log_change_over(day, offset + step * j, step) for j in range(1, number + 1)]
        grids.append(squares(coarse) * n / (step * number))
    return mean(grids)


@loop(inputs=("close",), min_bars=30)
def preaveraged_rv(day: StockDay, theta: float = 0.8) -> float:
    """Σ R_i²/(θ√N·ψ2) − ψ1·Σ l²/(2Nθ²·ψ2), R_i = Σ_{j=1..k−1} g(j/k)·l_{i+j}, g(x) = min(x, 1 − x), k = ⌊θ√N⌋.

    ψ1 = k·Σ_{j=1..k} (g(j/k) − g((j−1)/k))², ψ2 = Σ_{j=1..k−1} g(j/k)²/k; NaN for k < 2.
    """
    ls = logs(day)
    n = len(ls)
    k = bin_index(theta * math.sqrt(n))
    if k < 2:
        return NAN
    g = [min(j / k, 1 - j / k) for j in range(k + 1)]
    averages = [total(g[j] * ls[i + j - 1] for j in range(1, k)) for i in range(n - k + 2)]
    psi1 = k * total((g[j] - g[j - 1]) ** 2 for j in range(1, k + 1))
    psi2 = squares(g[1:k]) / k
    return squares(averages) / (theta * math.sqrt(n) * psi2) - psi1 * squares(ls) / (2 * n * theta * theta * psi2)
