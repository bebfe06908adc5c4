"""Series, masks and values that several factors read."""

from typing import Any

from factors import ops as m
from factors.definition import shared

Array = Any


@shared
def day_open(open: Array, close: Array) -> Array:
    """Open of the day's first bar; missing if that bar came without one."""
    return m.first(open, m.exists(close))


@shared
def vwap_day(amount: Array, volume: Array) -> Array:
    """Volume-weighted average price of the day."""
    return m.ratio(m.sum(amount), m.sum(volume))


@shared
def returns(close: Array, day_open: Array) -> Array:
    """Simple return of each minute; the first bar's is from its own open."""
    before = m.lag(close)
    return close / m.where(m.exists(before), before, day_open) - 1


@shared
def log_returns(close: Array) -> Array:
    """Log return from one minute's close to the next; missing in the first bar."""
    return m.log(close / m.lag(close))


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
def amount_per_trade(amount: Array, trades: Array) -> Array:
    """Mean amount of a trade; missing in minutes without one."""
    return m.where(trades > 0, m.ratio(amount, trades))


@shared
def top30_order(amount_per_trade: Array, returns: Array) -> Array:
    """Mask of the 30 % of the minutes with the largest trades."""
    return m.top(m.where(m.exists(returns), amount_per_trade), "3/10")


@shared
def top33_volume(volume: Array, traded: Array) -> Array:
    """Mask of the third of the traded minutes with the largest volume."""
    return m.top(m.where(traded, volume), "1/3")
