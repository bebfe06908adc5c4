"""Factors of the minutes selected by the order of a key."""

from __future__ import annotations

from collections.abc import Sequence

from factors.loops.day import StockDay
from factors.loops.moments import NAN, lagged, mean, missing, pearson, ratio, std, valued
from factors.loops.order_tools import by_key, part, product_less_one, sum_over, with_value
from factors.loops.registry import loop


def most_volume(day: StockDay, k: int) -> list[int]:
    """Top(V, k) of the traded bars."""
    return by_key(day.volume, day.traded_minutes)[:k]


def least_volume(day: StockDay, k: int) -> list[int]:
    """The k traded bars with the smallest V_t."""
    return by_key(day.volume, day.traded_minutes, smallest=True)[:k]


def share_of_traded(day: StockDay, share: str) -> int:
    """max(1, ⌊share·n⌋) of the n traded bars."""
    return part(len(day.traded_minutes), share)


def volume_share_of(day: StockDay, chosen: Sequence[int]) -> float:
    """Σ_S V_t/ΣV_t; NaN if nothing is chosen."""
    if not chosen:
        return NAN
    return ratio(sum_over(chosen, lambda t: day.volume[t]), sum_over(day.span, lambda t: day.volume[t]))


@loop(inputs=("open", "close"), min_bars=20)
def return_tail5_mean(day: StockDay, share: str = "1/20") -> float:
    """Mean of the k smallest r_t, k = max(1, ⌊M/20⌋)."""
    r = sorted(valued(day.returns))
    return mean(r[: part(len(r), share)])


@loop(inputs=("open", "close"), min_bars=20)
def return_top10_prod(day: StockDay, share: str = "1/10") -> float:
    """Π(1 + r_t) − 1 over the k largest r_t, k = max(1, ⌊M/10⌋)."""
    r = sorted(valued(day.returns), reverse=True)
    return product_less_one(r[: part(len(r), share)])


@loop(inputs=("open", "close"), min_bars=5)
def return_topk_mean(day: StockDay, k: int = 5) -> float:
    """Mean of the 5 largest r_t; NaN if there are fewer."""
    r = sorted(valued(day.returns), reverse=True)
    return mean(r[:k]) if len(r) >= k else NAN


@loop(inputs=("open", "close", "volume"), min_bars=12)
def return_std_ratio_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """std{r_t: t ∈ S}/std(r_t), S = Top(V, n/3)."""
    chosen = most_volume(day, share_of_traded(day, share))
    return ratio(std(valued(day.returns[t] for t in chosen)), std(valued(day.returns)))


@loop(inputs=("open", "close", "volume"), min_bars=12)
def VR_1min_lead_top33_volume(day: StockDay, share: str = "1/3") -> float:
    """corr(r_{t+1}, V_t) over t ∈ S = Top(V, n/3)."""
    chosen = most_volume(day, share_of_traded(day, share))
    return pearson((day.returns[t + 1], day.volume[t]) for t in chosen if t + 1 < day.minutes)


@loop(inputs=("open", "close", "volume"), min_bars=60)
def return_top50_volume(day: StockDay, k: int = 50) -> float:
    """Π(1 + b_t) − 1 over the 50 largest V_t; NaN if fewer bars are traded."""
    chosen = most_volume(day, k)
    return product_less_one(day.bar_returns[t] for t in chosen) if len(chosen) == k else NAN


@loop(inputs=("open", "close", "volume"), min_bars=60)
def return_bottom50_volume(day: StockDay, k: int = 50) -> float:
    """Π(1 + b_t) − 1 over the 50 smallest V_t of traded bars; NaN if there are fewer."""
    chosen = least_volume(day, k)
    return product_less_one(day.bar_returns[t] for t in chosen) if len(chosen) == k else NAN


@loop(inputs=("open", "close", "volume"), min_bars=30)
def return_top20_volume(day: StockDay, k: int = 20) -> float:
    """Π(1 + b_t) − 1 over the 20 largest V_t; NaN if fewer bars are traded."""
    chosen = most_volume(day, k)
    return product_less_one(day.bar_returns[t] for t in chosen) if len(chosen) == k else NAN


