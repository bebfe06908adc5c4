"""How unevenly volume and amount are spread, and on which kinds of minutes they fall."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import entropy, mean, ratio, std, total, valued, var
from factors.loops.order_tools import bin_index
from factors.loops.registry import loop


def volume_part(day: StockDay, minutes: list[int]) -> float:
    """Share of some minutes in the day's volume."""
    return ratio(total(day.volume[t] for t in minutes), total(day.volume[t] for t in day.span))


def consistent(day: StockDay, alpha: float) -> list[int]:
    """Minutes with H > L and |C − O| ≥ alpha·(H − L)."""
    found = []
    for t in day.span:
        spread = day.high[t] - day.low[t]
        if day.high[t] > day.low[t] and abs(day.close[t] - day.open[t]) >= alpha * spread:
            found.append(t)
    return found


@loop(inputs=("volume",), min_bars=2)
def volume_cv(day: StockDay) -> float:
    """std(V_t)/mean(V_t)."""
    volume = valued(day.volume)
    return ratio(std(volume), mean(volume))


@loop(inputs=("volume",), min_bars=2)
def volume_std(day: StockDay) -> float:
    """std(V_t)."""
    return std(valued(day.volume))


@loop(inputs=("amount",), min_bars=2)
def amount_var(day: StockDay) -> float:
    """var(A_t)."""
    return var(valued(day.amount))


@loop(inputs=("volume",), min_bars=1)
def volume_hhi(day: StockDay) -> float:
    """Σw_t²."""
    whole = total(day.volume[t] for t in day.span)
    return total(ratio(day.volume[t], whole) ** 2 for t in day.span)


@loop(inputs=("amount",), min_bars=2)
def amount_entropy(day: StockDay) -> float:
    """−Σa_t·ln a_t."""
    return entropy(day.amount[t] for t in day.span)


@loop(inputs=("close", "volume"), min_bars=2)
def price_volume_entropy(day: StockDay) -> float:
    """−Σp_t·ln p_t, p_t = V_t·C_t/ΣV_s·C_s."""
    return entropy(day.volume[t] * day.close[t] for t in day.span)


@loop(inputs=("volume",), min_bars=10)
def volume_bucket_entropy(day: StockDay, bins: int = 10) -> float:
    """−Σp_k·ln p_k, p_k the share of the traded bars with min(9, ⌊(10·(V_t − V_min))/(V_max − V_min)⌋) = k."""
    volume = [day.volume[t] for t in day.traded_minutes]
    low, high = min(volume), max(volume)
    if high == low:
        return 0
    bars = [0] * bins
    for v in volume:
        bars[min(bins - 1, bin_index((bins * (v - low)) / (high - low)))] += 1
    return entropy(bars)


@loop(inputs=("open", "close", "volume"), min_bars=10)
def volume_up_ratio(day: StockDay) -> float:
    """ΣV_t·1{r_t>0}/ΣV_t."""
    return volume_part(day, [t for t in day.span if day.returns[t] > 0])


@loop(inputs=("open", "close", "volume"), min_bars=10)
def volume_rsj(day: StockDay) -> float:
    """(Σw_t²·1{r_t<0} − Σw_t²·1{r_t>0})/Σw_t²."""
    w = day.volume_share
    fallen = total(w[t] * w[t] for t in day.span if day.returns[t] < 0)
    risen = total(w[t] * w[t] for t in day.span if day.returns[t] > 0)
    return ratio(fallen - risen, total(w[t] * w[t] for t in day.span))


@loop(inputs=("open", "high", "low", "close", "volume"), min_bars=10)
def consistent_volume_ratio(day: StockDay, alpha: float = 0.95) -> float:
    """ΣV_t·1{H_t>L_t, |C_t − O_t| ≥ 0.95·(H_t − L_t)}/ΣV_t."""
    return volume_part(day, consistent(day, alpha))


@loop(inputs=("open", "high", "low", "close", "volume"), min_bars=10)
def consistent_buy_ratio(day: StockDay, alpha: float = 0.95) -> float:
    """ΣV_t·1{C_t>O_t, H_t>L_t, |C_t − O_t| ≥ 0.95·(H_t − L_t)}/ΣV_t."""
    return volume_part(day, [t for t in consistent(day, alpha) if day.close[t] > day.open[t]])


@loop(inputs=("open", "high", "low", "close", "volume"), min_bars=10)
def consistent_sell_ratio(day: StockDay, alpha: float = 0.95) -> float:
    """ΣV_t·1{C_t<O_t, H_t>L_t, |C_t − O_t| ≥ 0.95·(H_t − L_t)}/ΣV_t."""
    return volume_part(day, [t for t in consistent(day, alpha) if day.close[t] < day.open[t]])


@loop(inputs=("volume",), min_bars=1)
def zero_volume_ratio(day: StockDay) -> float:
    """#{t ∈ E: V_t = 0}/n."""
    return ratio(len([t for t in day.span if day.volume[t] == 0]), len(day.span))
