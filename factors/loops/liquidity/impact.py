"""What trading does to the price, and how much of it was buying."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from factors.loops.day import StockDay
from factors.loops.moments import (
    NAN,
    TICK_ROUNDING,
    mean,
    missing,
    normal_cdf,
    ratio,
    settled,
    slope,
    std,
    student3_cdf,
    total,
    valued,
)
from factors.loops.registry import loop


def changes(day: StockDay) -> list[float]:
    """ΔC_t = C_t − C_{t−1}, t > t0, all equal if they are so but for the rounding of a tick; NaN elsewhere."""
    moves = [day.close[t] - day.close[t - 1] if t in day.span[1:] else NAN for t in range(day.minutes)]
    return settled(moves, TICK_ROUNDING)


def last_signs(series: Sequence[float]) -> list[float]:
    """Sign of the last non-zero value up to t; 0 before the first."""
    found, sign = [], 0.0
    for x in series:
        if x > 0:
            sign = 1.0
        elif x < 0:
            sign = -1.0
        found.append(sign)
    return found


def bought(day: StockDay, share: Callable[[float], float], moves: Sequence[float], minutes: Sequence[int]) -> float:
    """ΣA_t·share(x_t)/ΣA_t over some minutes; a missing x_t adds nothing above."""
    above = total(day.amount[t] * share(moves[t]) for t in minutes if not missing(moves[t]))
    return ratio(above, total(day.amount[t] for t in minutes))


@loop(inputs=("open", "close", "amount"), min_bars=10)
def amihud_ratio(day: StockDay, scale: float = 1e8) -> float:
    """10⁸·Σ|r_t|/ΣA_t."""
    return scale * ratio(total(abs(r) for r in valued(day.returns)), total(day.amount[t] for t in day.span))


@loop(inputs=("open", "high", "low", "close", "amount"), min_bars=10)
def shortcut_illiq(day: StockDay, scale: float = 1e8) -> float:
    """10⁸·Σ_{A_t>0} (2(H_t − L_t) − |C_t − O_t|)/A_t."""
    minutes = [t for t in day.span if day.amount[t] > 0]
    if not minutes:
        return NAN
    ways = [2 * (day.high[t] - day.low[t]) - abs(day.close[t] - day.open[t]) for t in minutes]
    return scale * total(valued(way / day.amount[t] for way, t in zip(ways, minutes, strict=True)))


@loop(inputs=("high", "low", "amount"), min_bars=10)
def price_elasticity(day: StockDay) -> float:
    """Mean over A_t>0 of (H_t − L_t)/A_t."""
    return mean(valued((day.high[t] - day.low[t]) / day.amount[t] for t in day.span if day.amount[t] > 0))


@loop(inputs=("close", "volume"), min_bars=20)
def kyle_lambda(day: StockDay) -> float:
    """Slope of the OLS of ΔC_t on s_t·V_t, t > t0; s_t = sign of the last non-zero ΔC up to t."""
    moves = changes(day)
    signs = last_signs(moves)
    return slope((signs[t] * day.volume[t], moves[t]) for t in day.span[1:])


@loop(inputs=("open", "close", "amount"), min_bars=20)
def kyle_lambda_sqrt(day: StockDay) -> float:
    """Slope of the OLS of r_t on s_t·√A_t; s_t = sign of the last non-zero r up to t."""
    signs = last_signs(day.returns)
    return slope((signs[t] * math.sqrt(day.amount[t]), day.returns[t]) for t in day.span)


@loop(inputs=("close", "volume"), min_bars=20)
def bvc_imbalance(day: StockDay) -> float:
    """Σ_{t>t0} (2Φ(ΔC_t/std(ΔC)) − 1)·V_t/Σ_{t>t0} V_t; NaN if ΔC is constant."""
    moves = changes(day)
    sigma = std(valued(moves))
    if not sigma > 0:
        return NAN
    flow = total((2 * normal_cdf(moves[t] / sigma) - 1) * day.volume[t] for t in day.span[1:])
    return ratio(flow, total(day.volume[t] for t in day.span[1:]))


@loop(inputs=("open", "close", "amount"), min_bars=20)
def active_buy_share_t(day: StockDay) -> float:
    """ΣA_t·F3(r_t/std(r))/ΣA_t; NaN if r is constant."""
    sigma = std(valued(day.returns))
    return bought(day, lambda r: student3_cdf(r / sigma), day.returns, day.span) if sigma > 0 else NAN


@loop(inputs=("close", "amount"), min_bars=20)
def active_buy_share_naive(day: StockDay) -> float:
    """Σ_{t>t0} A_t·F3(ΔC_t/std(ΔC))/Σ_{t>t0} A_t; NaN if ΔC is constant."""
    moves = changes(day)
    sigma = std(valued(moves))
    return bought(day, lambda x: student3_cdf(x / sigma), moves, day.span[1:]) if sigma > 0 else NAN


@loop(inputs=("open", "close", "amount"), min_bars=10)
def active_buy_share_normal(day: StockDay, limit: float = 0.1) -> float:
    """ΣA_t·Φ(1.96·r_t/0.1)/ΣA_t."""
    return bought(day, lambda r: normal_cdf(1.96 * r / limit), day.returns, day.span)


@loop(inputs=("open", "close", "amount"), min_bars=10)
def active_buy_share_uniform(day: StockDay, limit: float = 0.1) -> float:
    """ΣA_t·clip((r_t + 0.1)/0.2, 0, 1)/ΣA_t."""
    return bought(day, lambda r: min(max((r + limit) / (2 * limit), 0.0), 1.0), day.returns, day.span)
