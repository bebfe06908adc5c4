"""How large a trade is, by the minute's amount and number of trades."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import kurt, pearson, ratio, skew, std, valued
from factors.loops.registry import loop
from factors.loops.volume.volume import mean_trade


@loop(inputs=("amount", "trades"), min_bars=1)
def amount_per_trade(day: StockDay) -> float:
    """ΣA_t/ΣK_t."""
    return mean_trade(day, list(day.span))


@loop(inputs=("open", "close", "amount", "trades"), min_bars=10)
def amount_in_out_order_ratio(day: StockDay) -> float:
    """(ΣA_t·1{r_t>0}/ΣK_t·1{r_t>0})/(ΣA_t·1{r_t<0}/ΣK_t·1{r_t<0})."""
    rising = [t for t in day.span if day.returns[t] > 0]
    falling = [t for t in day.span if day.returns[t] < 0]
    return ratio(mean_trade(day, rising), mean_trade(day, falling))


@loop(inputs=("amount", "trades"), min_bars=10)
def amount_per_trade_skew(day: StockDay) -> float:
    """skew(P_t), K_t > 0."""
    return skew(valued(day.amount_per_trade))


@loop(inputs=("amount", "trades"), min_bars=10)
def amount_per_trade_std(day: StockDay) -> float:
    """std(P_t), K_t > 0."""
    return std(valued(day.amount_per_trade))


@loop(inputs=("amount", "trades"), min_bars=10)
def amount_per_trade_kurt(day: StockDay) -> float:
    """kurt(P_t), K_t > 0."""
    return kurt(valued(day.amount_per_trade))


@loop(inputs=("open", "close", "volume", "trades"), min_bars=10)
def corr_pertrade_ret(day: StockDay) -> float:
    """corr(V_t/K_t, r_t), K_t > 0."""
    return pearson((day.volume[t] / day.trades[t], day.returns[t]) for t in day.span if day.trades[t] > 0)