@loop(inputs=("open", "close", "volume"), min_bars=30)
def return_bottom20_volume(day: StockDay, k: int = 20) -> float:
    """Π(1 + b_t) − 1 over the 20 smallest V_t of traded bars; NaN if there are fewer."""
    chosen = least_volume(day, k)
    return product_less_one(day.bar_returns[t] for t in chosen) if len(chosen) == k else NAN


@loop(inputs=("volume",), min_bars=10)
def volume_top10pct_share(day: StockDay, share: str = "1/10") -> float:
    """Sum of the k largest V_t/ΣV, k = max(1, ⌊n/10⌋) of the n traded bars."""
    return volume_share_of(day, most_volume(day, share_of_traded(day, share)))


@loop(inputs=("volume", "trades"), min_bars=10)
def per_trade_high_activity(day: StockDay, share: str = "1/5") -> float:
    """(Σ_S V_t/Σ_S K_t)/(ΣV_t/ΣK_t), S = Top(V, n/5)."""

    def per_trade(minutes: Sequence[int]) -> float:
        return ratio(sum_over(minutes, lambda t: day.volume[t]), sum_over(minutes, lambda t: day.trades[t]))

    return ratio(per_trade(most_volume(day, share_of_traded(day, share))), per_trade(day.span))


@loop(inputs=("volume", "amount"), min_bars=20)
def vwap_high_low_volume_gap(day: StockDay, share: str = "1/10") -> float:
    """(ΣA/ΣV over Top(V, n/10) − ΣA/ΣV over the n/10 smallest V_t)/VWAP."""

    def price(minutes: Sequence[int]) -> float:
        return ratio(sum_over(minutes, lambda t: day.amount[t]), sum_over(minutes, lambda t: day.volume[t]))

    k = share_of_traded(day, share)
    return ratio(price(most_volume(day, k)) - price(least_volume(day, k)), day.vwap_day)


@loop(inputs=("open", "close", "volume"), min_bars=20)
def structural_reversal(day: StockDay, share: str = "1/10") -> float:
    """Σ_{not B} r_t·V_t/Σ_{not B} V_t − Σ_B (r_t/V_t)/Σ_B (1/V_t), B = the n/10 smallest V_t of the traded bars."""
    low = least_volume(day, share_of_traded(day, share))
    rest = [t for t in day.span if t not in low]
    momentum = ratio(sum_over(rest, lambda t: day.returns[t] * day.volume[t]), sum_over(rest, lambda t: day.volume[t]))
    reversal = ratio(
        sum_over(low, lambda t: day.returns[t] / day.volume[t]), sum_over(low, lambda t: 1 / day.volume[t])
    )
    return momentum - reversal


@loop(inputs=("open", "close", "volume", "trades"), min_bars=20)
def local_reversal_per_trade(day: StockDay, share: str = "1/5") -> float:
    """Σ_{t∈S} r_t, S = Top(V/K, n/5) of the n bars with K_t > 0 and r_t."""
    eligible = [t for t in with_value(day, day.volume_per_trade) if not missing(day.returns[t])]
    if not eligible:
        return NAN
    chosen = by_key(day.volume_per_trade, eligible)[: part(len(eligible), share)]
    return sum_over(chosen, lambda t: day.returns[t])


def by_next_return(day: StockDay, share: str, *, smallest: bool) -> list[int]:
    """The traded bars with t < T and the largest (smallest) r_{t+1}, max(1, ⌊share·n⌋) of n."""
    after = lagged(day.returns[::-1])[::-1]
    eligible = [t for t in day.traded_minutes if not missing(after[t])]
    return by_key(after, eligible, smallest=smallest)[: part(len(eligible), share)]


@loop(inputs=("open", "close", "volume"), min_bars=30)
def smart_money_share(day: StockDay, share: str = "1/10") -> float:
    """Σ_S V_t/ΣV_t, S = the traded bars with the largest r_{t+1}."""
    return volume_share_of(day, by_next_return(day, share, smallest=False))


@loop(inputs=("open", "close", "volume"), min_bars=30)
def stupid_money_share(day: StockDay, share: str = "1/10") -> float:
    """Σ_S V_t/ΣV_t, S = the traded bars with the smallest r_{t+1}."""
    return volume_share_of(day, by_next_return(day, share, smallest=True))
