"""Returns of parts of the day, and their variance."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, change, total, valued, var
from factors.loops.registry import OPEN_30, loop


def half_hour(day: StockDay, k: int) -> float:
    """C_{30k}/C_{30(k−1)} − 1; NaN if T < 30k."""
    if day.minutes < 30 * k:
        return NAN
    return change(day.close[30 * k - 1], day.close[30 * (k - 1) - 1])


@loop(inputs=("close",), min_bars=16, window=(30, 60))
def return_half_hour_2(day: StockDay) -> float:
    """C_60/C_30 − 1."""
    return half_hour(day, 2)


@loop(inputs=("close",), min_bars=16, window=(60, 90))
def return_half_hour_3(day: StockDay) -> float:
    """C_90/C_60 − 1."""
    return half_hour(day, 3)


@loop(inputs=("close",), min_bars=16, window=(90, 120))
def return_half_hour_4(day: StockDay) -> float:
    """C_120/C_90 − 1."""
    return half_hour(day, 4)


@loop(inputs=("close",), min_bars=16, window=(120, 150))
def return_half_hour_5(day: StockDay) -> float:
    """C_150/C_120 − 1."""
    return half_hour(day, 5)


@loop(inputs=("close",), min_bars=16, window=(150, 180))
def return_half_hour_6(day: StockDay) -> float:
    """C_180/C_150 − 1."""
    return half_hour(day, 6)


@loop(inputs=("close",), min_bars=16, window=(180, 210))
def return_half_hour_7(day: StockDay) -> float:
    """C_210/C_180 − 1."""
    return half_hour(day, 7)


@loop(inputs=("close",), min_bars=16, window=(210, 240))
def return_half_hour_8(day: StockDay) -> float:
    """C_240/C_210 − 1."""
    return half_hour(day, 8)


@loop(inputs=("open", "close"), min_bars=60)
def return_pm_minus_am(day: StockDay) -> float:
    """(C_d/C_{T_am} − 1) − (C_{T_am}/O_d − 1)."""
    if day.lunch is None:
        return NAN
    noon = day.close[day.lunch - 1]
    return change(day.last_close, noon) - change(noon, day.first_open)


@loop(inputs=("close",), min_bars=60)
def return_between(day: StockDay) -> float:
    """C_{T−30}/C_30 − 1; NaN if T ≤ 60."""
    if day.minutes <= 60:
        return NAN
    minute_30, minute_end = 30 - 1, day.minutes - 30 - 1
    return change(day.close[minute_end], day.close[minute_30])


@loop(inputs=("open", "close"), min_bars=16, window=OPEN_30)
def return_var_open_30min(day: StockDay, minutes: int = 30) -> float:
    """var(r_t), t ≤ 30."""
    return var(valued(day.returns[t] for t in range(minutes)))


@loop(inputs=("open", "close"), min_bars=60)
def return_var_am_pm_ratio(day: StockDay) -> float:
    """ln(Σ_{t>T_am} r_t²/Σ_{t≤T_am} r_t²); NaN if either sum is 0."""
    if day.lunch is None:
        return NAN
    before = total(r * r for r in valued(day.returns[: day.lunch]))
    after = total(r * r for r in valued(day.returns[day.lunch :]))
    return math.log(after / before) if before > 0 and after > 0 else NAN
