"""What the fits and spectra have in common."""

from collections.abc import Sequence
from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import shared
from factors.errors import NotInSession

Array = Any


def volume_fit(returns: Array, volume: Array, lags: int = 5) -> m.Fit:
    """Return the fit of the return on the changes of volume of this minute and of `lags` minutes before."""
    change = volume - m.lag(volume)
    return m.ols(returns, change, *(m.lag(change, k) for k in range(1, lags + 1)))


def std_of(values: Sequence[Array]) -> Array:
    """Return the population standard deviation of values per stock; missing if one of them is."""
    shifted = [value - values[0] for value in values]
    mean = sum(shifted) / len(values)
    return m.sqrt(sum((x - mean) ** 2 for x in shifted) / len(values))


def f_statistic(fit: m.Fit) -> Array:
    """Return the F-statistic of all regressors of a fit; missing where it is exact."""
    size = len(fit.coef) - 1
    return m.ratio(fit.ess * (fit.n - size - 1) / size, fit.rss)


@shared
def vol_diff_f_value(returns: Array, volume: Array) -> Array:
    """F-statistic of the fit of the return on the changes of volume."""
    return f_statistic(volume_fit(returns, volume))


@shared
def vol_diff_t0(returns: Array, volume: Array) -> Array:
    """t-statistic of the intercept of the fit of the return on the changes of volume."""
    return volume_fit(returns, volume).t[0]


def low_frequencies(x: Array, minute: Array, session: Session, period: int) -> Array:
    """Return the power of a series of mean 0 at periods of `period` minutes or more, over that of all its frequencies.

    Of one side of the spectrum, by Parseval: half the sum of squares, and half the highest frequency of an even number
    of minutes, which has no other side.
    """
    if session.minutes < period:
        raise NotInSession(f"a period of {period} of {session.minutes} minutes")
    highest = m.sum(m.where(m.floor(minute / 2) * 2 == minute, x, -x)) if session.minutes % 2 == 0 else 0.0
    whole = (session.minutes * m.sum(x * x) + highest * highest) / 2
    return m.ratio(m.spectrum(x, session.minutes // period), whole)
