"""Correlations of price, return and volume along the day."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE, whole
from factors.library.shared import most_volume

Array = Any


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_t,V_t)",
    min_bars=10,
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; GF8 corr_VP; HTS 高频量价相关性; CICC12 corr_pv",
)
def VP(close: Array, volume: Array) -> Array:
    """Correlation of the close with the volume."""
    return m.corr(close, volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_t,V_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; GF8 corr_VPlarge; DDB-13",
)
def VP_top33_volume(close: Array, volume: Array, traded: Array, share: str = "1/3") -> Array:
    """Correlation of close and volume in the third (`share`) of the minutes with most volume."""
    return m.corr(m.where(most_volume(volume, traded, share), close), volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_t,V_t),\ t>T-30",
    ranges={"minutes": whole(2)},
    min_bars=16,
    window=(-30, None),
    core="reconstructed",
    version=2,
    source="WangXiang vp_corr_close",
)
def VP_last_30min(close: Array, volume: Array, minutes: int = 30) -> Array:
    """Correlation of close and volume in the last 30 minutes."""
    return m.corr(m.tail(close, minutes), m.tail(volume, minutes))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_t,V_t)",
    min_bars=10,
    core="reconstructed",
    version=2,
    source="GF8 corr_VR; CICC12 corr_prv",
)
def VR(returns: Array, volume: Array) -> Array:
    """Correlation of the return with the volume."""
    return m.corr(returns, volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_{t-1},V_t)",
    min_bars=10,
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; GF8 corr_VRlag: volume vs previous minute return (that port uses Kendall tau)",
)
def VR_1min_lag(returns: Array, volume: Array) -> Array:
    """Correlation of the volume with the return of the minute before."""
    return m.corr(m.lag(returns), volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_{t+1},V_t)",
    min_bars=10,
    core="reconstructed",
    version=2,
    source="GF8 corr_VRlead",
)
def VR_1min_lead(returns: Array, volume: Array) -> Array:
    """Correlation of the volume with the return of the minute after."""
    return m.corr(m.lead(returns), volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_t,V_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    core="reconstructed",
    version=2,
    source="GF8 corr_VRlarge",
)
def VR_top33_volume(returns: Array, volume: Array, traded: Array, share: str = "1/3") -> Array:
    """Correlation of return and volume in the third (`share`) of the minutes with most volume."""
    return m.corr(m.where(most_volume(volume, traded, share), returns), volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_{t-1},V_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    core="reconstructed",
    version=2,
    source="GF8 corr_VRlaglarge",
)
def VR_1min_lag_top33_volume(returns: Array, volume: Array, traded: Array, share: str = "1/3") -> Array:
    """Correlation of the volume with the return before, in the third (`share`) of the minutes with most volume."""
    return m.corr(m.where(most_volume(volume, traded, share), m.lag(returns)), volume)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_t,V_t),\ t>T-30",
    ranges={"minutes": whole(2)},
    min_bars=16,
    window=(-30, None),
    core="reconstructed",
    version=2,
    source="WangXiang vr_corr_close",
)
def VR_last_30min(returns: Array, volume: Array, minutes: int = 30) -> Array:
    """Correlation of return and volume in the last 30 minutes."""
    return m.corr(m.tail(returns, minutes), m.tail(volume, minutes))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(V_t,K_t)",
    min_bars=10,
    core="reconstructed",
    direction=-1,
    version=2,
    source="HT-AF corr_volume_item (-1)",
)
def corr_volume_item(volume: Array, trades: Array) -> Array:
    """Correlation of the volume with the number of trades."""
    return m.corr(volume, trades)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}\bigl(V_t,(H_t-L_t)/O_t\bigr)",
    min_bars=10,
    version=2,
    core="reconstructed",
    direction=-1,
    source="HT-AF corr_volume_amplitude (-1)",
)
def corr_volume_amplitude(open: Array, high: Array, low: Array, volume: Array) -> Array:
    """Correlation of the volume with the bar's range over its open."""
    return m.corr(volume, (high - low) / open)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_t,r_{t-1})",
    min_bars=10,
    core="reconstructed",
    direction=-1,
    version=2,
    source="HT-AF corr_ret_lastret (-1)",
)
def corr_ret_lastret(returns: Array) -> Array:
    """Correlation of the return with the one before."""
    return m.corr(returns, m.lag(returns))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_{t-1},O_t)",
    min_bars=10,
    core="reconstructed",
    direction=1,
    version=2,
    source="HT-AF corr_close_nextopen (+1)",
)
def corr_close_nextopen(open: Array, close: Array) -> Array:
    """Correlation of the open with the close before."""
    return m.corr(m.lag(close), open)
