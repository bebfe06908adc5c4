"""Mean sizes of a trade that several factors read."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import shared

Array = Any


@shared
def trade_of_day(amount: Array, trades: Array) -> Array:
    """Mean amount of a trade over the day."""
    return m.ratio(m.sum(amount), m.sum(trades))


@shared
def trade_of_rises(amount: Array, trades: Array, rising: Array) -> Array:
    """Mean amount of a trade in the rising minutes."""
    return m.ratio(m.sum(m.where(rising, amount)), m.sum(m.where(rising, trades)))


@shared
def trade_of_falls(amount: Array, trades: Array, falling: Array) -> Array:
    """Mean amount of a trade in the falling minutes."""
    return m.ratio(m.sum(m.where(falling, amount)), m.sum(m.where(falling, trades)))
