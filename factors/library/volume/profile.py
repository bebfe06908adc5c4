"""When in the day volume and amount fall."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole

Array = Any


def _part(x: Array, start: int, stop: int | None) -> Array:
    """Return the share of the minutes start < t <= stop in the day's sum."""
    return m.ratio(m.sum(m.between(x, start, stop)), m.sum(x))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{60<t\le90}V_t}{\sum_tV_t}",
    ranges={"k": whole(1), "minutes": whole(1)},
    min_bars=1,
    direction=1,
    source="HT-AF",
)
def volume_perc_3(volume: Array, k: int = 3, minutes: int = 30) -> Array:
    """Share of the third half hour in the day's volume."""
    return _part(volume, (k - 1) * minutes, k * minutes)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{90<t\le120}V_t}{\sum_tV_t}",
    ranges={"k": whole(1), "minutes": whole(1)},
    min_bars=1,
    direction=1,
    source="HT-AF",
)
def volume_perc_4(volume: Array, k: int = 4, minutes: int = 30) -> Array:
    """Share of the fourth half hour in the day's volume."""
    return _part(volume, (k - 1) * minutes, k * minutes)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{120<t\le150}V_t}{\sum_tV_t}",
    ranges={"k": whole(1), "minutes": whole(1)},
    min_bars=1,
    direction=1,
    source="HT-AF",
)
def volume_perc_5(volume: Array, k: int = 5, minutes: int = 30) -> Array:
    """Share of the fifth half hour in the day's volume."""
    return _part(volume, (k - 1) * minutes, k * minutes)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{150<t\le180}V_t}{\sum_tV_t}",
    ranges={"k": whole(1), "minutes": whole(1)},
    min_bars=1,
    direction=1,
    source="HT-AF",
)
def volume_perc_6(volume: Array, k: int = 6, minutes: int = 30) -> Array:
    """Share of the sixth half hour in the day's volume."""
    return _part(volume, (k - 1) * minutes, k * minutes)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{180<t\le210}V_t}{\sum_tV_t}",
    ranges={"k": whole(1), "minutes": whole(1)},
    min_bars=1,
    direction=1,
    source="HT-AF",
)
def volume_perc_7(volume: Array, k: int = 7, minutes: int = 30) -> Array:
    """Share of the seventh half hour in the day's volume."""
    return _part(volume, (k - 1) * minutes, k * minutes)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{t>T-30}A_t}{\sum_tA_t}",
    ranges={"minutes": whole(1)},
    min_bars=1,
    source="DDB-46",
)
def amount_last_30min_ratio(amount: Array, minutes: int = 30) -> Array:
    """Share of the last 30 minutes in the day's amount."""
    return _part(amount, -minutes, None)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{t>T-3}V_t}{\sum_tV_t}",
    ranges={"minutes": whole(1)},
    min_bars=1,
    source="GD5 BCVP; CICC12 liq_lastCallR",
)
def volume_close_auction_ratio(volume: Array, minutes: int = 3) -> Array:
    """Share of the last 3 minutes, which hold the closing call of A-shares, in the day's volume."""
    return _part(volume, -minutes, None)


@factor(
    family="C",
    unit="1",
    formula=r"\ln\frac{\sum_{t>T_{am}}V_t}{\sum_{t\le T_{am}}V_t}",
    min_bars=2,
    source="东北20",
)
def volume_pm_am_ratio(volume: Array, session: Session) -> Array:
    """Log of the afternoon's volume over the morning's; NaN where a session has no break."""
    morning, afternoon = m.head(volume, session.lunch), m.between(volume, session.lunch, None)
    return m.log(m.ratio(m.sum(afternoon), m.sum(morning)))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_ttV_t}{T\sum_tV_t}",
    min_bars=1,
    source="gl_min_vol_time_center",
)
def volume_time_center(volume: Array, minute: Array, session: Session) -> Array:
    """Mean minute at which a share changed hands, over the length of the session."""
    return m.ratio(m.sum(minute * volume), session.minutes * m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{corr}(V_t,t)",
    min_bars=10,
    version=2,
    source="standard",
)
def volume_time_slope(volume: Array, minute: Array) -> Array:
    """Correlation of the volume with the time of day."""
    return m.corr(volume, minute)


@factor(
    family="C",
    unit="1",
    formula=r"\mathrm{corr}(V_t,V_{t-1})",
    min_bars=10,
    version=2,
    source="learndl",
)
def volume_autocorr(volume: Array) -> Array:
    """Correlation of the minute volume with the one before."""
    return m.corr(volume, m.lag(volume))


@factor(
    family="C",
    unit="count",
    formula=r"\#\{t:p_t\wedge\neg p_{t-1}\},\ p_t=[V_t>\bar V+\mathrm{std}(V)]",
    min_bars=10,
    version=2,
    source="CJ 高频波动中的时间序列信息; DDB-min-24 (gap>1min definition, same thing)",
)
def volume_peak_count(volume: Array) -> Array:
    """Number of surges: runs of minutes with volume above its mean plus its standard deviation."""
    high = m.centred(volume) > m.std(volume)
    return m.count(high & ~(m.lag(high) == 1))
