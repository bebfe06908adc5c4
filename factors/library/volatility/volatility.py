"""Dispersion and asymmetry of the minute returns."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole

Array = Any


@factor(
    family="A",
    unit="ratio²",
    formula=r"\frac1M\sum_t(r_t-\bar r)^2",
    min_bars=2,
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; GF8 real_var (pandas .var ddof=1)",
)
def return_var(returns: Array) -> Array:
    """Variance of the minute returns."""
    return m.var(returns)


@factor(
    family="A",
    unit="1",
    formula=r"\frac{m_3(r)}{m_2(r)^{3/2}}",
    min_bars=3,
    core="reconstructed",
    version=2,
    source="HTS19; GF8 real_skew; HT-AF",
)
def return_skewness(returns: Array) -> Array:
    """Skewness of the minute returns."""
    return m.skew(returns)


@factor(
    family="A",
    unit="1",
    formula=r"\frac{m_4(r)}{m_2(r)^{2}}",
    min_bars=4,
    core="reconstructed",
    version=2,
    source="HTS19; GF8 real_kurtosis",
)
def return_kurtosis(returns: Array) -> Array:
    """Kurtosis of the minute returns (normal: 3)."""
    return m.kurt(returns)


@factor(
    family="B",
    unit="ratio²",
    formula=r"\frac{1}{M_+}\sum_{r_t>0}(r_t-\bar r_+)^2",
    min_bars=2,
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; GF8; HTS25; BNKS 2010",
)
def return_upward_var(returns: Array, rising: Array) -> Array:
    """Variance of the minutes that rose, about their own mean."""
    return m.var(m.where(rising, returns))


@factor(
    family="B",
    unit="ratio²",
    formula=r"\frac{1}{M_-}\sum_{r_t<0}(r_t-\bar r_-)^2",
    min_bars=2,
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; GF8 real_downvar; HTS25",
)
def return_downward_var(returns: Array, falling: Array) -> Array:
    """Variance of the minutes that fell, about their own mean."""
    return m.var(m.where(falling, returns))


@factor(
    family="B",
    unit="1 in [0,1]",
    formula=r"\frac{\sum r_t^2\mathbf 1\{r_t>0\}}{\sum r_t^2}",
    min_bars=10,
    core="reconstructed",
    source="HTS25 高频上行波动占比; GF8 ratio_realupvar; DDB-2",
)
def return_upward_var_ratio(returns: Array, rising: Array) -> Array:
    """Share of the rising minutes in the sum of squared returns."""
    return m.ratio(m.sum(m.where(rising, returns * returns)), m.sum(returns * returns))


@factor(
    family="B",
    unit="1 in [0,1]",
    formula=r"\frac{\sum r_t^2\mathbf 1\{r_t<0\}}{\sum r_t^2}",
    min_bars=10,
    core="reconstructed",
    source="HTS25 高频下行波动占比; DDB-3",
)
def return_downward_var_ratio(returns: Array, falling: Array) -> Array:
    """Share of the falling minutes in the sum of squared returns."""
    return m.ratio(m.sum(m.where(falling, returns * returns)), m.sum(returns * returns))


@factor(
    family="B",
    unit="1 in [-1,1]",
    formula=r"\frac{\sum r_t^2\,\mathrm{sgn}(r_t)}{\sum r_t^2}",
    min_bars=10,
    core="reconstructed",
    source="DDB-9; Bollerslev-Li-Zhao 2020",
)
def return_updown_asym(returns: Array) -> Array:
    """Squared returns of rising minutes less those of falling ones, over all."""
    return m.ratio(m.sum(returns * returns * m.sign(returns)), m.sum(returns * returns))


@factor(
    family="B",
    unit="ratio²",
    formula=r"\mathrm{var}(r_t),\ t>T-30",
    ranges={"minutes": whole(1)},
    min_bars=16,
    window=(-30, None),
    core="reconstructed",
    version=2,
    source="GF8 family; WangXiang r_vol_close",
)
def return_var_last_30min(returns: Array, minutes: int = 30) -> Array:
    """Variance of the minute returns in the last 30 minutes."""
    return m.var(m.tail(returns, minutes))


@factor(
    family="B",
    unit="1",
    formula=r"\mathrm{skew}(r_t),\ t>T-30",
    ranges={"minutes": whole(2)},
    min_bars=16,
    window=(-30, None),
    core="known",
    direction=-1,
    version=2,
    source="HT70 name; HT-AF late_skew_ret = skew(last 30 bars), direction -1",
)
def return_skewness_last_30min(returns: Array, minutes: int = 30) -> Array:
    """Skewness of the minute returns in the last 30 minutes."""
    return m.skew(m.tail(returns, minutes))


@factor(
    family="B",
    unit="1",
    formula=r"\mathrm{kurt}(r_t),\ t>T-30",
    ranges={"minutes": whole(2)},
    min_bars=16,
    window=(-30, None),
    core="reconstructed",
    version=2,
    source="WangXiang r_kurt_close",
)
def return_kurtosis_last_30min(returns: Array, minutes: int = 30) -> Array:
    """Kurtosis of the minute returns in the last 30 minutes."""
    return m.kurt(m.tail(returns, minutes))
