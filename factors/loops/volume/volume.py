"""How volume and amount spread over the day."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, kurt, pearson, ratio, skew, std, total, valued
from factors.loops.registry import loop


def volume_share(day: StockDay, first: int, stop: int) -> float:
    """Share of the day's volume in the minutes first..stop−1; NaN if the session does not have them all."""
    if first < 0 or stop > day.minutes:
        return NAN
    inside = total(day.volume[t] for t in day.span if first <= t < stop)
    return ratio(inside, total(day.volume[t] for t in day.span))


def shares(day: StockDay) -> list[float]:
    """w_t = V_t/ΣV, t in E."""
    whole = total(day.volume[t] for t in day.span)
    return [ratio(day.volume[t], whole) for t in day.span]


def mean_trade(day: StockDay, minutes: list[int]) -> float:
    """ΣA/ΣK over some minutes."""
    return ratio(total(day.amount[t] for t in minutes), total(day.trades[t] for t in minutes))


@loop(inputs=("volume",), min_bars=1)
def volume_open_30min_ratio(day: StockDay, minutes: int = 30) -> float:
    """Σ_{t≤30} V_t/ΣV_t."""
    return volume_share(day, 0, minutes)


@loop(inputs=("volume",), min_bars=1)
def volume_last_30min_ratio(day: StockDay, minutes: int = 30) -> float:
    """Σ_{t>T−30} V_t/ΣV_t."""
    return volume_share(day, day.minutes - minutes, day.minutes)


@loop(inputs=("volume",), min_bars=1)
def volume_perc_2(day: StockDay, k: int = 2, minutes: int = 30) -> float:
    """Σ_{30<t≤60} V_t/ΣV_t."""
    return volume_share(day, (k - 1) * minutes, k * minutes)


@loop(inputs=("volume",), min_bars=2)
def volume_share_std(day: StockDay) -> float:
    """std(w_t)."""
    return std(valued(shares(day)))


@loop(inputs=("volume",), min_bars=3)
def volume_skewness(day: StockDay) -> float:
    """skew(V_t)."""
    return skew(valued(day.volume))


@loop(inputs=("volume",), min_bars=4)
def volume_kurtosis(day: StockDay) -> float:
    """kurt(V_t)."""
    return kurt(valued(day.volume))


@loop(inputs=("volume",), min_bars=2)
def volume_entropy(day: StockDay) -> float:
    """−Σ w_t·ln w_t/ln T, 0·ln 0 = 0."""
    entropy = total(-w * math.log(w) for w in shares(day) if w > 0)
    return ratio(entropy, math.log(day.minutes))


@loop(inputs=("amount",), min_bars=10)
def amount_autocorr(day: StockDay) -> float:
    """corr(A_t, A_{t−1})."""
    return pearson((day.amount[t], day.amount[t - 1]) for t in day.span[1:])


@loop(inputs=("open", "close", "amount", "trades"), min_bars=10)
def amount_out_order_avg_ratio(day: StockDay) -> float:
    """(ΣA_t·1{r_t<0}/ΣK_t·1{r_t<0})/(ΣA_t/ΣK_t)."""
    falling = [t for t in day.span if day.returns[t] < 0]
    return ratio(mean_trade(day, falling), mean_trade(day, list(day.span)))


@loop(inputs=("open", "close", "amount", "trades"), min_bars=10)
def amount_in_order_avg_ratio(day: StockDay) -> float:
    """(ΣA_t·1{r_t>0}/ΣK_t·1{r_t>0})/(ΣA_t/ΣK_t)."""
    rising = [t for t in day.span if day.returns[t] > 0]
    return ratio(mean_trade(day, rising), mean_trade(day, list(day.span)))
