"""How large a trade is, by the minute's amount and number of trades."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor

Array = Any


@factor(
    family="C",
    unit="currency",
    formula=r"\frac{\sum A_t}{\sum K_t}",
    min_bars=1,
    scale=(1, 1),
    source="KY 理想反转 W-cut; HTS46",
)
def amount_per_trade(trade_of_day: Array) -> Array:
    """Mean amount of a trade."""
    return trade_of_day


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum A_t\mathbf 1\{r_t>0\}/\sum K_t\mathbf 1\{r_t>0\}}"
    r"{\sum A_t\mathbf 1\{r_t<0\}/\sum K_t\mathbf 1\{r_t<0\}}",
    min_bars=10,
    source="HTS46",
)
def amount_in_out_order_ratio(trade_of_rises: Array, trade_of_falls: Array) -> Array:
    """Mean trade of the rising minutes over the mean trade of the falling ones."""
    return m.ratio(trade_of_rises, trade_of_falls)


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{skew}(P_t)",
    min_bars=10,
    version=2,
    source="KY 主力行为刻画 (2022)",
)
def amount_per_trade_skew(trade_amount: Array) -> Array:
    """Skewness of the minutes' mean trades."""
    return m.skew(trade_amount)


@factor(
    family="C",
    unit="currency",
    formula=r"\mathrm{std}(P_t)",
    min_bars=10,
    scale=(1, 1),
    version=2,
    source="KY 主力行为刻画 (2022)",
)
def amount_per_trade_std(trade_amount: Array) -> Array:
    """Standard deviation of the minutes' mean trades."""
    return m.std(trade_amount)


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{kurt}(P_t)",
    min_bars=10,
    version=2,
    source="KY 主力行为刻画 (2022)",
)
def amount_per_trade_kurt(trade_amount: Array) -> Array:
    """Kurtosis of the minutes' mean trades (normal: 3)."""
    return m.kurt(trade_amount)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(V_t/K_t,r_t)",
    min_bars=10,
    version=2,
    source="CJ 每笔成交量收益率相关性; DDB-41",
)
def corr_pertrade_ret(volume_per_trade: Array, returns: Array) -> Array:
    """Correlation of the mean volume of a trade with the return."""
    return m.corr(volume_per_trade, returns)
