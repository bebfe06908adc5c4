"""The path of the price through the day."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, change, mean, missing, ratio, slope, std, total, valued
from factors.loops.registry import loop


@loop(inputs=("open", "close"), min_bars=2)
def return_std(day: StockDay) -> float:
    """std(r_t)."""
    return std(valued(day.returns))


@loop(inputs=("high", "low"), min_bars=1)
def intraday_maxdrawdown_hl(day: StockDay) -> float:
    """max_t (1 − L_t/max_{s≤t} H_s)."""
    highest, deepest = NAN, NAN
    for t in day.span:
        if not missing(day.high[t]) and not day.high[t] <= highest:
            highest = day.high[t]
        fall = (highest - day.low[t]) / highest
        if not missing(fall) and not fall <= deepest:
            deepest = fall
    return deepest


@loop(inputs=("close",), min_bars=1)
def intraday_maxrunup(day: StockDay) -> float:
    """max_t (C_t/min_{s≤t} C_s − 1)."""
    lowest, largest = math.inf, 0.0
    for t in day.span:
        lowest = min(lowest, day.close[t])
        largest = max(largest, change(day.close[t], lowest))
    return largest


@loop(inputs=("open", "close"), min_bars=1)
def path_length(day: StockDay) -> float:
    """Σ|r_t|."""
    return total(abs(r) for r in valued(day.returns))


@loop(inputs=("open", "high", "low", "close"), min_bars=1)
def amplitude(day: StockDay) -> float:
    """(H_d − L_d)/O_d."""
    return ratio(day.day_high - day.day_low, day.first_open)


@loop(inputs=("high", "low", "close"), min_bars=1)
def close_location(day: StockDay) -> float:
    """(C_d − L_d)/(H_d − L_d)."""
    return ratio(day.last_close - day.day_low, day.day_high - day.day_low)


@loop(inputs=("open", "high", "low", "close"), min_bars=1)
def open_location(day: StockDay) -> float:
    """(O_d − L_d)/(H_d − L_d)."""
    return ratio(day.first_open - day.day_low, day.day_high - day.day_low)


@loop(inputs=("open", "high", "low", "close"), min_bars=1)
def arpp(day: StockDay) -> float:
    """(mean((O_t + H_t + L_t + C_t)/4) − L_d)/(H_d − L_d)."""
    above = valued(total(x[t] - day.day_low for x in (day.open, day.high, day.low, day.close)) for t in day.span)
    return ratio(mean(above) / 4, day.day_high - day.day_low)


@loop(inputs=("close", "volume", "amount"), min_bars=1)
def twap_vwap_dev(day: StockDay) -> float:
    """mean(C_t)/VWAP − 1."""
    return change(mean([day.close[t] for t in day.span]), day.vwap_day)


@loop(inputs=("close", "volume", "amount"), min_bars=10)
def vwap_slope(day: StockDay) -> float:
    """Slope of the OLS of vwap_t on t/T, over VWAP."""
    return ratio(slope(((t + 1) / day.minutes, day.vwap[t]) for t in day.span), day.vwap_day)


@loop(inputs=("open", "high", "low", "close"), min_bars=2)
def path_tortuosity(day: StockDay, tick: float = 0.01) -> float:
    """ln(Σ(|O_t − H_t| + |H_t − L_t| + |L_t − C_t|)/max(|C_d − O_d|, tick))."""
    way = 0.0
    for t in day.span:
        o, h, low, c = day.open[t], day.high[t], day.low[t], day.close[t]
        part = abs(o - h) + abs(h - low) + abs(low - c)
        way += 0.0 if missing(part) else part
    net = abs(day.last_close - day.first_open)
    if way == 0 or missing(net):
        return NAN
    return math.log(way / max(net, tick))
