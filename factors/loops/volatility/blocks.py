"""Blocks of minutes."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import (
    NAN,
    change,
    deviations,
    kurt,
    log_change,
    mean,
    missing,
    settled,
    skew,
    slope,
    std,
    total,
    valued,
)
from factors.loops.registry import loop


def blocks(day: StockDay, block: int) -> list[list[int]]:
    """B_j = minutes block·(j − 1) + 1..block·j of the grid, j = 1..⌊T/block⌋."""
    return [list(range(first, first + block)) for first in range(0, day.minutes - block + 1, block)]


def block_returns(day: StockDay, block: int) -> list[float]:
    """R_j = Π(1 + r_t) − 1 of the blocks with all r_t.

    The product is the last close over what the first r_t is measured from, here in one division: prices that come
    back give 0 and not the rounding of five.
    """
    found = []
    for minutes in blocks(day, block):
        if any(missing(day.returns[t]) for t in minutes):
            continue
        before = day.first_open if minutes[0] == day.t0 else day.close[minutes[0] - 1]
        found.append(change(day.close[minutes[-1]], before))
    return settled(found)


@loop(inputs=("open", "close"), min_bars=25)
def return_vol_of_vol(day: StockDay, block: int = 5) -> float:
    """std over the blocks of std(r_t in the block)."""
    returns = [[day.returns[t] for t in minutes] for minutes in blocks(day, block)]
    spreads = [std(rs) for rs in returns if not any(missing(r) for r in rs)]
    return std(settled(spreads)) if len(spreads) >= 2 else NAN


@loop(inputs=("open", "close"), min_bars=10)
def return_std_5min(day: StockDay, block: int = 5) -> float:
    """std(R_j)."""
    found = block_returns(day, block)
    return std(found) if len(found) >= 2 else NAN


@loop(inputs=("open", "close"), min_bars=10)
def return_skewness_5min(day: StockDay, block: int = 5) -> float:
    """skew(R_j)."""
    return skew(block_returns(day, block))


@loop(inputs=("open", "close"), min_bars=10)
def return_kurtosis_5min(day: StockDay, block: int = 5) -> float:
    """kurt(R_j)."""
    return kurt(block_returns(day, block))


@loop(inputs=("high", "low"), min_bars=10)
def realized_range(day: StockDay, block: int = 5) -> float:
    """Σ over the blocks of ln²(max H/min L)/(4 ln 2); NaN without a whole block."""
    squares = []
    for minutes in blocks(day, block):
        highs, lows = [day.high[t] for t in minutes], [day.low[t] for t in minutes]
        if not any(missing(x) for x in highs + lows):
            squares.append(log_change(max(highs), min(lows)) ** 2)
    return total(squares) / (4 * math.log(2)) if squares else NAN


def rescaled_range(values: list[float], size: int) -> float:
    """mean(R/S) over the ⌊N/size⌋ blocks from the start, those with S = 0 left out."""
    found = []
    for first in range(0, len(values) - size + 1, size):
        block = values[first : first + size]
        spread = std(block)
        if spread == 0:
            continue
        cumulated, so_far = [], 0.0
        for d in deviations(block):
            so_far += d
            cumulated.append(so_far)
        found.append((max(cumulated) - min(cumulated)) / spread)
    return mean(found)


@loop(inputs=("close",), min_bars=60)
def hurst_rs(day: StockDay, sizes: tuple[int, ...] = (10, 20, 30, 40, 60, 120)) -> float:
    """Slope of ln mean(R/S)_m on ln m over the sizes m ≤ N; NaN for fewer than three."""
    values = valued(day.log_returns)
    pairs = []
    for size in sizes:
        found = rescaled_range(values, size) if size <= len(values) else NAN
        if not missing(found):
            pairs.append((math.log(size), math.log(found)))
    return slope(pairs) if len(pairs) >= 3 else NAN
