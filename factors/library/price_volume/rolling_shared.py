"""What the factors of moving windows have in common."""

from typing import Any, NamedTuple

from factors import ops as m
from factors.definitions.decorators import shared

Array = Any


@shared
def surge(volume: Array) -> Array:
    """Mask of the minutes whose volume rose by more than a standard deviation above the mean rise."""
    rise = volume - m.lag(volume)
    return rise > m.mean(rise) + m.std(rise)


def betas(high: Array, low: Array, window: int) -> Array:
    """Return the slope of the highs on the lows in a moving window, made exactly constant where it is so."""
    spread = m.moving_std(low, window)
    return m.settle(m.ratio(m.moving_cov(low, high, window), spread * spread))


def correlations(high: Array, low: Array, window: int) -> Array:
    """Return the correlation of the highs with the lows in a moving window."""
    spread = m.moving_std(low, window) * m.moving_std(high, window)
    return m.ratio(m.moving_cov(low, high, window), spread)


def zscore_last(x: Array) -> Array:
    """Return the last value, in standard deviations from the mean."""
    return m.ratio(m.last(x) - m.mean(x), m.std(x))


class Level(NamedTuple):
    """A minute of the tide: when, at which price and volume around it."""

    minute: Array
    price: Array
    volume: Array


def tide(close: Array, volume: Array, minute: Array, half_width: int) -> tuple[Level, Level, Level]:
    """Return the ebb before the peak of the volume around a minute, the peak, and the ebb after it.

    Of equal ones the first; the peak itself where nothing lies before or after it.
    """
    around = m.lead(m.moving_sum(volume, 2 * half_width + 1), half_width)
    peak = m.first(minute, around == m.max(around))

    def ebb(side: Array) -> Array:
        here = m.where(side, around)
        found = m.first(minute, here == m.min(here))
        return m.where(m.exists(found), found, peak)

    def level(at: Array) -> Level:
        return Level(at, m.first(close, minute == at), m.first(around, minute == at))

    return level(ebb(minute < peak)), level(peak), level(ebb(minute > peak))


def pace(start: Level, end: Level) -> Array:
    """Return the return per minute from one minute to another; missing if they are the same."""
    return m.ratio(m.change(end.price, start.price), end.minute - start.minute)


def price_beta(open: Array, high: Array, low: Array, close: Array, window: int) -> Array:
    """Return the variance over the squared mean of all four prices of a moving window.

    The variance of them together is the mean of the minutes' own variances and the variance of their means. Made
    exactly constant where it is so but for rounding.
    """
    gaps, start = [price - close for price in (open, high, low)], m.first(close)
    gap = sum(gaps) / 4
    inside, level = sum(x * x for x in gaps) / 4 - gap * gap, (close - start) + gap  # as rounded as moves, not prices
    whole = m.moving_mean(inside, window) + m.moving_cov(level, level, window)
    return m.settle(whole / (m.moving_mean(level, window) + start) ** 2)


def reward_cov(returns: Array, beta: Array) -> Array:
    """Return the covariance of the return per unit of beta with beta; missing for fewer than three minutes."""
    reward = m.ratio(returns, beta)
    return m.where(m.count(reward) >= 3, m.cov(reward, beta))


def vagueness(returns: Array, window: int) -> Array:
    """Return the moving standard deviation of the moving standard deviation of the returns.

    Either is made exactly constant where it is so but for rounding.
    """
    return m.settle(m.moving_std(m.settle(m.moving_std(returns, window)), window))


def ambiguous_share(x: Array, returns: Array, window: int) -> Array:
    """Return the mean of a series where the vagueness is above its mean, over the mean of all minutes."""
    return m.ratio(m.mean(m.where(m.centred(vagueness(returns, window)) > 0, x)), m.mean(x))
