"""Returns of the bars with the largest orders or the largest volume."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import NAN, kurt, missing, ratio, skew, top, total, valued, var
from factors.loops.registry import loop


def top30_order(day: StockDay) -> list[int]:
    """S = Top(P, 3n/10), P_t = A_t/K_t, of the n bars with K_t > 0 and a return."""
    per_trade = [NAN] * day.minutes
    eligible = []
    for t in day.span:
        if day.trades[t] > 0 and not missing(day.returns[t]):
            per_trade[t] = day.amount[t] / day.trades[t]
            eligible.append(t)
    return top(per_trade, eligible, 3, 10)


def top33_returns(day: StockDay) -> list[float]:
    """The r_t of S = Top(V, n/3) of the n traded bars."""
    chosen = top(day.volume, day.traded_minutes, 1, 3)
    return valued(day.returns[t] for t in chosen)


@loop(inputs=("open", "close", "amount", "trades"), min_bars=20)
def cum_return_top30_order(day: StockDay) -> float:
    """Π_{t∈S}(1 + r_t) − 1, S = Top(P, 3n/10); NaN if no bar is eligible."""
    chosen = top30_order(day)
    if not chosen:
        return NAN
    growth = 1.0
    for t in chosen:
        growth = growth * (1 + day.returns[t])
    return growth - 1


@loop(inputs=("open", "close", "amount", "trades"), min_bars=20)
def netinflow_top30_order(day: StockDay) -> float:
    """(Σ_S A_t·1{r_t>0} − Σ_S A_t·1{r_t<0})/ΣA_t, S = Top(P, 3n/10); NaN if no bar is eligible."""
    chosen = top30_order(day)
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
def return_var_top33_volume(day: StockDay) -> float:
    """var{r_t: t ∈ S}, S = Top(V, n/3)."""
    return var(top33_returns(day))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def return_skewness_top33_volume(day: StockDay) -> float:
    """skew{r_t: t ∈ S}, S = Top(V, n/3)."""
    return skew(top33_returns(day))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def return_kurtosis_top33_volume(day: StockDay) -> float:
    """kurt{r_t: t ∈ S}, S = Top(V, n/3)."""
    return kurt(top33_returns(day))
