"""Orders, levels and quantiles that several factors read."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import shared

Array = Any


@shared
def volume_place(volume: Array, traded: Array) -> Array:
    """Number of traded minutes with more volume."""
    return m.ahead(m.where(traded, volume))


@shared
def volume_place_low(volume: Array, traded: Array) -> Array:
    """Number of traded minutes with less volume."""
    return m.ahead(m.where(traded, volume), smallest=True)


@shared
def next_return(returns: Array, traded: Array) -> Array:
    """Return of the minute after a traded one."""
    return m.where(traded, m.lead(returns))


@shared
def traded_close(close: Array, traded: Array) -> Array:
    """Close of the traded minutes: their price level."""
    return m.where(traded, close)


@shared
def return_median(returns: Array) -> Array:
    """Median of the minute returns."""
    return m.quantile(returns, 0.5)


@shared
def return_mad_value(returns: Array, return_median: Array) -> Array:
    """Median distance of the minute returns from their median."""
    return m.quantile(m.abs(returns - return_median), 0.5)


@shared
def level_volume(volume: Array, traded_close: Array) -> Array:
    """Volume traded at a close, at the first minute with that close; missing at the others."""
    return m.group_sum(volume, traded_close)


@shared
def level_share(level_volume: Array, volume: Array) -> Array:
    """Share of the day's volume traded at a close, at the first minute with that close."""
    return m.ratio(level_volume, m.sum(volume))


@shared
def level_place(level_volume: Array) -> Array:
    """Number of price levels with more volume."""
    return m.ahead(level_volume)


@shared
def volume_from_above(level_volume: Array, volume: Array, traded_close: Array) -> Array:
    """Volume traded at a close or above it, at the first minute with that close."""
    return m.ahead(traded_close, volume) + level_volume


def share_of(x: Array, chosen: Array) -> Array:
    """Share that some minutes have of the sum over the day; missing if there are none."""
    return m.where(m.any(chosen), m.ratio(m.sum(m.where(chosen, x)), m.sum(x)))
