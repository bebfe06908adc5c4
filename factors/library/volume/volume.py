"""Where, and in what size, volume and amount fall."""

import math
from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole

Array = Any


@factor(
    family="C",
    unit="1 in [0,1]",
    formula=r"\frac{\sum_{t\le30}V_t}{\sum_tV_t}",
    ranges={"minutes": whole(1)},
    min_bars=1,
    core="known",
    direction=-1,
    aliases=("volume_perc_1",),
    source="HT70 name; CICC12 trade_headRatio; GF8 ratio_volumeH1",
)
def volume_open_30min_ratio(volume: Array, minutes: int = 30) -> Array:
    """Share of the first 30 minutes, opening auction included, in the day's volume."""
    return m.ratio(m.sum(m.head(volume, minutes)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{t>T-30}V_t}{\sum_tV_t}",
    ranges={"minutes": whole(1)},
    min_bars=1,
    core="reconstructed",
    source="HTS 尾盘成交占比 (2020); DDB-55; GF8 ratio_volumeH8",
)
def volume_last_30min_ratio(volume: Array, minutes: int = 30) -> Array:
    """Share of the last 30 minutes in the day's volume."""
    return m.ratio(m.sum(m.tail(volume, minutes)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{30<t\le60}V_t}{\sum_tV_t}",
    ranges={"k": whole(1), "minutes": whole(1)},
    min_bars=1,
    core="reconstructed",
    direction=1,
    source="HT-AF volume_perc2..7 (signs +1)",
)
def volume_perc_2(volume: Array, k: int = 2, minutes: int = 30) -> Array:
    """Share of the second half hour in the day's volume."""
    return m.ratio(m.sum(m.between(volume, (k - 1) * minutes, k * minutes)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{std}_t(w_t)",
    min_bars=2,
    core="reconstructed",
    version=2,
    source="CJ4; DDB-40; WangXiang v_vol",
)
def volume_share_std(volume_share: Array) -> Array:
    """Standard deviation of the minutes' shares in the day's volume."""
    return m.std(volume_share)


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{skew}(V_t)",
    min_bars=3,
    core="reconstructed",
    version=2,
    source="CJ4 成交量占比偏度; CICC12 shape_skewVol; DDB-23",
)
def volume_skewness(volume: Array) -> Array:
    """Skewness of the minute volumes."""
    return m.skew(volume)


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{kurt}(V_t)",
    min_bars=4,
    core="reconstructed",
    version=2,
    source="CJ4; CICC12 shape_kurtVol; DDB-24",
)
def volume_kurtosis(volume: Array) -> Array:
    """Kurtosis of the minute volumes (normal: 3)."""
    return m.kurt(volume)


@factor(
    family="C",
    unit="1 in [0,1]",
    formula=r"-\frac{1}{\ln T}\sum_tw_t\ln w_t",
    min_bars=2,
    core="reconstructed",
    source="CJ 高位成交因子 (amount share); WangXiang",
)
def volume_entropy(volume_share: Array, session: Session) -> Array:
    """Entropy of the minutes' volume shares, over its largest possible value."""
    return m.sum(-volume_share * m.log(volume_share)) / math.log(session.minutes)


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{corr}(A_t,A_{t-1})",
    min_bars=10,
    core="reconstructed",
    version=2,
    source="华安 高频视角下成交额; DDB-54",
)
def amount_autocorr(amount: Array) -> Array:
    """Correlation of the minute amount with the one before."""
    return m.corr(amount, m.lag(amount))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum A_t\mathbf 1\{r_t<0\}/\sum K_t\mathbf 1\{r_t<0\}}{\sum A_t/\sum K_t}",
    min_bars=10,
    core="known",
    direction=1,
    source="HT70 name; HTS46 平均单笔流出金额占比 (formula in Handbook 5.1.10); HT-AF down_single_amt_perc",
)
def amount_out_order_avg_ratio(trade_of_falls: Array, trade_of_day: Array) -> Array:
    """Mean trade of the falling minutes over the mean trade of the day."""
    return m.ratio(trade_of_falls, trade_of_day)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum A_t\mathbf 1\{r_t>0\}/\sum K_t\mathbf 1\{r_t>0\}}{\sum A_t/\sum K_t}",
    min_bars=10,
    core="reconstructed",
    source="HTS46",
)
def amount_in_order_avg_ratio(trade_of_rises: Array, trade_of_day: Array) -> Array:
    """Mean trade of the rising minutes over the mean trade of the day."""
    return m.ratio(trade_of_rises, trade_of_day)
