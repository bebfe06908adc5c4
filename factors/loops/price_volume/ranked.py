"""Factors that weigh every minute by its place in the order of a key."""

from __future__ import annotations

from collections.abc import Sequence

from factors.loops.day import StockDay
from factors.loops.moments import NAN, change, lagged, missing, pearson, ratio, total
from factors.loops.order_tools import by_key, head, ranks, sum_over, with_value
from factors.loops.registry import loop


@loop(inputs=("open", "close", "volume", "amount"), min_bars=30)
def smart_money_q(day: StockDay, beta: float = 0.25, share: str = "1/5") -> float:
    """(Σ_G A_t/Σ_G V_t)/VWAP, G = the head by |r_t|/V_t^0.25 of the traded bars with 5·Σ_G V_t ≥ ΣV_t."""
    key = [abs(r) / v**beta if v > 0 else NAN for r, v in zip(day.returns, day.volume, strict=True)]
    eligible = [t for t in day.traded_minutes if not missing(key[t])]
    chosen = head(by_key(key, eligible), day.volume, total(day.volume[t] for t in day.span), share)
    price = ratio(sum_over(chosen, lambda t: day.amount[t]), sum_over(chosen, lambda t: day.volume[t]))
    return ratio(price, day.vwap_day)


@loop(inputs=("open", "close", "volume"), min_bars=20)
def vcvar(day: StockDay, share: str = "1/20") -> float:
    """Σ_G r_t·V_t/Σ_G V_t, G = the head of the traded bars by ascending r_t with 20·Σ_G V_t ≥ ΣV_t."""
    eligible = [t for t in day.traded_minutes if not missing(day.returns[t])]
    order = by_key(day.returns, eligible, smallest=True)
    chosen = head(order, day.volume, total(day.volume[t] for t in day.span), share)
    return ratio(sum_over(chosen, lambda t: day.returns[t] * day.volume[t]), sum_over(chosen, lambda t: day.volume[t]))


@loop(inputs=("volume",), min_bars=2)
def volume_gini(day: StockDay) -> float:
    """Σ_i (2i − n − 1)·V_(i)/(n·ΣV), V_(i) ascending over E."""
    rising = sorted(day.volume[t] for t in day.span)
    n = len(rising)
    return ratio(total((2 * i - n - 1) * v for i, v in enumerate(rising, 1)), n * total(rising))


def game(day: StockDay, y: Sequence[float], key: Sequence[float]) -> float:
    """Σ_j (m + 1 − 2j)·y_(j)/(m·Σ y), y by ascending key, over the m minutes with both."""
    order = by_key(key, [t for t in with_value(day, key) if not missing(y[t])], smallest=True)
    m = len(order)
    return ratio(total((m + 1 - 2 * j) * y[t] for j, t in enumerate(order, 1)), m * total(y[t] for t in order))


def return_over(day: StockDay, window: int) -> list[float]:
    """C_t/O_{t−window+1} − 1."""
    return [change(c, o) for c, o in zip(day.close, lagged(day.open, window - 1), strict=True)]


@loop(inputs=("open", "close", "volume"), min_bars=30)
def volume_game_return(day: StockDay, window: int = 5) -> float:
    """The game of V_t by C_t/O_{t−4} − 1, t = t0+4..T."""
    return game(day, day.volume, return_over(day, window))


@loop(inputs=("open", "high", "low", "close"), min_bars=30)
def amplitude_game(day: StockDay, window: int = 5) -> float:
    """The game of (H_t − L_t)/C_t by C_t/O_{t−4} − 1, t = t0+4..T."""
    y = [(h - low) / c for h, low, c in zip(day.high, day.low, day.close, strict=True)]
    return game(day, y, return_over(day, window))


@loop(inputs=("high", "low", "close", "volume"), min_bars=30)
def volume_game_position(day: StockDay) -> float:
    """The game of V_t by (C_t/max_{s≤t} H_s + C_t/min_{s≤t} L_s)/2 − 1."""
    key = [NAN] * day.minutes
    highest, lowest = NAN, NAN
    for t in day.span:
        if not missing(day.high[t]) and not day.high[t] <= highest:
            highest = day.high[t]
        if not missing(day.low[t]) and not day.low[t] >= lowest:
            lowest = day.low[t]
        key[t] = (change(day.close[t], highest) + change(day.close[t], lowest)) / 2
    return game(day, day.volume, key)


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Pearson correlation of the average ranks."""
    return pearson(zip(ranks(x), ranks(y), strict=True))


@loop(inputs=("close", "amount", "trades"), min_bars=10)
def rankcorr_pertrade_close(day: StockDay) -> float:
    """Spearman(P_t, C_t) over bars with K_t > 0."""
    there = with_value(day, day.amount_per_trade)
    return spearman([day.amount_per_trade[t] for t in there], [day.close[t] for t in there])


@loop(inputs=("amount", "trades"), min_bars=10)
def rankcorr_pertrade_amount(day: StockDay) -> float:
    """Spearman(P_t, A_t) over bars with K_t > 0."""
    there = with_value(day, day.amount_per_trade)
    return spearman([day.amount_per_trade[t] for t in there], [day.amount[t] for t in there])
