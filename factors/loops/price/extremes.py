"""Where the extremes of price and volume lie, and what is traded there."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import NAN, missing, ratio
from factors.loops.order_tools import by_key, median, part, sum_over
from factors.loops.registry import loop


@loop(inputs=("close", "volume"), min_bars=10)
def volume_high_price_share(day: StockDay, share: str = "1/5") -> float:
    """Σ_S V_t/ΣV_t, S = Top(C, n/5) of the n traded bars."""
    return _volume_share(day, share, smallest=False)


@loop(inputs=("close", "volume"), min_bars=10)
def volume_low_price_share(day: StockDay, share: str = "1/5") -> float:
    """Σ_S V_t/ΣV_t, S = the n/5 smallest C_t of the n traded bars."""
    return _volume_share(day, share, smallest=True)


def _volume_share(day: StockDay, share: str, *, smallest: bool) -> float:
    traded = day.traded_minutes
    chosen = by_key(day.close, traded, smallest=smallest)[: part(len(traded), share)]
    return ratio(sum_over(chosen, lambda t: day.volume[t]), sum_over(day.span, lambda t: day.volume[t]))


@loop(inputs=("high", "low", "volume"), min_bars=5)
def high_time_top5(day: StockDay, k: int = 5) -> float:
    """Median of (t − 1) over the 5 traded bars with the largest H_t, divided by T − 1; t counts from 1."""
    eligible = [t for t in day.traded_minutes if not missing(day.high[t])]
    if len(eligible) < k or not day.day_high > day.day_low:
        return NAN
    return median(by_key(day.high, eligible)[:k]) / (day.minutes - 1)


@loop(inputs=("volume",), min_bars=30)
def volume_follow_ratio(day: StockDay, k: int = 10, skip: int = 15, gap: int = 5) -> float:
    """Σ over kept t of Σ_{s=t}^{t+4} V_s/ΣV.

    The 10 largest V_t of traded bars with t > 15, in time order; one is kept if it is the first, or at least 5 minutes
    after the last kept one.
    """
    largest = sorted(by_key(day.volume, [t for t in day.traded_minutes if t + 1 > skip])[:k])
    kept: list[int] = []
    for t in largest:
        if not kept or t - kept[-1] >= gap:
            kept.append(t)
    if not kept:
        return NAN
    follow = [s for t in kept for s in range(t, min(t + gap, day.minutes))]
    return ratio(sum_over(follow, lambda t: day.volume[t]), sum_over(day.span, lambda t: day.volume[t]))
