"""Series, masks and values that several factors read."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import shared

Array = Any


@shared
def day_open(open: Array, close: Array) -> Array:
    """Open of the day's first bar; missing if that bar came without one."""
    return m.first(open, m.exists(close))


@shared
def first_minute(minute: Array, close: Array) -> Array:
    """Grid minute of the day's first bar, t0."""
    return m.first(minute, m.exists(close))


@shared
def day_high(high: Array) -> Array:
    """Highest price of the day."""
    return m.max(high)


@shared
def day_low(low: Array) -> Array:
    """Lowest price of the day."""
    return m.min(low)


@shared
def vwap(close: Array, volume: Array, amount: Array) -> Array:
    """Volume-weighted average price of the minute; the close where nothing was traded."""
    return m.where(volume > 0, m.ratio(amount, volume), close)


@shared
def vwap_day(amount: Array, volume: Array) -> Array:
    """Volume-weighted average price of the day."""
    return m.ratio(m.sum(amount), m.sum(volume))


@shared
def returns(close: Array, day_open: Array) -> Array:
    """Simple return of each minute; the first bar's is from its own open."""
    before = m.lag(close)
    return m.change(close, m.where(m.exists(before), before, day_open))


@shared
def log_returns(close: Array) -> Array:
    """Log return from one minute's close to the next; missing in the first bar."""
    return m.log_change(close, m.lag(close))


@shared
def bar_returns(open: Array, close: Array) -> Array:
    """Simple return from each minute's open to its close."""
    return m.change(close, open)


@shared
def return_count(returns: Array) -> Array:
    """Number of minute returns, M."""
    return m.count(returns)


@shared
def log_count(log_returns: Array) -> Array:
    """Number of log returns, N."""
    return m.count(log_returns)


@shared
def abs_log(log_returns: Array) -> Array:
    """Absolute log return."""
    return m.abs(log_returns)


@shared
def log_close(close: Array) -> Array:
    """Logarithm of the close over the day's first: differences keep their digits."""
    return m.log_change(close, m.first(close))


@shared
def am_return(close: Array, day_open: Array, session: Session) -> Array:
    """Return of the morning, from the open."""
    return m.change(m.at(close, session.lunch), day_open)


@shared
def pm_return(open: Array, close: Array, session: Session) -> Array:
    """Return of the afternoon, from the last close before lunch."""
    return m.change(m.at(close, -1), m.at(close, session.lunch))


@shared
def rising(returns: Array) -> Array:
    """Mask of the minutes that rose."""
    return returns > 0


@shared
def falling(returns: Array) -> Array:
    """Mask of the minutes that fell."""
    return returns < 0


@shared
def volume_share(volume: Array) -> Array:
    """Share of the day's volume."""
    return m.ratio(volume, m.sum(volume))


@shared
def amount_share(amount: Array) -> Array:
    """Share of the day's amount."""
    return m.ratio(amount, m.sum(amount))


@shared
def volume_per_trade(volume: Array, trades: Array) -> Array:
    """Mean volume of a trade; missing in minutes without one."""
    return m.where(trades > 0, m.ratio(volume, trades))


@shared
def trade_amount(amount: Array, trades: Array) -> Array:
    """Mean amount of a trade; missing in minutes without one."""
    return m.where(trades > 0, m.ratio(amount, trades))


def largest_orders(trade_amount: Array, returns: Array, share: str) -> Array:
    """Mask of the share of the minutes with the largest trades."""
    return m.top(m.where(m.exists(returns), trade_amount), share)


def most_volume(volume: Array, traded: Array, share: str) -> Array:
    """Mask of the share of the traded minutes with the largest volume."""
    return m.top(m.where(traded, volume), share)
