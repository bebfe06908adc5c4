"""Windows that move along the day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from factors.loops.day import KEPT, StockDay
from factors.loops.moments import (
    NAN,
    change,
    cov,
    deviations,
    mean,
    missing,
    pearson,
    ratio,
    settled,
    slope,
    std,
    total,
    valued,
)
from factors.loops.registry import loop

Pairs = list[tuple[float, float]]


def rolled(series: Sequence[float], n: int, what: Callable[[list[float]], float]) -> list[float]:
    """A function of x_{t−n+1..t} at each t; NaN where one of them is missing."""
    found = [NAN] * len(series)
    for t in range(n - 1, len(series)):
        window = list(series[t - n + 1 : t + 1])
        if not any(missing(x) for x in window):
            found[t] = what(window)
    return found


def over_windows(day: StockDay, n: int, what: Callable[[Pairs], float]) -> list[float]:
    """A function of the pairs (L, H) of each window of n minutes; NaN where one of them is missing."""
    pairs = list(zip(day.low, day.high, strict=True))
    gone = [missing(low) or missing(high) for low, high in pairs]
    windows = [slice(t - n + 1, t + 1) for t in range(n - 1, day.minutes)]
    return [NAN if any(gone[window]) else what(pairs[window]) for window in windows]


@lru_cache(maxsize=KEPT)
def betas(day: StockDay, window: int) -> list[float]:
    """β_t = cov(L, H)/var(L) of the windows in which L is not constant."""
    return settled(valued(over_windows(day, window, slope)))


@lru_cache(maxsize=KEPT)
def correlations(day: StockDay, window: int) -> list[float]:
    """ρ_t = corr(L, H) of the windows in which neither is constant."""
    return valued(over_windows(day, window, pearson))


def zscore_last(values: list[float]) -> float:
    """(x_last − mean)/std."""
    return ratio(values[-1] - mean(values), std(values)) if values else NAN


@loop(inputs=("high", "low"), min_bars=50)
def mmt_ols_beta_mean(day: StockDay, window: int = 50) -> float:
    """mean(β_t)."""
    return mean(betas(day, window))


@loop(inputs=("high", "low"), min_bars=50)
def mmt_ols_corr_mean(day: StockDay, window: int = 50) -> float:
    """mean(ρ_t)."""
    return mean(correlations(day, window))


@loop(inputs=("high", "low"), min_bars=50)
def mmt_ols_corr_square_mean(day: StockDay, window: int = 50) -> float:
    """mean(ρ_t²)."""
    return mean([rho * rho for rho in correlations(day, window)])


@loop(inputs=("high", "low"), min_bars=60)
def mmt_ols_beta_zscore_last(day: StockDay, window: int = 50) -> float:
    """(β_last − mean β)/std β."""
    return zscore_last(betas(day, window))


@loop(inputs=("high", "low"), min_bars=60)
def mmt_ols_qrs(day: StockDay, window: int = 50) -> float:
    """mean(ρ_t²)·(β_last − mean β)/std β."""
    return mean([rho * rho for rho in correlations(day, window)]) * zscore_last(betas(day, window))


def surges(day: StockDay) -> list[int]:
    """U = {t > t0: ΔV_t > mean(ΔV) + std(ΔV)}."""
    rises = {t: day.volume[t] - day.volume[t - 1] for t in day.span[1:]}
    if not rises:
        return []
    values = list(rises.values())
    threshold = mean(values) + std(values)
    return [t for t, rise in rises.items() if rise > threshold]


@loop(inputs=("open", "close", "volume"), min_bars=30)
def dazzling_vol(day: StockDay, horizon: int = 5) -> float:
    """mean over t ∈ U with t + 4 ≤ T of std(b_t..b_{t+4})."""
    spreads = rolled(day.bar_returns, horizon, std)
    return mean(valued(spreads[t + horizon - 1] for t in surges(day) if t + horizon - 1 < day.minutes))


@loop(inputs=("open", "close", "volume"), min_bars=30)
def dazzling_ret(day: StockDay) -> float:
    """mean over t ∈ U of b_t."""
    return mean(valued(day.bar_returns[t] for t in surges(day)))


def tide(day: StockDay, half_width: int) -> tuple[int, int, int, dict[int, float]] | None:
    """m, p, q and N_t = Σ V_s over |s − t| ≤ half_width; None if there is no such t."""
    near = {
        t: total(day.volume[s] for s in range(t - half_width, t + half_width + 1))
        for t in range(day.span[0] + half_width, day.minutes - half_width)
    }
    if not near:
        return None
    p = min(near, key=lambda t: (-near[t], t))
    m = min((t for t in near if t < p), key=lambda t: (near[t], t), default=p)
    q = min((t for t in near if t > p), key=lambda t: (near[t], t), default=p)
    return m, p, q, near


def pace(day: StockDay, start: int, end: int) -> float:
    """(C_end/C_start − 1)/(end − start)."""
    return ratio(change(day.close[end], day.close[start]), end - start)


@loop(inputs=("close", "volume"), min_bars=30)
def tide_full(day: StockDay, half_width: int = 4) -> float:
    """(C_q − C_m)/(C_m·(q − m))."""
    found = tide(day, half_width)
    if found is None:
        return NAN
    m, _, q, _ = found
    return ratio(day.close[q] - day.close[m], day.close[m] * (q - m))


@loop(inputs=("close", "volume"), min_bars=30)
def tide_strong(day: StockDay, half_width: int = 4) -> float:
    """(C_p/C_m − 1)/(p − m) if N_m ≤ N_q, else (C_q/C_p − 1)/(q − p)."""
    found = tide(day, half_width)
    if found is None:
        return NAN
    m, p, q, near = found
    return pace(day, m, p) if near[m] <= near[q] else pace(day, p, q)


@loop(inputs=("close", "volume"), min_bars=30)
def tide_weak(day: StockDay, half_width: int = 4) -> float:
    """(C_q/C_p − 1)/(q − p) if N_m ≤ N_q, else (C_p/C_m − 1)/(p − m)."""
    found = tide(day, half_width)
    if found is None:
        return NAN
    m, p, q, near = found
    return pace(day, p, q) if near[m] <= near[q] else pace(day, m, p)


def spread_of(prices: Sequence[float]) -> float:
    """Σ(x − mean)²/n of prices as they are, 0 only if all are equal."""
    shifted = [x - prices[0] for x in prices]
    return mean([(x - mean(shifted)) ** 2 for x in shifted])


@lru_cache(maxsize=KEPT)
def price_betas(day: StockDay, window: int) -> dict[int, float]:
    """β_t = (std/mean of the prices O, H, L, C of minutes t − window + 1..t)², where all are there."""
    found = {}
    for t in range(day.span[0] + window - 1, day.minutes):
        prices = [
            x[s] for x in (day.open, day.high, day.low, day.close) for s in range(t - window + 1, t + 1)
        ]  # fmt: skip
        if not any(missing(x) for x in prices):
            found[t] = spread_of(prices) / mean(prices) ** 2
    return dict(zip(found, settled(list(found.values())), strict=True))


def reward_cov(day: StockDay, betas: dict[int, float]) -> float:
    """cov(r_t/β_t, β_t); NaN for fewer than three t."""
    pairs = [(day.returns[t] / beta, beta) for t, beta in betas.items() if not missing(day.returns[t])]
    return cov(pairs) if len(pairs) >= 3 else NAN


@loop(inputs=("open", "high", "low", "close"), min_bars=30)
def better_vol_cov(day: StockDay, window: int = 5) -> float:
    """cov(r_t/β_t, β_t) over β_t > 0."""
    return reward_cov(day, {t: beta for t, beta in price_betas(day, window).items() if beta > 0})


@loop(inputs=("open", "high", "low", "close"), min_bars=30)
def climb_cov(day: StockDay, window: int = 5) -> float:
    """cov(r_t/β_t, β_t) over β_t > 0 and β_t ≥ mean(β) + std(β), equality up to rounding."""
    betas = price_betas(day, window)
    if not betas:
        return NAN
    values = list(betas.values())
    above, spread = dict(zip(betas, deviations(values), strict=True)), std(values)
    return reward_cov(day, {t: beta for t, beta in betas.items() if beta > 0 and above[t] >= (1 - 1e-9) * spread})


@lru_cache(maxsize=KEPT)
def vagueness(day: StockDay, window: int) -> list[float]:
    """g_t = std(s_{t−4..t}), s_t = std(r_{t−4..t})."""
    return settled(rolled(settled(rolled(day.returns, window, std)), window, std))


@loop(inputs=("open", "close", "amount"), min_bars=30)
def ambiguity_amount_corr(day: StockDay, window: int = 5) -> float:
    """corr(g_t, A_t)."""
    g = vagueness(day, window)
    return pearson((g[t], day.amount[t]) for t in day.span)


def ambiguous_share(day: StockDay, x: Sequence[float], window: int) -> float:
    """mean{x_t: g_t > mean(g)}/mean(x)."""
    g = vagueness(day, window)
    there = [t for t in day.span if not missing(g[t])]
    above = [t for t, d in zip(there, deviations([g[t] for t in there]), strict=True) if d > 0] if there else []
    return ratio(mean([x[t] for t in above]), mean([x[t] for t in day.span]))


@loop(inputs=("open", "close", "amount"), min_bars=30)
def ambiguity_amount_ratio(day: StockDay, window: int = 5) -> float:
    """mean{A_t: g_t > mean(g)}/mean(A)."""
    return ambiguous_share(day, day.amount, window)


@loop(inputs=("open", "close", "volume"), min_bars=30)
def ambiguity_volume_ratio(day: StockDay, window: int = 5) -> float:
    """mean{V_t: g_t > mean(g)}/mean(V)."""
    return ambiguous_share(day, day.volume, window)


@loop(inputs=("open", "close", "volume", "amount"), min_bars=30)
def ambiguity_price_gap(day: StockDay, window: int = 5) -> float:
    """ambiguity_amount_ratio − ambiguity_volume_ratio."""
    return ambiguous_share(day, day.amount, window) - ambiguous_share(day, day.volume, window)
