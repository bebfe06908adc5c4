"""Variance from highs and lows, of the minutes and of the day."""

from __future__ import annotations

import math
from collections.abc import Iterable

from factors.loops.day import StockDay
from factors.loops.moments import NAN, log_change, mean, total, valued, var
from factors.loops.registry import loop


def rs(day: StockDay, t: int) -> float:
    """ln(H_t/C_t)·ln(H_t/O_t) + ln(L_t/C_t)·ln(L_t/O_t)."""
    o, h, low, c = day.open[t], day.high[t], day.low[t], day.close[t]
    return log_change(h, c) * log_change(h, o) + log_change(low, c) * log_change(low, o)


def some(terms: Iterable[float]) -> float:
    """The sum of the terms that exist, NaN if none does."""
    there = valued(terms)
    return total(there) if there else NAN


@loop(inputs=("high", "low"), min_bars=2)
def parkinson_var(day: StockDay) -> float:
    """Σ ln²(H_t/L_t)/(4·ln 2)."""
    return some(log_change(day.high[t], day.low[t]) ** 2 for t in day.span) / (4 * math.log(2))


@loop(inputs=("open", "high", "low", "close"), min_bars=2)
def garman_klass_var(day: StockDay) -> float:
    """Σ (½·ln²(H_t/L_t) − (2·ln 2 − 1)·ln²(C_t/O_t))."""
    terms = []
    for t in day.span:
        whole, body = log_change(day.high[t], day.low[t]), log_change(day.close[t], day.open[t])
        terms.append(0.5 * whole * whole - (2 * math.log(2) - 1) * body * body)
    return some(terms)


@loop(inputs=("open", "high", "low", "close"), min_bars=2)
def rogers_satchell_var(day: StockDay) -> float:
    """Σ (ln(H_t/C_t)·ln(H_t/O_t) + ln(L_t/C_t)·ln(L_t/O_t))."""
    return some(rs(day, t) for t in day.span)


@loop(inputs=("high", "low"), min_bars=1)
def day_parkinson(day: StockDay) -> float:
    """ln²(H_d/L_d)/(4·ln 2)."""
    return log_change(day.day_high, day.day_low) ** 2 / (4 * math.log(2))


@loop(inputs=("open", "high", "low", "close"), min_bars=1)
def day_garman_klass(day: StockDay) -> float:
    """½·ln²(H_d/L_d) − (2·ln 2 − 1)·ln²(C_d/O_d)."""
    whole, body = log_change(day.day_high, day.day_low), log_change(day.last_close, day.first_open)
    return 0.5 * whole * whole - (2 * math.log(2) - 1) * body * body


@loop(inputs=("open", "high", "low", "close"), min_bars=20)
def yang_zhang_var(day: StockDay) -> float:
    """N·(σ_o² + k·σ_c² + (1 − k)·mean(rs)) over the N minutes t > t0 at which all of o, c and rs exist.

    o = ln(O_t/C_{t−1}), c = ln(C_t/O_t), rs as above; σ² have the divisor N − 1,
    k = 0.34/(1.34 + (N + 1)/(N − 1)); NaN for N < 2.
    """
    gaps, bodies, inner = [], [], []
    for t in day.span[1:]:
        gap, body = log_change(day.open[t], day.close[t - 1]), log_change(day.close[t], day.open[t])
        if not math.isnan(gap + body + rs(day, t)):
            gaps.append(gap)
            bodies.append(body)
            inner.append(rs(day, t))
    n = len(gaps)
    if n < 2:
        return NAN
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    return n * (var(gaps) * n / (n - 1) + k * var(bodies) * n / (n - 1) + (1 - k) * mean(inner))
