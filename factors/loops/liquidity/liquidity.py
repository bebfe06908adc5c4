"""Price impact of trading."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import mean, valued
from factors.loops.registry import loop


@loop(inputs=("open", "close", "amount"), min_bars=10)
def amihud_mean(day: StockDay, scale: float = 1e8) -> float:
    """1e8·mean of |r_t|/A_t over A_t > 0."""
    return scale * mean(valued(abs(day.returns[t]) / day.amount[t] for t in day.span if day.amount[t] > 0))
