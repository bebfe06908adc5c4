"""Returns over the day and its parts, and the shape of the price path."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole
from factors.errors import NotInSession

Array = Any


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{C_d}{O_d}-1",
    min_bars=1,
    core="known",
    direction=-1,
    source="HT70 name; GF8 ret_intraday = last close / first open - 1; DDB-42",
)
def return_intraday(close: Array, day_open: Array) -> Array:
    """Return from the first price of the day to the last."""
    return m.change(m.at(close, -1), day_open)


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{C_d}{C_{30}}-1",
    ranges={"skip_minutes": whole(1)},
    min_bars=31,
    version=2,
    core="known",
    direction=-1,
    source="HT70 name; formula from HTS (HTS69 list; CharlieSCC/minute_factors)",
)
def return_improved(open: Array, close: Array, session: Session, skip_minutes: int = 30) -> Array:
    """Return from half an hour after the open to the close."""
    if session.minutes <= skip_minutes:
        raise NotInSession(f"a minute after {skip_minutes} of {session.minutes}")
    return m.change(m.at(close, -1), m.at(close, skip_minutes))


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{TP_T}{TP_{t_0}}-1,\quad TP_t=\tfrac13(H_t+L_t+C_t)",
    min_bars=2,
    version=2,
    core="known",
    direction=-1,
    source="HT70 name only; TP def from GF8 vwap code",
)
def tp_diff(high: Array, low: Array, close: Array) -> Array:
    """Change of the typical price from the first bar to the last."""
    typical = (high + low + close) / 3
    return m.change(m.at(typical, -1), m.first(typical, m.exists(close)))


@factor(
    family="A",
    unit="ratio",
    formula=r"\max_t\Bigl(1-\frac{C_t}{\max_{s\le t}C_s}\Bigr)",
    min_bars=1,
    core="known",
    source="HT70 (project's source article); GF8 intraday_maxdrawdown; DDB-39",
    version=2,
)
def intraday_maxdrawdown(close: Array) -> Array:
    """Deepest fall from the running high, as a fraction of that high."""
    high = m.cummax(close)
    return m.max((high - close) / high)


@factor(
    family="A",
    unit="1 in [-1,1]",
    formula=r"\frac{C_d-C_{t_0}}{\sum_{t>t_0}|C_t-C_{t-1}|}",
    min_bars=2,
    core="reconstructed",
    source="GF8 trendratio; DDB-26; learndl day_trend_ratio",
)
def trend_ratio(close: Array) -> Array:
    """Net move of the close over the length of its path."""
    return m.ratio(m.at(close, -1) - m.first(close), m.sum(m.abs(close - m.lag(close))))


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{C_d}{VWAP}-1",
    min_bars=1,
    core="reconstructed",
    source="standard",
)
def close_vwap_dev(close: Array, vwap_day: Array) -> Array:
    """Distance of the close from the day's volume-weighted average price."""
    return m.change(m.at(close, -1), vwap_day)


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_d}{C_{T-30}}-1",
    ranges={"minutes": whole(1)},
    min_bars=16,
    window=(-30, None),
    core="known",
    direction=-1,
    source="HT70 name; GF8 ret_h8; DDB-44 (14:30~15:00)",
)
def return_last_30min(close: Array, minutes: int = 30) -> Array:
    """Return of the last 30 minutes."""
    return m.change(m.at(close, -1), m.at(close, -minutes - 1))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{30}}{O_d}-1",
    ranges={"minutes": whole(1)},
    min_bars=16,
    window=(0, 30),
    core="reconstructed",
    aliases=("return_half_hour_1",),
    source="GF8 ret_H1; standard",
)
def return_open_30min(close: Array, day_open: Array, minutes: int = 30) -> Array:
    """Return of the first 30 minutes, from the open."""
    return m.change(m.at(close, minutes), day_open)


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{T_{am}}}{O_d}-1",
    min_bars=30,
    core="reconstructed",
    source="CICC12 mmt_am (its code returns close/open without -1)",
)
def return_am(am_return: Array) -> Array:
    """Return of the morning, from the open."""
    return am_return


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_d}{C_{T_{am}}}-1",
    min_bars=30,
    core="reconstructed",
    source="CICC12 mmt_pm",
)
def return_pm(pm_return: Array) -> Array:
    """Return of the afternoon, from the last close before lunch."""
    return pm_return
