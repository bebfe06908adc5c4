"""Returns and prices weighted by volume."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole

Array = Any


@factor(
    family="D",
    unit="ratio",
    formula=r"\sum_tw_tr_t",
    min_bars=2,
    source="standard",
)
def return_volume_weighted(returns: Array, volume_share: Array) -> Array:
    """Mean minute return, weighted by volume."""
    return m.sum(volume_share * returns)


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_tw_tC_t}{\bar C}",
    min_bars=10,
    source="CJ 高位成交因子; DDB-51",
)
def weighted_close_ratio(close: Array, volume_share: Array) -> Array:
    """Mean close weighted by volume, over the plain mean."""
    return m.ratio(m.sum(volume_share * close), m.mean(close))


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_tw_t(C_t-\bar C)^3}{\mathrm{std}(C)^3}",
    min_bars=10,
    version=2,
    source="CJ 加权偏度; DDB-56",
)
def weighted_price_skewness(close: Array, volume_share: Array) -> Array:
    """Third moment of the close about its plain mean, weighted by volume, over the cubed standard deviation."""
    d, spread = m.centred(close), m.std(close)
    return m.ratio(m.sum(volume_share * (d * d * d)), spread * spread * spread)


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{\sum_{t>T-20}b_tV_t}{\sum_{t>T-20}V_t}",
    ranges={"minutes": whole(1)},
    min_bars=10,
    source="CICC12 trade_bottom20retRatio (its V total is over the filtered window)",
)
def return_last20_volume_weighted(bar_returns: Array, volume: Array, minutes: int = 20) -> Array:
    """Mean return from open to close of the last 20 bars, weighted by volume.

    The volume of a bar without an open counts below the line only.
    """
    bar_returns, volume = m.tail(bar_returns, minutes), m.tail(volume, minutes)
    return m.ratio(m.sum(bar_returns * volume), m.sum(volume))


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{\sum_{t>T-50}b_tV_t}{\sum_{t>T-50}V_t}",
    ranges={"minutes": whole(1)},
    min_bars=25,
    source="CICC12",
)
def return_last50_volume_weighted(bar_returns: Array, volume: Array, minutes: int = 50) -> Array:
    """Mean return from open to close of the last 50 bars, weighted by volume.

    The volume of a bar without an open counts below the line only.
    """
    bar_returns, volume = m.tail(bar_returns, minutes), m.tail(volume, minutes)
    return m.ratio(m.sum(bar_returns * volume), m.sum(volume))


@factor(
    family="D",
    unit="ratio",
    formula=r"\mathrm{mean}_{t\le20,V_t>0}\frac{b_t}{w_t}",
    ranges={"minutes": whole(1)},
    min_bars=10,
    source="CICC12 trade_top20retRatio",
)
def return_first20_per_volume(bar_returns: Array, volume_share: Array, minutes: int = 20) -> Array:
    """Mean return of the first 20 minutes' traded bars, each over its share in the day's volume."""
    return m.mean(m.head(m.ratio(bar_returns, volume_share), minutes))


@factor(
    family="D",
    unit="ratio",
    formula=r"\mathrm{mean}_{t\le20,V_t>0}\frac{\max(b_t,0)}{w_t}",
    ranges={"minutes": whole(1)},
    min_bars=10,
    source="CICC12 trade_topPos20retRatio",
)
def return_first20_pos_per_volume(bar_returns: Array, volume_share: Array, minutes: int = 20) -> Array:
    """Mean rise, 0 for a fall, of the first 20 minutes' traded bars, each over its share in the day's volume."""
    return m.mean(m.head(m.ratio(m.clip(bar_returns, low=0.0), volume_share), minutes))


@factor(
    family="D",
    unit="ratio",
    formula=r"\mathrm{mean}_{t\le20,V_t>0}\frac{\max(-b_t,0)}{w_t}",
    ranges={"minutes": whole(1)},
    min_bars=10,
    source="CICC12 trade_topNeg20retRatio",
)
def return_first20_neg_per_volume(bar_returns: Array, volume_share: Array, minutes: int = 20) -> Array:
    """Mean fall, 0 for a rise, of the first 20 minutes' traded bars, each over its share in the day's volume."""
    return m.mean(m.head(m.ratio(m.clip(-bar_returns, low=0.0), volume_share), minutes))


@factor(
    family="D",
    unit="ratio",
    formula=r"\sum_{t>t_0}r_t\mathbf 1\{V_t>V_{t-1}\}",
    min_bars=10,
    source="learndl incvol_ret",
)
def return_on_rising_volume(returns: Array, volume: Array) -> Array:
    """Sum of the returns of the minutes with more volume than the one before."""
    return m.sum(m.where(volume > m.lag(volume), returns))
