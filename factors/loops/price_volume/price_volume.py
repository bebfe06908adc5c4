"""More correlations of price, return, volume and amount along the day."""

from __future__ import annotations

import math
from collections.abc import Sequence

from factors.loops.day import StockDay
from factors.loops.moments import NAN, TICK_ROUNDING, change, missing, pearson, ratio, settled, total
from factors.loops.registry import OPEN_30, loop

"""Differences of prices, which are decimal, are equal if they are so to this part of the largest."""


def growths(day: StockDay) -> list[tuple[int, float]]:
    """(minute of bar j, V_j/V_{j−1} − 1), j ≥ 2, of the traded bars."""
    bars = day.traded_minutes
    return [(bars[j], change(day.volume[bars[j]], day.volume[bars[j - 1]])) for j in range(1, len(bars))]


def step_pairs(day: StockDay) -> list[tuple[float, float]]:
    """(ΔC_t, ΔC_{t+1}), ΔC_t = C_t − C_{t−1}."""
    close = day.close
    return [(close[t] - close[t - 1], close[t + 1] - close[t]) for t in day.span[1:-1]]


def step_corr(pairs: Sequence[tuple[float, float]], min_pairs: int) -> float:
    """Correlation of at least so many pairs, steps that differ by rounding only taken as equal."""
    if len(pairs) < min_pairs:
        return NAN
    now = settled([x for x, _ in pairs], TICK_ROUNDING)
    after = settled([y for _, y in pairs], TICK_ROUNDING)
    return pearson(zip(now, after, strict=True))


@loop(inputs=("close", "volume"), min_bars=16, window=OPEN_30)
def VP_open_30min(day: StockDay, minutes: int = 30) -> float:
    """corr(C_t, V_t), t ≤ 30."""
    return pearson((day.close[t], day.volume[t]) for t in range(minutes))


@loop(inputs=("open", "close", "volume"), min_bars=16, window=OPEN_30)
def VR_open_30min(day: StockDay, minutes: int = 30) -> float:
    """corr(r_t, V_t), t ≤ 30."""
    return pearson((day.returns[t], day.volume[t]) for t in range(minutes))


@loop(inputs=("close", "volume", "amount"), min_bars=10)
def corr_volume_vwap(day: StockDay) -> float:
    """corr(V_t, vwap_t)."""
    return pearson(zip(day.volume, day.vwap, strict=True))


@loop(inputs=("close", "volume"), min_bars=10)
def corr_close_lagvolume(day: StockDay) -> float:
    """corr(C_t, V_{t−1})."""
    return pearson((day.close[t], day.volume[t - 1]) for t in day.span[1:])


@loop(inputs=("close", "volume"), min_bars=10)
def corr_close_leadvolume(day: StockDay) -> float:
    """corr(C_t, V_{t+1})."""
    return pearson((day.close[t], day.volume[t + 1]) for t in day.span[:-1])


@loop(inputs=("close", "volume"), min_bars=10)
def corr_close_dvolume(day: StockDay) -> float:
    """corr(C_j, V_j/V_{j−1} − 1), traded bars j ≥ 2."""
    return pearson((day.close[t], growth) for t, growth in growths(day))


@loop(inputs=("open", "close", "volume"), min_bars=10)
def corr_ret_dvolume(day: StockDay) -> float:
    """corr(r_j, V_j/V_{j−1} − 1), traded bars j ≥ 2, r_j the return of that minute."""
    return pearson((day.returns[t], growth) for t, growth in growths(day))


@loop(inputs=("close", "amount"), min_bars=10)
def corr_absret_amount(day: StockDay) -> float:
    """corr(|l_t|, A_t)."""
    return pearson((abs(day.log_returns[t]), day.amount[t]) for t in day.span)


@loop(inputs=("close", "amount"), min_bars=10)
def corr_absret_lagamount(day: StockDay) -> float:
    """corr(|l_t|, A_{t−1})."""
    return pearson((abs(day.log_returns[t]), day.amount[t - 1]) for t in day.span[1:])


@loop(inputs=("close", "amount"), min_bars=10)
def corr_lagabsret_amount(day: StockDay) -> float:
    """corr(|l_{t−1}|, A_t)."""
    return pearson((abs(day.log_returns[t - 1]), day.amount[t]) for t in day.span[1:])


@loop(inputs=("close",), min_bars=10)
def dp_up_autocorr(day: StockDay, min_pairs: int = 5) -> float:
    """corr(ΔC_t, ΔC_{t+1}) over t with both > 0."""
    return step_corr([(x, y) for x, y in step_pairs(day) if x > 0 and y > 0], min_pairs)


@loop(inputs=("close",), min_bars=10)
def dp_down_autocorr(day: StockDay, min_pairs: int = 5) -> float:
    """corr(ΔC_t, ΔC_{t+1}) over t with both < 0."""
    return step_corr([(x, y) for x, y in step_pairs(day) if x < 0 and y < 0], min_pairs)


@loop(inputs=("open", "close"), min_bars=10)
def chase_cosine(day: StockDay) -> float:
    """Σr_t·r_{t+1}/√(Σr_t²·Σr_{t+1}²), t < T, over the pairs with both."""
    pairs = [(day.returns[t], day.returns[t + 1]) for t in day.span[:-1]]
    pairs = [(x, y) for x, y in pairs if not missing(x) and not missing(y)]
    lengths = total(x * x for x, _ in pairs) * total(y * y for _, y in pairs)
    return ratio(total(x * y for x, y in pairs), math.sqrt(lengths))
