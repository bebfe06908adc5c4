"""What stock-days read beyond themselves: the day before, the auction, and what all stocks of the day make together."""

from fractions import Fraction
from typing import Any

from factors import ops as m
from factors.definitions.decorators import across, day_input, shared
from factors.ops import across as over
from factors.ops.verb import Symbol

Array = Any


@day_input
def pre_close(close: Array) -> Array:
    """Previous close: the input's own, else the last close of the input's previous day, not adjusted."""


@day_input
def auction_volume(volume: Array) -> Array:
    """Volume of a separate opening-auction bar, before it was merged into the first minute; missing without one."""


@day_input
def past_open(open: Array) -> Array:
    """Opens of the days before, as many as the factor's `history`."""


@day_input
def past_high(high: Array) -> Array:
    """Highs of the days before, as many as the factor's `history`."""


@day_input
def past_low(low: Array) -> Array:
    """Lows of the days before, as many as the factor's `history`."""


@day_input
def past_close(close: Array) -> Array:
    """Closes of the days before, as many as the factor's `history`."""


@day_input
def past_volume(volume: Array) -> Array:
    """Volumes of the days before, as many as the factor's `history`."""


@day_input
def past_amount(amount: Array) -> Array:
    """Amounts of the days before, as many as the factor's `history`."""


@day_input
def past_trades(trades: Array) -> Array:
    """Trades of the days before, as many as the factor's `history`."""


@shared
def day_return(close: Array, pre_close: Array) -> Array:
    """Return from the previous close to the close."""
    return m.ratio(m.at(close, -1) - pre_close, pre_close)


@across
def market_return(log_returns: Array) -> Array:
    """Log return of the market by minute: the mean over the stocks that have one."""
    return over.mean(log_returns)


@across
def market_day_return(day_return: Array) -> Array:
    """Return of the market from its previous close: the mean over the stocks that have one."""
    return over.mean(day_return)


@shared
def volume_surprise(volume: Array) -> Array:
    """Volume of the minute over the mean of the ten before, whose sum is rounded once: equal ratios rank alike."""
    return m.ratio(10 * volume, m.moving_sum(m.lag(volume), 10))


@across
def volume_surprise_rank(volume_surprise: Array) -> Array:
    """Rank of the volume surprise among the stocks that have one in that minute, over their number."""
    return over.rank(volume_surprise)


@across
def amount_crowd(returns: Array, amount: Array) -> Array:
    """Mean absolute correlation of the amounts with those of the other stocks, while returns lie close together."""
    apart = over.std(returns)
    return over.crowd(amount, apart < m.mean(apart))


@shared
def vol_diff_f_enough(vol_diff_f_value: Array, traded: Array) -> Array:
    """F-statistic of the fit of the return on the changes of volume, of stocks with 30 traded bars."""
    return m.where(m.count(traded) >= 30, vol_diff_f_value)


@across
def market_vol_diff_f(vol_diff_f_enough: Array) -> Array:
    """Mean of that F-statistic over the stocks that have it."""
    return over.mean(vol_diff_f_enough)


def usual(past_volume: Array, q: str, days: int) -> Array:
    """Return the q-quantile of the volumes above 0 of the days before; missing where one of these days is."""
    if isinstance(past_volume, Symbol):
        return past_volume.record("past_quantile", (past_volume, float(Fraction(q)), days), {})
    width = past_volume.shape[1] // days
    found = m.quantile(m.where(past_volume > 0, past_volume), float(Fraction(q)))
    for day in range(days):
        found = m.where(m.any(m.exists(m.between(past_volume, day * width, (day + 1) * width))), found)
    return found
