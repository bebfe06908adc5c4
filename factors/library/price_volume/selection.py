"""Factors of the minutes selected by the order of a key."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE, whole
from factors.library.price_volume.order_shared import share_of

Array = Any


def _compounded(returns: Array, chosen: Array) -> Array:
    return m.where(m.any(chosen & m.exists(returns)), m.prod(m.where(chosen, 1 + returns)) - 1)


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac1k\sum_{j=1}^{k}r_{(j)},\ k=\max(1,\lfloor M/20\rfloor)",
    ranges={"share": SHARE},
    min_bars=20,
    source="public candidate list A7",
)
def return_tail5_mean(returns: Array, share: str = "1/20") -> Array:
    """Mean of the smallest minute returns."""
    return m.mean(m.where(m.top(-returns, share), returns))


@factor(
    family="B",
    unit="ratio",
    formula=r"\prod_{t\in\mathrm{Top}(r,k)}(1+r_t)-1",
    ranges={"share": SHARE},
    min_bars=20,
    source="DDB-28 (中信建投)",
)
def return_top10_prod(returns: Array, share: str = "1/10") -> Array:
    """Compounded return of the minutes with the largest returns."""
    return _compounded(returns, m.top(returns, share))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac15\sum_{j=0}^{4}r_{(M-j)}",
    ranges={"k": whole(1)},
    min_bars=5,
    source="learndl err_ret",
)
def return_topk_mean(returns: Array, return_count: Array, k: int = 5) -> Array:
    """Mean of the k largest minute returns, NaN where there are fewer."""
    return m.where(return_count >= k, m.mean(m.where(m.top(returns, k=k), returns)))


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\mathrm{std}(r_t:t\in S_{33})}{\mathrm{std}(r_t)}",
    ranges={"share": SHARE},
    min_bars=12,
    version=2,
    source="WangXiang",
)
def return_std_ratio_top33_volume(returns: Array, volume_place: Array, share: str = "1/3") -> Array:
    """Standard deviation of the returns in the minutes with most volume, over that of the day."""
    return m.ratio(m.std(m.where(m.leading(volume_place, share), returns)), m.std(returns))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_{t+1},V_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    version=2,
    source="GF8 corr_VRleadlarge",
)
def VR_1min_lead_top33_volume(returns: Array, volume: Array, volume_place: Array, share: str = "1/3") -> Array:
    """Correlation of the volume with the return after, in the minutes with most volume."""
    return m.corr(m.where(m.leading(volume_place, share), m.lead(returns)), volume)


def _compounded_of(bar_returns: Array, place: Array, k: int) -> Array:
    chosen = m.leading(place, k=k)
    return m.where(m.count(chosen) == k, _compounded(bar_returns, chosen))


@factor(
    family="D",
    unit="ratio",
    formula=r"\prod_{t\in\mathrm{Top}(V,50)}(1+b_t)-1",
    ranges={"k": whole(1)},
    min_bars=60,
    source="CICC12 mmt_top50VolumeRet; shandonguzi variant: close[last]/close[first] of the kept bars",
)
def return_top50_volume(bar_returns: Array, volume_place: Array, k: int = 50) -> Array:
    """Compounded return within the k minutes with most volume, NaN where fewer are traded."""
    return _compounded_of(bar_returns, volume_place, k)


@factor(
    family="D",
    unit="ratio",
    formula=r"\prod_{t\in\mathrm{Top}(-V,50)}(1+b_t)-1",
    ranges={"k": whole(1)},
    min_bars=60,
    source="CICC12",
)
def return_bottom50_volume(bar_returns: Array, volume_place_low: Array, k: int = 50) -> Array:
    """Compounded return within the k traded minutes with least volume, NaN where fewer are traded."""
    return _compounded_of(bar_returns, volume_place_low, k)


@factor(
    family="D",
    unit="ratio",
    formula=r"\prod_{t\in\mathrm{Top}(V,20)}(1+b_t)-1",
    ranges={"k": whole(1)},
    min_bars=30,
    source="CICC12",
)
def return_top20_volume(bar_returns: Array, volume_place: Array, k: int = 20) -> Array:
    """Compounded return within the k minutes with most volume, NaN where fewer are traded."""
    return _compounded_of(bar_returns, volume_place, k)


@factor(
    family="D",
    unit="ratio",
    formula=r"\prod_{t\in\mathrm{Top}(-V,20)}(1+b_t)-1",
    ranges={"k": whole(1)},
    min_bars=30,
    source="CICC12",
)
def return_bottom20_volume(bar_returns: Array, volume_place_low: Array, k: int = 20) -> Array:
    """Compounded return within the k traded minutes with least volume, NaN where fewer are traded."""
    return _compounded_of(bar_returns, volume_place_low, k)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{t\in\mathrm{Top}(V,k)}V_t}{\sum_tV_t}",
    ranges={"share": SHARE},
    min_bars=10,
    source="learndl vol_highrank_share",
)
def volume_top10pct_share(volume: Array, volume_place: Array, share: str = "1/10") -> Array:
    """Share of the day's volume in the minutes with most."""
    return share_of(volume, m.leading(volume_place, share))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{S}V_t/\sum_{S}K_t}{\sum V_t/\sum K_t}",
    ranges={"share": SHARE},
    min_bars=10,
    source="CJ 高活跃每笔成交; WangXiang trade_high_act",
)
def per_trade_high_activity(volume: Array, trades: Array, volume_place: Array, share: str = "1/5") -> Array:
    """Mean volume of a trade in the minutes with most volume, over that of the day."""
    chosen = m.leading(volume_place, share)
    active = m.ratio(m.sum(m.where(chosen, volume)), m.sum(m.where(chosen, trades)))
    return m.ratio(active, m.ratio(m.sum(volume), m.sum(trades)))


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_{hi}A/\sum_{hi}V-\sum_{lo}A/\sum_{lo}V}{VWAP}",
    ranges={"share": SHARE},
    min_bars=20,
    source="learndl vwap_hlvol",
)
def vwap_high_low_volume_gap(
    volume: Array, amount: Array, vwap_day: Array, volume_place: Array, volume_place_low: Array, share: str = "1/10"
) -> Array:
    """Average price of the minutes with most volume less that of those with least, over the day's."""
    high, low = m.leading(volume_place, share), m.leading(volume_place_low, share)
    of_high = m.ratio(m.sum(m.where(high, amount)), m.sum(m.where(high, volume)))
    of_low = m.ratio(m.sum(m.where(low, amount)), m.sum(m.where(low, volume)))
    return m.ratio(of_high - of_low, vwap_day)


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{\sum_{B^c}r_tV_t}{\sum_{B^c}V_t}-\frac{\sum_{B}r_t/V_t}{\sum_{B}1/V_t}",
    ranges={"share": SHARE},
    min_bars=20,
    source="CJ 结构化反转; DDB-52",
)
def structural_reversal(returns: Array, volume: Array, volume_place_low: Array, share: str = "1/10") -> Array:
    """Mean return by volume of most minutes, less the mean by 1/volume of those with least volume.

    The weight of a minute without a return counts.
    """
    low = m.leading(volume_place_low, share)
    momentum = m.ratio(m.sum(m.where(low, 0.0, returns * volume)), m.sum(m.where(low, 0.0, volume)))
    reversal = m.ratio(m.sum(m.where(low, returns / volume)), m.sum(m.where(low, 1 / volume)))
    return momentum - reversal


