"""Returns over the day and over parts of it."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import NAN, change, missing, ratio, total
from factors.loops.registry import LAST_30, OPEN_30, loop


@loop(inputs=("open", "close"), min_bars=1)
def return_intraday(day: StockDay) -> float:
    """C_d/O_d − 1."""
    return change(day.last_close, day.first_open)


@loop(inputs=("open", "close"), min_bars=31)
def return_improved(day: StockDay, skip_minutes: int = 30) -> float:
    """C_d/C_30 − 1."""
    if day.minutes <= skip_minutes:
        return NAN
    return change(day.last_close, day.close[skip_minutes - 1])


@loop(inputs=("high", "low", "close"), min_bars=2)
def tp_diff(day: StockDay) -> float:
    """TP_T/TP_{t0} − 1, TP_t = (H_t + L_t + C_t)/3."""
    first, last = day.span[0], day.span[-1]
    typical_first = (day.high[first] + day.low[first] + day.close[first]) / 3
    typical_last = (day.high[last] + day.low[last] + day.close[last]) / 3
    return change(typical_last, typical_first)


@loop(inputs=("close",), min_bars=1)
def intraday_maxdrawdown(day: StockDay) -> float:
    """max_t (1 − C_t/max_{s≤t} C_s)."""
    highest = 0.0
    deepest = 0.0
    for t in day.span:
        highest = max(highest, day.close[t])
        deepest = max(deepest, 1 - day.close[t] / highest)
    return deepest


@loop(inputs=("close",), min_bars=2)
def trend_ratio(day: StockDay) -> float:
    """(C_d − C_{t0})/Σ_{t>t0} |C_t − C_{t−1}|."""
    path = total(abs(day.close[t] - day.close[t - 1]) for t in day.span[1:])
    return ratio(day.last_close - day.close[day.span[0]], path)


@loop(inputs=("close", "volume", "amount"), min_bars=1)
def close_vwap_dev(day: StockDay) -> float:
    """C_d/VWAP − 1, VWAP = ΣA/ΣV."""
    vwap = ratio(total(day.amount[t] for t in day.span), total(day.volume[t] for t in day.span))
    return change(day.last_close, vwap)


@loop(inputs=("close",), min_bars=16, window=LAST_30)
def return_last_30min(day: StockDay, minutes: int = 30) -> float:
    """C_d/C_{T−30} − 1."""
    minute_before = day.minutes - minutes - 1
    if minute_before < 0:
        return NAN
    return change(day.last_close, day.close[minute_before])


@loop(inputs=("open", "close"), min_bars=16, window=OPEN_30)
def return_open_30min(day: StockDay, minutes: int = 30) -> float:
    """C_30/O_d − 1."""
    return change(day.close[minutes - 1], day.first_open)


@loop(inputs=("open", "close"), min_bars=30)
def return_am(day: StockDay) -> float:
    """C_{T_am}/O_d − 1."""
    if day.lunch is None:
        return NAN
    return change(day.close[day.lunch - 1], day.first_open)


@loop(inputs=("open", "close"), min_bars=30)
def return_pm(day: StockDay) -> float:
    """C_d/C_{T_am} − 1."""
    if day.lunch is None or missing(day.close[day.lunch - 1]):
        return NAN
    return change(day.last_close, day.close[day.lunch - 1])
