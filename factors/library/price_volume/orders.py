"""Returns in the minutes with the largest trades or the most volume."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE
from factors.library.shared import largest_orders, most_volume

Array = Any


@factor(
    family="D",
    unit="ratio",
    formula=r"\prod_{t\in S}(1+r_t)-1,\ S=\mathrm{Top}\bigl(A/K,\ \lfloor0.3n\rfloor\bigr)",
    ranges={"share": SHARE},
    min_bars=20,
    core="known",
    direction=-1,
    source="HT70 name; HTS46 大单推动涨幅 (Handbook 5.2.2, DDB-30); HT-AF bigorder_ret",
)
def cum_return_top30_order(returns: Array, trade_amount: Array, share: str = "3/10") -> Array:
    """Compounded return of the minutes with the largest trades."""
    chosen = largest_orders(trade_amount, returns, share)
    return m.where(m.any(chosen), m.prod(m.where(chosen, 1 + returns)) - 1)


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_{S}A_t\,\mathrm{sgn}(r_t)}{\sum_tA_t},\ S=\mathrm{Top}\bigl(A/K,\ \lfloor0.3n\rfloor\bigr)",
    ranges={"share": SHARE},
    min_bars=20,
    core="reconstructed",
    source="HTS46 大单资金净流入率; DDB-29",
)
def netinflow_top30_order(amount: Array, returns: Array, trade_amount: Array, share: str = "3/10") -> Array:
    """Amount of rising less that of falling minutes among those with the largest trades, over the day's amount."""
    chosen = largest_orders(trade_amount, returns, share)
    inflow = m.sum(m.where(chosen, amount * m.sign(returns)))
    return m.where(m.any(chosen), m.ratio(inflow, m.sum(amount)))


@factor(
    family="D",
    unit="ratio²",
    formula=r"\mathrm{var}(r_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    core="reconstructed",
    version=2,
    source="GF8 real_varlarge; WangXiang r_vol_large_v (k=80)",
)
def return_var_top33_volume(returns: Array, volume: Array, traded: Array, share: str = "1/3") -> Array:
    """Variance of the returns in the third (`share`) of the minutes with most volume."""
    return m.var(m.where(most_volume(volume, traded, share), returns))


@factor(
    family="D",
    unit="1",
    formula=r"\mathrm{skew}(r_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    core="reconstructed",
    version=2,
    source="GF8 real_skewlarge; DDB-12",
)
def return_skewness_top33_volume(returns: Array, volume: Array, traded: Array, share: str = "1/3") -> Array:
    """Skewness of the returns in the third (`share`) of the minutes with most volume."""
    return m.skew(m.where(most_volume(volume, traded, share), returns))


@factor(
    family="D",
    unit="1",
    formula=r"\mathrm{kurt}(r_t:t\in S_{33})",
    ranges={"share": SHARE},
    min_bars=12,
    core="reconstructed",
    version=2,
    source="GF8 real_kurtosislarge",
)
def return_kurtosis_top33_volume(returns: Array, volume: Array, traded: Array, share: str = "1/3") -> Array:
    """Kurtosis of the returns in the third (`share`) of the minutes with most volume."""
    return m.kurt(m.where(most_volume(volume, traded, share), returns))
