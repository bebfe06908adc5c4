"""The distribution of the minute returns: tails, higher moments and its two sides."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, mean, ratio, std, total, valued
from factors.loops.registry import loop


@loop(inputs=("open", "close"), min_bars=10)
def down_vol_perc(day: StockDay) -> float:
    """std{r_t: r_t < mean(r)}/std(r_t)."""
    returns = valued(day.returns)
    return ratio(std([r for r in returns if r < mean(returns)]), std(returns))


@loop(inputs=("open", "close"), min_bars=10)
def up_vol_perc(day: StockDay) -> float:
    """std{r_t: r_t > mean(r)}/std(r_t)."""
    returns = valued(day.returns)
    return ratio(std([r for r in returns if r > mean(returns)]), std(returns))


@loop(inputs=("open", "close"), min_bars=1)
def return_max(day: StockDay) -> float:
    """max_t r_t."""
    return max(valued(day.returns), default=NAN)


@loop(inputs=("open", "close"), min_bars=1)
def return_min(day: StockDay) -> float:
    """min_t r_t."""
    return min(valued(day.returns), default=NAN)


@loop(inputs=("open", "close"), min_bars=1)
def return_max_abs(day: StockDay) -> float:
    """r_τ, τ = first t with the largest |r_t|."""
    return max(valued(day.returns), key=abs, default=NAN)  # the first of equals


@loop(inputs=("open", "close"), min_bars=10)
def return_skew_pos(day: StockDay) -> float:
    """Σ r_t³·1{r_t>0}/Σ|r_t|³."""
    returns = valued(day.returns)
    return ratio(total(r**3 for r in returns if r > 0), total(abs(r) ** 3 for r in returns))


@loop(inputs=("open", "close"), min_bars=10)
def return_skew_neg(day: StockDay) -> float:
    """Σ|r_t|³·1{r_t<0}/Σ|r_t|³."""
    returns = valued(day.returns)
    return ratio(total(abs(r) ** 3 for r in returns if r < 0), total(abs(r) ** 3 for r in returns))


@loop(inputs=("open", "close"), min_bars=20)
def return_hyperskew(day: StockDay) -> float:
    """Σ r_t⁵/(Σ r_t²)^2.5."""
    returns = valued(day.returns)
    squares = total(r**2 for r in returns)
    return ratio(total(r * r * r * r * r for r in returns), squares * squares * math.sqrt(squares))


@loop(inputs=("open", "close"), min_bars=20)
def return_hyperkurt(day: StockDay) -> float:
    """Σ r_t⁶/(Σ r_t²)³."""
    returns = valued(day.returns)
    return ratio(total(r**6 for r in returns), total(r**2 for r in returns) ** 3)


@loop(inputs=("high", "low"), min_bars=2)
def range_std(day: StockDay) -> float:
    """std(H_t/L_t)."""
    return std(valued(day.high[t] / day.low[t] for t in day.span))


@loop(inputs=("open", "close"), min_bars=10)
def zero_return_ratio(day: StockDay) -> float:
    """#{r_t = 0}/M."""
    returns = valued(day.returns)
    return ratio(sum(1 for r in returns if r == 0), len(returns))
