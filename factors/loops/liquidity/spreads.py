"""Bid-ask spreads estimated from prices alone."""

from __future__ import annotations

import math
from collections.abc import Iterable

from factors.loops.day import StockDay
from factors.loops.moments import NAN, cov, log_change, mean, missing, settled, total, valued, var
from factors.loops.registry import loop


def logs(day: StockDay, prices: Iterable[float]) -> list[float]:
    """ln(P/C_{t0}); NaN where there is no P. What is taken from all logarithms alike changes no difference of them."""
    start = day.close[day.span[0]]
    return [NAN if missing(p) else log_change(p, start) for p in prices]


def average(values: Iterable[float]) -> float:
    """Mean of those that are there; NaN for none."""
    return mean(valued(values))


def root(square: float) -> float:
    """√max(x, 0)."""
    return NAN if missing(square) else math.sqrt(max(square, 0.0))


@loop(inputs=("close",), min_bars=20)
def roll_spread(day: StockDay) -> float:
    """2·√max(−cov(l_t, l_{t−1}), 0)."""
    returns = day.log_returns
    return 2 * root(-cov((returns[t], returns[t - 1]) for t in day.span[1:]))


@loop(inputs=("high", "low", "close"), min_bars=20)
def corwin_schultz_spread(day: StockDay) -> float:
    """mean_{t>t0} max(S_t, 0), S = 2(e^α − 1)/(1 + e^α), α = (√(2B) − √B)/c − √(G/c), c = 3 − 2√2."""
    c = 3 - 2 * math.sqrt(2)
    spreads = []
    for t in day.span[1:]:
        before, high, low = day.close[t - 1], day.high[t], day.low[t]
        high_before, low_before = day.high[t - 1], day.low[t - 1]
        if any(missing(price) for price in (high, low, high_before, low_before)):
            continue
        gap = max(0.0, before - high) + min(0.0, before - low)
        high, low = high + gap, low + gap
        if min(high, low) <= 0:  # of a bar whose low is above its high
            continue
        b = log_change(high, low) ** 2 + log_change(high_before, low_before) ** 2
        g = log_change(max(high, high_before), min(low, low_before)) ** 2
        alpha = (math.sqrt(2 * b) - math.sqrt(b)) / c - math.sqrt(g / c)
        spreads.append(max(2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha)), 0.0))
    return mean(spreads)


@loop(inputs=("high", "low", "close"), min_bars=20)
def abdi_ranaldo_spread(day: StockDay) -> float:
    """√max(4·mean_{t>t0}((c_{t−1} − η_{t−1})(c_{t−1} − η_t)), 0), c = ln C, η = (ln H + ln L)/2."""
    high, low, close = (logs(day, x) for x in (day.high, day.low, day.close))
    middle = [(high[t] + low[t]) / 2 for t in range(day.minutes)]
    return root(4 * average((close[t - 1] - middle[t - 1]) * (close[t - 1] - middle[t]) for t in day.span[1:]))


@loop(inputs=("open", "high", "low", "close"), min_bars=20)
def edge_spread(day: StockDay) -> float:
    """√|S²|, S² = (v2·e1 + v1·e2)/(v1 + v2), e and v mean and variance of x1, x2 over t > t0."""
    o, h, l, c = (logs(day, x) for x in (day.open, day.high, day.low, day.close))  # noqa: E741
    m = [(h[t] + l[t]) / 2 for t in range(day.minutes)]
    later = day.span[1:]

    def unequal(x: float, y: float) -> float:
        return NAN if missing(x) or missing(y) else float(x != y)

    tau = [NAN if missing(h[t]) or missing(l[t]) else float(h[t] != l[t] or l[t] != c[t - 1]) for t in later]
    r1 = [m[t] - o[t] for t in later]
    r2 = [o[t] - m[t - 1] for t in later]
    r3 = [m[t] - c[t - 1] for t in later]
    r4 = [c[t - 1] - m[t - 1] for t in later]
    r5 = [o[t] - c[t - 1] for t in later]
    at = range(len(later))
    po = average(tau[i] * unequal(o[t], h[t]) for i, t in enumerate(later))
    po += average(tau[i] * unequal(o[t], l[t]) for i, t in enumerate(later))
    pc = average(tau[i] * unequal(c[t - 1], h[t - 1]) for i, t in enumerate(later))
    pc += average(tau[i] * unequal(c[t - 1], l[t - 1]) for i, t in enumerate(later))
    if total(valued(tau)) < 2 or po == 0 or pc == 0:
        return NAN

    def demeaned(r: list[float]) -> list[float]:
        part = average(r) / average(tau)
        return [r[i] - part * tau[i] for i in at]

    d1, d3, d5 = demeaned(r1), demeaned(r3), demeaned(r5)
    x1 = settled(valued(-4 / po * d1[i] * r2[i] - 4 / pc * d3[i] * r4[i] for i in at))
    x2 = settled(valued(-4 / po * d1[i] * r5[i] - 4 / pc * d5[i] * r4[i] for i in at))
    e1, e2, v1, v2 = mean(x1), mean(x2), var(x1), var(x2)
    square = (v2 * e1 + v1 * e2) / (v1 + v2) if v1 + v2 != 0 else (e1 + e2) / 2
    return math.sqrt(abs(square))
