"""Returns and prices weighted by volume."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import NAN, deviations, mean, missing, ratio, std, total, valued
from factors.loops.registry import loop


def first_bars(day: StockDay, minutes: int) -> list[tuple[float, float]]:
    """(b_t, w_t) of the traded bars with t ≤ minutes that have both."""
    if minutes > day.minutes:
        return []
    early = [t for t in day.traded_minutes if t < minutes]
    return [(day.bar_returns[t], day.volume_share[t]) for t in early if not missing(day.bar_returns[t])]


def last_bars(day: StockDay, minutes: int) -> float:
    """Σb_t·V_t/ΣV_t over the last minutes; a bar without b_t counts below the line."""
    start = day.minutes - minutes
    if start < 0:
        return NAN
    late = [t for t in day.span if t >= start]
    return ratio(total(valued(day.bar_returns[t] * day.volume[t] for t in late)), total(day.volume[t] for t in late))


@loop(inputs=("open", "close", "volume"), min_bars=2)
def return_volume_weighted(day: StockDay) -> float:
    """Σw_t·r_t."""
    return total(valued(day.volume_share[t] * day.returns[t] for t in day.span))


@loop(inputs=("close", "volume"), min_bars=10)
def weighted_close_ratio(day: StockDay) -> float:
    """Σw_t·C_t/mean(C_t)."""
    weighted = total(day.volume_share[t] * day.close[t] for t in day.span)
    return ratio(weighted, mean([day.close[t] for t in day.span]))


@loop(inputs=("close", "volume"), min_bars=10)
def weighted_price_skewness(day: StockDay) -> float:
    """Σw_t·(C_t − C̄)³/std(C)³."""
    close = [day.close[t] for t in day.span]
    cubes = [d * d * d for d in deviations(close)]
    weights = [day.volume_share[t] for t in day.span]
    return ratio(total(w * cube for w, cube in zip(weights, cubes, strict=True)), std(close) ** 3)


@loop(inputs=("open", "close", "volume"), min_bars=10)
def return_last20_volume_weighted(day: StockDay, minutes: int = 20) -> float:
    """Σb_t·V_t/ΣV_t, t > T − 20."""
    return last_bars(day, minutes)


@loop(inputs=("open", "close", "volume"), min_bars=25)
def return_last50_volume_weighted(day: StockDay, minutes: int = 50) -> float:
    """Σb_t·V_t/ΣV_t, t > T − 50."""
    return last_bars(day, minutes)


@loop(inputs=("open", "close", "volume"), min_bars=10)
def return_first20_per_volume(day: StockDay, minutes: int = 20) -> float:
    """mean of b_t/w_t, t ≤ 20, V_t > 0."""
    return mean([b / w for b, w in first_bars(day, minutes)])


@loop(inputs=("open", "close", "volume"), min_bars=10)
def return_first20_pos_per_volume(day: StockDay, minutes: int = 20) -> float:
    """mean of max(b_t, 0)/w_t, t ≤ 20, V_t > 0."""
    return mean([max(b, 0.0) / w for b, w in first_bars(day, minutes)])


@loop(inputs=("open", "close", "volume"), min_bars=10)
def return_first20_neg_per_volume(day: StockDay, minutes: int = 20) -> float:
    """mean of max(−b_t, 0)/w_t, t ≤ 20, V_t > 0."""
    return mean([max(-b, 0.0) / w for b, w in first_bars(day, minutes)])


@loop(inputs=("open", "close", "volume"), min_bars=10)
def return_on_rising_volume(day: StockDay) -> float:
    """Σ_{t>t0} r_t·1{V_t>V_{t−1}}."""
    return total(day.returns[t] for t in day.span[1:] if day.volume[t] > day.volume[t - 1])
