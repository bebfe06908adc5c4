"""When in the day volume and amount fall."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, constant, mean, pearson, ratio, std, total
from factors.loops.registry import loop
from factors.loops.volume.volume import volume_share


@loop(inputs=("volume",), min_bars=1)
def volume_perc_3(day: StockDay, k: int = 3, minutes: int = 30) -> float:
    """Σ_{60<t≤90} V_t/ΣV_t."""
    return volume_share(day, (k - 1) * minutes, k * minutes)


@loop(inputs=("volume",), min_bars=1)
def volume_perc_4(day: StockDay, k: int = 4, minutes: int = 30) -> float:
    """Σ_{90<t≤120} V_t/ΣV_t."""
    return volume_share(day, (k - 1) * minutes, k * minutes)


@loop(inputs=("volume",), min_bars=1)
def volume_perc_5(day: StockDay, k: int = 5, minutes: int = 30) -> float:
    """Σ_{120<t≤150} V_t/ΣV_t."""
    return volume_share(day, (k - 1) * minutes, k * minutes)


@loop(inputs=("volume",), min_bars=1)
def volume_perc_6(day: StockDay, k: int = 6, minutes: int = 30) -> float:
    """Σ_{150<t≤180} V_t/ΣV_t."""
    return volume_share(day, (k - 1) * minutes, k * minutes)


@loop(inputs=("volume",), min_bars=1)
def volume_perc_7(day: StockDay, k: int = 7, minutes: int = 30) -> float:
    """Σ_{180<t≤210} V_t/ΣV_t."""
    return volume_share(day, (k - 1) * minutes, k * minutes)


@loop(inputs=("amount",), min_bars=1)
def amount_last_30min_ratio(day: StockDay, minutes: int = 30) -> float:
    """Σ_{t>T−30} A_t/ΣA_t."""
    start = day.minutes - minutes
    if start < 0:
        return NAN
    return ratio(total(day.amount[t] for t in day.span if t >= start), total(day.amount[t] for t in day.span))


@loop(inputs=("volume",), min_bars=1)
def volume_close_auction_ratio(day: StockDay, minutes: int = 3) -> float:
    """Σ_{t>T−3} V_t/ΣV_t."""
    return volume_share(day, day.minutes - minutes, day.minutes)


@loop(inputs=("volume",), min_bars=2)
def volume_pm_am_ratio(day: StockDay) -> float:
    """ln(Σ_{t>T_am} V_t/Σ_{t≤T_am} V_t)."""
    if day.lunch is None:
        return NAN
    morning = total(day.volume[t] for t in day.span if t < day.lunch)
    afternoon = total(day.volume[t] for t in day.span if t >= day.lunch)
    return math.log(afternoon / morning) if morning > 0 and afternoon > 0 else NAN


@loop(inputs=("volume",), min_bars=1)
def volume_time_center(day: StockDay) -> float:
    """Σt·V_t/(T·ΣV_t), t = 1..T."""
    moment = total((t + 1) * day.volume[t] for t in day.span)
    return ratio(moment, day.minutes * total(day.volume[t] for t in day.span))


@loop(inputs=("volume",), min_bars=10)
def volume_time_slope(day: StockDay) -> float:
    """corr(V_t, t)."""
    return pearson((day.volume[t], t + 1) for t in day.span)


@loop(inputs=("volume",), min_bars=10)
def volume_autocorr(day: StockDay) -> float:
    """corr(V_t, V_{t−1})."""
    return pearson((day.volume[t], day.volume[t - 1]) for t in day.span[1:])


@loop(inputs=("volume",), min_bars=10)
def volume_peak_count(day: StockDay) -> float:
    """Number of maximal runs of minutes with V_t > mean(V) + std(V)."""
    volume = [day.volume[t] for t in day.span]
    if constant(volume):
        return 0
    threshold = mean(volume) + std(volume)
    runs, inside = 0, False
    for v in volume:
        if v > threshold and not inside:
            runs += 1
        inside = v > threshold
    return runs
