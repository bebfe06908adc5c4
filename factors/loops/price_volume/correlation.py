"""Correlations of price, return, volume and trade count."""

from __future__ import annotations

from fractions import Fraction

from factors.loops.day import StockDay
from factors.loops.moments import pearson, top
from factors.loops.registry import LAST_30, loop


def most_volume(day: StockDay, share: str) -> list[int]:
    """S = Top(V, n/3) of the n traded bars."""
    return top(day.volume, day.traded_minutes, *Fraction(share).as_integer_ratio())


@loop(inputs=("close", "volume"), min_bars=10)
def VP(day: StockDay) -> float:
    """corr(C_t, V_t)."""
    return pearson((day.close[t], day.volume[t]) for t in day.span)


@loop(inputs=("close", "volume"), min_bars=12)
def VP_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """corr(C_t, V_t) over t ∈ S, S = Top(V, n/3)."""
    return pearson((day.close[t], day.volume[t]) for t in most_volume(day, share))


@loop(inputs=("close", "volume"), min_bars=16, window=LAST_30)
def VP_last_30min(day: StockDay, minutes: int = 30) -> float:
    """corr(C_t, V_t), t > T − 30."""
    return pearson((day.close[t], day.volume[t]) for t in range(day.minutes - minutes, day.minutes))


@loop(inputs=("open", "close", "volume"), min_bars=10)
def VR(day: StockDay) -> float:
    """corr(r_t, V_t)."""
    return pearson((day.returns[t], day.volume[t]) for t in day.span)


@loop(inputs=("open", "close", "volume"), min_bars=10)
def VR_1min_lag(day: StockDay) -> float:
    """corr(r_{t−1}, V_t)."""
    return pearson((day.returns[t - 1], day.volume[t]) for t in day.span[1:])


@loop(inputs=("open", "close", "volume"), min_bars=10)
def VR_1min_lead(day: StockDay) -> float:
    """corr(r_{t+1}, V_t)."""
    return pearson((day.returns[t + 1], day.volume[t]) for t in day.span[:-1])


@loop(inputs=("open", "close", "volume"), min_bars=12)
def VR_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """corr(r_t, V_t) over t ∈ S, S = Top(V, n/3)."""
    return pearson((day.returns[t], day.volume[t]) for t in most_volume(day, share))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def VR_1min_lag_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """corr(r_{t−1}, V_t) over t ∈ S with r_{t−1}, S = Top(V, n/3)."""
    return pearson((day.returns[t - 1], day.volume[t]) for t in most_volume(day, share) if t > day.span[0])


@loop(inputs=("open", "close", "volume"), min_bars=16, window=LAST_30)
def VR_last_30min(day: StockDay, minutes: int = 30) -> float:
    """corr(r_t, V_t), t > T − 30."""
    return pearson((day.returns[t], day.volume[t]) for t in range(day.minutes - minutes, day.minutes))


@loop(inputs=("volume", "trades"), min_bars=10)
def corr_volume_item(day: StockDay) -> float:
    """corr(V_t, K_t)."""
    return pearson((day.volume[t], day.trades[t]) for t in day.span)


@loop(inputs=("open", "high", "low", "volume"), min_bars=10)
def corr_volume_amplitude(day: StockDay) -> float:
    """corr(V_t, (H_t − L_t)/O_t)."""
    return pearson((day.volume[t], (day.high[t] - day.low[t]) / day.open[t]) for t in day.span)


@loop(inputs=("open", "close"), min_bars=10)
def corr_ret_lastret(day: StockDay) -> float:
    """corr(r_t, r_{t−1})."""
    return pearson((day.returns[t], day.returns[t - 1]) for t in day.span[1:])


@loop(inputs=("open", "close"), min_bars=10)
def corr_close_nextopen(day: StockDay) -> float:
    """corr(C_{t−1}, O_t)."""
    return pearson((day.close[t - 1], day.open[t]) for t in day.span[1:])
