"""When prices move: the minutes of extremes, and how often the price turns."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor, shared

Array = Any


@shared
def high_minute(minute: Array, high: Array, day_high: Array, day_low: Array) -> Array:
    """First minute at the high of the day; missing on a day at one price."""
    return m.where(day_high != day_low, m.first(minute, high == day_high))


@shared
def low_minute(minute: Array, low: Array, day_high: Array, day_low: Array) -> Array:
    """First minute at the low of the day; missing on a day at one price."""
    return m.where(day_high != day_low, m.first(minute, low == day_low))


@shared
def up_center(minute: Array, returns: Array, rising: Array, session: Session) -> Array:
    """Mean minute weighted by the rises, as a fraction of the day; missing without one."""
    rises = m.where(rising, returns)
    return m.ratio(m.sum(minute * rises), session.minutes * m.sum(rises))


@shared
def down_center(minute: Array, returns: Array, falling: Array, session: Session) -> Array:
    """Mean minute weighted by the falls, as a fraction of the day; missing without one."""
    falls = m.where(falling, returns)
    return m.ratio(m.sum(minute * falls), session.minutes * m.sum(falls))


@factor(
    family="A",
    unit="fraction of day",
    formula=r"\frac{t^*-s^*}{T},\quad t^*=\arg\max_t D_t,\ s^*=\max\{s\le t^*:C_s=M_{t^*}\}",
    min_bars=2,
    source="standard",
)
def drawdown_duration(close: Array, minute: Array, session: Session) -> Array:
    """Time from the last minute at the high to the deepest fall from it, as a fraction of the day.

    Of falls equally deep, as computed, the first counts.
    """
    high = m.cummax(close)
    fall = 1 - close / high
    trough = m.first(minute, fall == m.max(fall))
    peak = m.last(minute, (close == m.first(high, minute == trough)) & (minute <= trough))
    return (trough - peak) / session.minutes


@factor(
    family="A",
    unit="1 in [0,1]",
    formula=r"\frac{t_H-1}{T-1}",
    min_bars=1,
    version=2,
    source="learndl; gl_min_high_time_pos",
)
def high_time(high_minute: Array, session: Session) -> Array:
    """First minute at the high of the day, as a fraction of the way from the first minute to the last."""
    return (high_minute - 1) / (session.minutes - 1)


@factor(
    family="A",
    unit="1",
    formula=r"\frac{t_L-1}{T-1}",
    min_bars=1,
    version=2,
    source="mirror of the preceding row",
)
def low_time(low_minute: Array, session: Session) -> Array:
    """First minute at the low of the day, as a fraction of the way from the first minute to the last."""
    return (low_minute - 1) / (session.minutes - 1)


@factor(
    family="A",
    unit="1 in [-1,1]",
    formula=r"\frac{t_H-t_L}{T-1}",
    min_bars=1,
    version=2,
    source="WangXiang p_mmd",
)
def high_low_time_gap(high_minute: Array, low_minute: Array, session: Session) -> Array:
    """Time from the low of the day to its high, as a fraction of the day; below 0 if the high came first."""
    return (high_minute - low_minute) / (session.minutes - 1)


@factor(
    family="A",
    unit="1 in (0,1]",
    formula=r"\frac{\sum_t t\,r_t^+}{T\sum_t r_t^+}",
    min_bars=10,
    source="KY 日内分钟收益率的时序特征 (2022); WangXiang center_up",
)
def up_time_center(up_center: Array) -> Array:
    """Mean minute of the rises, weighted by their size, as a fraction of the day."""
    return up_center


@factor(
    family="A",
    unit="1",
    formula=r"\frac{\sum_t t\,r_t^-}{T\sum_t r_t^-}",
    min_bars=10,
    source="KY 日内分钟收益率的时序特征 (2022)",
)
def down_time_center(down_center: Array) -> Array:
    """Mean minute of the falls, weighted by their size, as a fraction of the day."""
    return down_center


@factor(
    family="A",
    unit="1",
    formula=r"G_d-G_u",
    min_bars=10,
    source="KY TGD",
)
def time_center_gap(up_center: Array, down_center: Array) -> Array:
    """How much later in the day the price falls than it rises."""
    return down_center - up_center


@factor(
    family="A",
    unit="1",
    formula=r"\frac{1}{m-1}\sum_{j=2}^{m}\mathbf 1\{z_j\ne z_{j-1}\}",
    min_bars=10,
    source="public candidate list F3",
)
def direction_change_ratio(returns: Array) -> Array:
    """Share of the minutes with a return other than 0 that go the other way than the one before them."""
    signs = m.where(returns != 0, m.sign(returns))
    turns, moves = m.count(signs * m.lag(m.ffill(signs)) < 0), m.count(signs)
    return m.where(moves > 1, turns / (moves - 1))


@factor(
    family="A",
    unit="1",
    formula=r"\frac{\#\{r_t>0\}}{\#\{r_t\ne0\}}",
    min_bars=10,
    source="standard",
)
def up_bar_ratio(rising: Array, falling: Array) -> Array:
    """Share of the minutes that rise among those that rise or fall."""
    return m.ratio(m.count(rising), m.count(rising) + m.count(falling))


@factor(
    family="A",
    unit="1",
    formula=r"\frac{1}{T-1}\sum_{t>t_0}\mathbf 1\{H_t>\max_{s<t}H_s\}",
    min_bars=2,
    version=2,
    source="WangXiang newhigh_count",
)
def newhigh_count(high: Array, session: Session) -> Array:
    """Share of the day's minutes with a high above all before."""
    return m.count(high > m.lag(m.cummax(high))) / (session.minutes - 1)


@factor(
    family="A",
    unit="1",
    formula=r"\frac{1}{T-1}\sum_{t>t_0}\mathbf 1\{L_t<\min_{s<t}L_s\}",
    min_bars=2,
    version=2,
    source="WangXiang newhigh_count",
)
def newlow_count(low: Array, session: Session) -> Array:
    """Share of the day's minutes with a low below all before."""
    return m.count(low < m.lag(m.cummin(low))) / (session.minutes - 1)


@factor(
    family="A",
    unit="1",
    formula=r"\frac{\mathrm{med}\{t:r_t<0\}-\mathrm{med}\{t:r_t>0\}}{T}",
    min_bars=10,
    source="learndl conf_persist",
)
def conf_persist(rising: Array, falling: Array, minute: Array, session: Session) -> Array:
    """Median minute of the falls less that of the rises, as a fraction of the day."""
    return (m.median_minute(falling, minute) - m.median_minute(rising, minute)) / session.minutes
