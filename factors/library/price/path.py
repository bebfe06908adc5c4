"""The path of the price through the day."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import above

Array = Any


@factor(
    family="A",
    unit="ratio",
    formula=r"\sqrt{\tfrac1M\sum_t(r_t-\bar r)^2}",
    min_bars=2,
    version=2,
    source="CICC12 vol_return1min (uses b_t=C/O-1)",
)
def return_std(returns: Array) -> Array:
    """Standard deviation of the minute returns."""
    return m.std(returns)


@factor(
    family="A",
    unit="ratio",
    formula=r"\max_t\Bigl(1-\frac{L_t}{\max_{s\le t}H_s}\Bigr)",
    min_bars=1,
    version=2,
    source="learndl ret_maxdd; WangXiang maxdrawdown (sign negative)",
)
def intraday_maxdrawdown_hl(high: Array, low: Array) -> Array:
    """Deepest fall of a low from the running high, that of its own minute included, as a fraction of that high."""
    highest = m.cummax(high)
    return m.max((highest - low) / highest)


@factor(
    family="A",
    unit="ratio",
    formula=r"\max_t\Bigl(\frac{C_t}{\min_{s\le t}C_s}-1\Bigr)",
    min_bars=1,
    source="mirror of intraday_maxdrawdown",
)
def intraday_maxrunup(close: Array) -> Array:
    """Highest rise of the close from its running low, as a fraction of that low."""
    return m.max(m.change(close, m.cummin(close)))


@factor(
    family="A",
    unit="ratio",
    formula=r"\sum_t|r_t|",
    min_bars=1,
    source="standard",
)
def path_length(returns: Array) -> Array:
    """Sum of the absolute minute returns."""
    return m.sum(m.abs(returns))


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{H_d-L_d}{O_d}",
    min_bars=1,
    version=2,
    source="KY ideal amplitude; FZ",
)
def amplitude(day_high: Array, day_low: Array, day_open: Array) -> Array:
    """Range of the day over its open."""
    return (day_high - day_low) / day_open


@factor(
    family="A",
    unit="1 in [0,1]",
    formula=r"\frac{C_d-L_d}{H_d-L_d}",
    min_bars=1,
    version=2,
    source="standard CLV",
)
def close_location(close: Array, day_high: Array, day_low: Array) -> Array:
    """Place of the close in the range of the day: 0 at its low, 1 at its high."""
    return m.ratio(m.at(close, -1) - day_low, day_high - day_low)


@factor(
    family="A",
    unit="1",
    formula=r"\frac{O_d-L_d}{H_d-L_d}",
    min_bars=1,
    version=2,
    source="standard",
)
def open_location(day_open: Array, day_high: Array, day_low: Array) -> Array:
    """Place of the open in the range of the day: 0 at its low, 1 at its high."""
    return m.ratio(day_open - day_low, day_high - day_low)


@factor(
    family="A",
    unit="1 in [0,1]",
    formula=r"\frac{\frac1n\sum_t\frac{O_t+H_t+L_t+C_t}{4}-L_d}{H_d-L_d}",
    min_bars=1,
    version=2,
    source="DF 朱剑涛 2020 (时间加权平均的股票相对价格位置); DDB-1",
)
def arpp(open: Array, high: Array, low: Array, close: Array, day_high: Array, day_low: Array) -> Array:
    """Place of the mean price of the minutes in the range of the day."""
    above = (open - day_low) + (high - day_low) + (low - day_low) + (close - day_low)
    return m.ratio(m.mean(above), 4 * (day_high - day_low))


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{\bar C}{VWAP}-1",
    min_bars=1,
    source="standard",
)
def twap_vwap_dev(close: Array, vwap_day: Array) -> Array:
    """Distance of the mean close from the day's volume-weighted average price."""
    return m.change(m.mean(close), vwap_day)


@factor(
    family="A",
    unit="ratio per day",
    formula=r"\frac{1}{VWAP}\cdot\frac{\sum_t(t/T-\overline{t/T})(vwap_t-\overline{vwap})"
    r"}{\sum_t(t/T-\overline{t/T})^2}",
    min_bars=10,
    version=2,
    source="learndl vwap_trend",
)
def vwap_slope(vwap: Array, vwap_day: Array, minute: Array, session: Session) -> Array:
    """Slope over the day of the minutes' volume-weighted average prices, over that of the day."""
    return m.slope(vwap, minute / session.minutes) / vwap_day


@factor(
    family="A",
    unit="1",
    formula=r"\ln\frac{\sum_t(|O_t-H_t|+|H_t-L_t|+|L_t-C_t|)}{\max(|C_d-O_d|,\,tick)}",
    ranges={"tick": above(0)},
    min_bars=2,
    version=2,
    scale=None,
    source="GD7 (最短路径) public candidate list F1",
)
def path_tortuosity(open: Array, high: Array, low: Array, close: Array, day_open: Array, tick: float = 0.01) -> Array:
    """Log of the way from open to high to low to close of all bars over the day's net move, of a tick at least.

    The tick is in units of the price, so that the factor depends on them.
    """
    way = m.sum(m.abs(open - high) + m.abs(high - low) + m.abs(low - close))
    return m.log(way / m.larger(m.abs(m.at(close, -1) - day_open), tick))
