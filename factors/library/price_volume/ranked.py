"""Factors that weigh every minute by its place in the order of a key."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE, above, whole
from factors.ops.selection import TIE, fraction

Array = Any


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_GA_t/\sum_GV_t}{VWAP},\ \text{key }|r_t|/V_t^{1/4}",
    ranges={"beta": above(0, 10), "share": SHARE},
    min_bars=30,
    version=2,
    source="KY 聪明钱2.0 (Handbook 5.1.2); DDB-22; FZ",
)
def smart_money_q(
    returns: Array, volume: Array, amount: Array, vwap_day: Array, traded: Array, beta: float = 0.25, share: str = "1/5"
) -> Array:
    """Average price of the minutes that move the price most for their volume, over the day's.

    They are taken by |return|/volume^beta, largest first, until they hold the share of the day's volume.
    """
    key = m.where(traded, m.ratio(m.abs(returns), m.power(volume, beta)))
    smart = _first(key, volume, share)
    return m.ratio(m.ratio(m.sum(m.where(smart, amount)), m.sum(m.where(smart, volume))), vwap_day)


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{\sum_Gr_tV_t}{\sum_GV_t}",
    ranges={"share": SHARE},
    min_bars=20,
    version=2,
    source="FZ 分钟线的尾部特征; DDB-37",
)
def vcvar(returns: Array, volume: Array, traded: Array, share: str = "1/20") -> Array:
    """Mean return by volume of the lowest returns, taken until they hold the share of the day's volume."""
    low = _first(m.where(traded, returns), volume, share, smallest=True)
    return m.ratio(m.sum(m.where(low, returns * volume)), m.sum(m.where(low, volume)))


def _first(key: Array, volume: Array, share: str, smallest: bool = False) -> Array:
    part = fraction(share, "factor(...")
    return part.denominator * m.ahead(key, volume, smallest) < (1 - TIE) * part.numerator * m.sum(volume)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{i=1}^n(2i-n-1)V_{(i)}}{n\sum_iV_i}",
    min_bars=2,
    source="standard",
)
def volume_gini(volume: Array, volume_place: Array) -> Array:
    """Gini coefficient of the minutes' volume; a minute without any counts."""
    n = m.count(volume)
    return m.ratio(m.sum((n - 1 - 2 * volume_place) * volume), n * m.sum(volume))


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\sum_{j=1}^m(m+1-2j)V_{(j)}}{m\sum_jV_{(j)}},\ \text{key }C_t/O_{t-4}-1",
    ranges={"window": whole(2)},
    min_bars=30,
    source="FZ13 多空博弈; C-X-Lu; WangXiang long_short_game",
)
def volume_game_return(open: Array, close: Array, volume: Array, window: int = 5) -> Array:
    """Volume at low returns over `window` minutes less that at high ones, by place in their order."""
    return _game(volume, _return_over(open, close, window))


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\sum_{j=1}^m(m+1-2j)V_{(j)}}{m\sum_jV_{(j)}},"
    r"\ \text{key }\tfrac12\Bigl(\frac{C_t}{H^{max}_t}+\frac{C_t}{L^{min}_t}\Bigr)-1",
    min_bars=30,
    version=2,
    source="FZ13",
)
def volume_game_position(high: Array, low: Array, close: Array, volume: Array) -> Array:
    """Volume where the close is low in the range of the day so far less that where it is high, by place in the order.

    The position is the mean of the close over the high and over the low so far.
    """
    return _game(volume, (m.change(close, m.cummax(high)) + m.change(close, m.cummin(low))) / 2)


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\sum_{j=1}^m(m+1-2j)y_{(j)}}{m\sum_jy_{(j)}},\ y_t=\frac{H_t-L_t}{C_t}",
    ranges={"window": whole(2)},
    min_bars=30,
    version=2,
    source="FZ13",
)
def amplitude_game(open: Array, high: Array, low: Array, close: Array, window: int = 5) -> Array:
    """Range of the bars at low returns over `window` minutes less that at high ones, by place in their order."""
    return _game((high - low) / close, _return_over(open, close, window))


def _return_over(open: Array, close: Array, window: int) -> Array:
    return m.change(close, m.lag(open, window - 1))


def _game(y: Array, key: Array) -> Array:
    """Sum of (m + 1 - 2j)*y over m*sum(y), j the place by key from 1, over the m minutes with both."""
    before = m.ahead(m.where(m.exists(y), key), smallest=True)
    number = m.count(before)
    return m.ratio(m.sum((number - 1 - 2 * before) * y), number * m.sum(m.where(m.exists(before), y)))


@factor(
    family="E",
    unit="1",
    formula=r"\rho_S(A_t/K_t,C_t)",
    min_bars=10,
    version=2,
    source="KY MTE 主力交易情绪 (Handbook 5.1.11)",
)
def rankcorr_pertrade_close(trade_amount: Array, close: Array) -> Array:
    """Rank correlation of the mean amount of a trade with the close, over the minutes with trades."""
    return m.corr(m.rank(trade_amount), m.rank(m.where(m.exists(trade_amount), close)))


@factor(
    family="E",
    unit="1",
    formula=r"\rho_S(A_t/K_t,A_t)",
    min_bars=10,
    version=2,
    source="KY MTS 主力交易强度",
)
def rankcorr_pertrade_amount(trade_amount: Array, amount: Array) -> Array:
    """Rank correlation of the mean amount of a trade with the amount, over the minutes with trades."""
    return m.corr(m.rank(trade_amount), m.rank(m.where(m.exists(trade_amount), amount)))
