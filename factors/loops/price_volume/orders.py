"""Returns of the bars with the largest orders or the largest volume."""

from __future__ import annotations

from fractions import Fraction

from factors.loops.day import StockDay
from factors.loops.moments import NAN, kurt, missing, ratio, skew, top, total, valued, var
from factors.loops.registry import loop


def largest_orders(day: StockDay, share: str) -> list[int]:
    """S = Top(P, share·n), P_t = A_t/K_t, of the n bars with K_t > 0 and a return."""
    per_trade = [NAN] * day.minutes
    eligible = []
    for t in day.span:
        if day.trades[t] > 0 and not missing(day.returns[t]):
            per_trade[t] = day.amount[t] / day.trades[t]
            eligible.append(t)
    return top(per_trade, eligible, *Fraction(share).as_integer_ratio())


def most_volume_returns(day: StockDay, share: str) -> list[float]:
    """The r_t of S = Top(V, share·n) of the n traded bars."""
    chosen = top(day.volume, day.traded_minutes, *Fraction(share).as_integer_ratio())
    return valued(day.returns[t] for t in chosen)


@loop(inputs=("open", "close", "amount", "trades"), min_bars=20)
def cum_return_top30_order(day: StockDay, share: str = "3/10") -> float:
    """Π_{t∈S}(1 + r_t) − 1, S = Top(P, 3n/10); NaN if no bar is eligible."""
    chosen = largest_orders(day, share)
    if not chosen:
        return NAN
    growth = 1.0
    for t in chosen:
        growth = growth * (1 + day.returns[t])
    return growth - 1


@loop(inputs=("open", "close", "amount", "trades"), min_bars=20)
def netinflow_top30_order(day: StockDay, share: str = "3/10") -> float:
    """(Σ_S A_t·1{r_t>0} − Σ_S A_t·1{r_t<0})/ΣA_t, S = Top(P, 3n/10); NaN if no bar is eligible."""
    chosen = largest_orders(day, share)
    if not chosen:
        return NAN
    flows = []
    for t in chosen:
        if day.returns[t] > 0:
            flows.append(day.amount[t])
        if day.returns[t] < 0:
            flows.append(-day.amount[t])
    return ratio(total(flows), total(day.amount[t] for t in day.span))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def return_var_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """var{r_t: t ∈ S}, S = Top(V, n/3)."""
    return var(most_volume_returns(day, share))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def return_skewness_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """skew{r_t: t ∈ S}, S = Top(V, n/3)."""
    return skew(most_volume_returns(day, share))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def return_kurtosis_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """kurt{r_t: t ∈ S}, S = Top(V, n/3)."""
    return kurt(most_volume_returns(day, share))
