"""Returns of parts of the day, and their variance."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole

Array = Any


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{60}}{C_{30}}-1",
    min_bars=16,
    window=(30, 60),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_2(close: Array) -> Array:
    """Return of the second half hour."""
    return m.change(m.at(close, 60), m.at(close, 30))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{90}}{C_{60}}-1",
    min_bars=16,
    window=(60, 90),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_3(close: Array) -> Array:
    """Return of the third half hour."""
    return m.change(m.at(close, 90), m.at(close, 60))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{120}}{C_{90}}-1",
    min_bars=16,
    window=(90, 120),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_4(close: Array) -> Array:
    """Return of the fourth half hour."""
    return m.change(m.at(close, 120), m.at(close, 90))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{150}}{C_{120}}-1",
    min_bars=16,
    window=(120, 150),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_5(close: Array) -> Array:
    """Return of the fifth half hour."""
    return m.change(m.at(close, 150), m.at(close, 120))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{180}}{C_{150}}-1",
    min_bars=16,
    window=(150, 180),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_6(close: Array) -> Array:
    """Return of the sixth half hour."""
    return m.change(m.at(close, 180), m.at(close, 150))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{210}}{C_{180}}-1",
    min_bars=16,
    window=(180, 210),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_7(close: Array) -> Array:
    """Return of the seventh half hour."""
    return m.change(m.at(close, 210), m.at(close, 180))


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{240}}{C_{210}}-1",
    min_bars=16,
    window=(210, 240),
    source="GF8 ret_H1..H8; FZ 枯树生花",
)
def return_half_hour_8(close: Array) -> Array:
    """Return of the eighth half hour."""
    return m.change(m.at(close, 240), m.at(close, 210))


@factor(
    family="B",
    unit="ratio",
    formula=r"\Bigl(\frac{C_d}{C_{T_{am}}}-1\Bigr)-\Bigl(\frac{C_{T_{am}}}{O_d}-1\Bigr)",
    min_bars=60,
    source="CICC12 mmt_paratio; shandonguzi",
)
def return_pm_minus_am(am_return: Array, pm_return: Array) -> Array:
    """Return of the afternoon less that of the morning."""
    return pm_return - am_return


@factor(
    family="B",
    unit="ratio",
    formula=r"\frac{C_{T-30}}{C_{30}}-1",
    min_bars=60,
    source="CICC12 mmt_between",
)
def return_between(close: Array, session: Session) -> Array:
    """Return from half an hour after the open to half an hour before the close."""
    session.require(61)
    return m.change(m.at(close, -31), m.at(close, 30))


@factor(
    family="B",
    unit="ratio²",
    formula=r"\mathrm{var}(r_t),\ t\le30",
    ranges={"minutes": whole(1)},
    min_bars=16,
    window=(0, 30),
    version=2,
    source="CharlieSCC; DF",
)
def return_var_open_30min(returns: Array, minutes: int = 30) -> Array:
    """Variance of the returns of the first 30 minutes."""
    return m.var(m.head(returns, minutes))


@factor(
    family="B",
    unit="1",
    formula=r"\ln\frac{\sum_{t>T_{am}}r_t^2}{\sum_{t\le T_{am}}r_t^2}",
    min_bars=60,
    source="standard",
)
def return_var_am_pm_ratio(returns: Array, session: Session) -> Array:
    """Log of the ratio of the afternoon's sum of squared returns to the morning's."""
    squares = returns * returns
    before, after = m.head(squares, session.lunch), m.between(squares, session.lunch, None)
    return m.log(m.ratio(m.sum(after), m.sum(before)))
