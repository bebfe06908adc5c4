"""When prices move: the minutes of extremes, and how often the price turns."""

from __future__ import annotations

from collections.abc import Sequence

from factors.loops.day import StockDay
from factors.loops.moments import NAN, missing, ratio, total
from factors.loops.registry import loop


def median(minutes: Sequence[int]) -> float:
    """Middle one of an odd number of minutes, mean of the middle two of an even number; NaN for none."""
    if not minutes:
        return NAN
    ordered, n = sorted(minutes), len(minutes)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def first_at(day: StockDay, series: Sequence[float], extreme: float) -> float:
    """First grid minute t, counted from 1, at which a price is its extreme; NaN if H_d = L_d."""
    if day.day_high == day.day_low:
        return NAN
    return next((float(t + 1) for t in day.span if series[t] == extreme), NAN)


def centre(day: StockDay, minutes: Sequence[int]) -> float:
    """Σt·|r_t|/(T·Σ|r_t|) over some minutes."""
    weight = total(abs(day.returns[t]) for t in minutes)
    return ratio(total((t + 1) * abs(day.returns[t]) for t in minutes), day.minutes * weight)


def rising(day: StockDay) -> list[int]:
    """The minutes with r_t > 0."""
    return [t for t in day.span if day.returns[t] > 0]


def falling(day: StockDay) -> list[int]:
    """The minutes with r_t < 0."""
    return [t for t in day.span if day.returns[t] < 0]


@loop(inputs=("close",), min_bars=2)
def drawdown_duration(day: StockDay) -> float:
    """(t* − s*)/T: t* the first minute with the largest 1 − C_t/M_t, s* the last s ≤ t* with C_s = M_{t*}."""
    highest: dict[int, float] = {}
    fall: dict[int, float] = {}
    running = 0.0
    for t in day.span:
        running = max(running, day.close[t])
        highest[t] = running
        fall[t] = 1 - day.close[t] / running
    deepest = max(fall.values())
    trough = min(t for t in day.span if fall[t] == deepest)
    peak = max(s for s in day.span if s <= trough and day.close[s] == highest[trough])
    return (trough - peak) / day.minutes


@loop(inputs=("high", "low"), min_bars=1)
def high_time(day: StockDay) -> float:
    """(t_H − 1)/(T − 1)."""
    return ratio(first_at(day, day.high, day.day_high) - 1, day.minutes - 1)


@loop(inputs=("high", "low"), min_bars=1)
def low_time(day: StockDay) -> float:
    """(t_L − 1)/(T − 1)."""
    return ratio(first_at(day, day.low, day.day_low) - 1, day.minutes - 1)


@loop(inputs=("high", "low"), min_bars=1)
def high_low_time_gap(day: StockDay) -> float:
    """(t_H − t_L)/(T − 1)."""
    return ratio(first_at(day, day.high, day.day_high) - first_at(day, day.low, day.day_low), day.minutes - 1)


@loop(inputs=("open", "close"), min_bars=10)
def up_time_center(day: StockDay) -> float:
    """Σt·r_t·1{r_t>0}/(T·Σr_t·1{r_t>0})."""
    return centre(day, rising(day))


@loop(inputs=("open", "close"), min_bars=10)
def down_time_center(day: StockDay) -> float:
    """Σt·|r_t|·1{r_t<0}/(T·Σ|r_t|·1{r_t<0})."""
    return centre(day, falling(day))


@loop(inputs=("open", "close"), min_bars=10)
def time_center_gap(day: StockDay) -> float:
    """G_d − G_u."""
    return centre(day, falling(day)) - centre(day, rising(day))


@loop(inputs=("open", "close"), min_bars=10)
def direction_change_ratio(day: StockDay) -> float:
    """#{j ≥ 2: z_j ≠ z_{j−1}}/(m − 1), z the m signs of the non-zero r_t."""
    signs = [1 if day.returns[t] > 0 else -1 for t in day.span if day.returns[t] > 0 or day.returns[t] < 0]
    if len(signs) < 2:
        return NAN
    return sum(signs[j] != signs[j - 1] for j in range(1, len(signs))) / (len(signs) - 1)


@loop(inputs=("open", "close"), min_bars=10)
def up_bar_ratio(day: StockDay) -> float:
    """#{r_t>0}/#{r_t≠0}."""
    moves = [r for r in day.returns if not missing(r) and r != 0]
    return ratio(sum(1 for r in moves if r > 0), len(moves))


def records(day: StockDay, series: Sequence[float], sign: int) -> float:
    """#{t>t0: sign·x_t > max_{t0≤s<t} sign·x_s}/(T − 1)."""
    found, best = 0, NAN
    for t in day.span:
        if missing(series[t]):
            continue
        if missing(best):
            best = sign * series[t]
        elif sign * series[t] > best:
            best = sign * series[t]
            found += 1
    return ratio(found, day.minutes - 1)


@loop(inputs=("high",), min_bars=2)
def newhigh_count(day: StockDay) -> float:
    """#{t>t0: H_t > max_{t0≤s<t} H_s}/(T − 1)."""
    return records(day, day.high, 1)


@loop(inputs=("low",), min_bars=2)
def newlow_count(day: StockDay) -> float:
    """#{t>t0: L_t < min_{t0≤s<t} L_s}/(T − 1)."""
    return records(day, day.low, -1)


@loop(inputs=("open", "close"), min_bars=10)
def conf_persist(day: StockDay) -> float:
    """(median{t: r_t<0} − median{t: r_t>0})/T."""
    return (median(falling(day)) - median(rising(day))) / day.minutes