@factor(
    family="D",
    unit="ratio",
    formula=r"\sum_{t\in S}r_t,\ S=\mathrm{Top}\bigl(V/K,\ \lfloor n/5\rfloor\bigr)",
    ranges={"share": SHARE},
    min_bars=20,
    source="CJ 量价关系中的反转微观结构; DDB-31",
)
def local_reversal_per_trade(returns: Array, volume_per_trade: Array, share: str = "1/5") -> Array:
    """Sum of the returns of the minutes with the largest mean volume of a trade."""
    chosen = m.top(m.where(m.exists(returns), volume_per_trade), share)
    return m.where(m.any(chosen), m.sum(m.where(chosen, returns)))


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_SV_t}{\sum V_t},\ S=\mathrm{Top}(r_{t+1},\lfloor n/10\rfloor)",
    ranges={"share": SHARE},
    min_bars=30,
    source="learndl",
)
def smart_money_share(volume: Array, next_return: Array, share: str = "1/10") -> Array:
    """Share of the day's volume in the traded minutes with the largest return after; the last has none."""
    return share_of(volume, m.top(next_return, share))


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_SV_t}{\sum V_t},\ S=\mathrm{Top}(-r_{t+1},\lfloor n/10\rfloor)",
    ranges={"share": SHARE},
    min_bars=30,
    source="learndl",
)
def stupid_money_share(volume: Array, next_return: Array, share: str = "1/10") -> Array:
    """Share of the day's volume in the traded minutes with the smallest return after; the last has none."""
    return share_of(volume, m.top(-next_return, share))
