"""Series and values that realised measures and jump measures read, all of log returns l_t."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import shared

Array = Any


def absolute_moment(p: float) -> float:
    """Return E|Z|^p of a standard normal Z."""
    return 2 ** (p / 2) * math.gamma((p + 1) / 2) / math.gamma(1 / 2)


def fourth(x: Array) -> Array:
    """Return the fourth power, as a product of squares."""
    square = x * x
    return square * square


@shared
def log_path(close: Array) -> Array:
    """Log return since the day's first close: the log price, in digits that differences do not cancel."""
    return m.log_change(close, m.first(close))


@shared
def log_square(log_returns: Array) -> Array:
    """Squared log return."""
    return log_returns * log_returns


@shared
def realised_variance(log_square: Array) -> Array:
    """Sum of the squared log returns."""
    return m.sum(log_square)


@shared
def log_fourths(log_square: Array) -> Array:
    """Sum of the fourth powers of the log returns."""
    return m.sum(log_square * log_square)


@shared
def up_semivariance(log_returns: Array, log_square: Array) -> Array:
    """Sum of the squared log returns above 0."""
    return m.sum(m.where(log_returns > 0, log_square))


@shared
def down_semivariance(log_returns: Array, log_square: Array) -> Array:
    """Sum of the squared log returns below 0."""
    return m.sum(m.where(log_returns < 0, log_square))


@shared
def smaller_of_two(abs_log: Array) -> Array:
    """Smaller of two successive absolute log returns."""
    return m.smaller(abs_log, m.lag(abs_log))


@shared
def middle_of_three(abs_log: Array) -> Array:
    """Median of three successive absolute log returns."""
    return m.median3(abs_log, m.lag(abs_log), m.lag(abs_log, 2))


@shared
def root_of_three(abs_log: Array) -> Array:
    """Cube root of the product of three successive absolute log returns."""
    return m.power(abs_log * m.lag(abs_log) * m.lag(abs_log, 2), 1 / 3)


@shared
def product_of_four(abs_log: Array) -> Array:
    """Product of four successive absolute log returns."""
    return abs_log * m.lag(abs_log) * m.lag(abs_log, 2) * m.lag(abs_log, 3)


@shared
def bipower(abs_log: Array, log_count: Array) -> Array:
    """Bipower variation, without a finite-sample factor."""
    return m.where(log_count >= 2, math.pi / 2 * m.sum(abs_log * m.lag(abs_log)))


@shared
def tripower(root_of_three: Array, log_count: Array) -> Array:
    """Tripower variation, without a finite-sample factor: the integrated variance IV of the jump measures."""
    found = absolute_moment(2 / 3) ** -3 * m.sum(root_of_three * root_of_three)
    return m.where(log_count >= 3, found)


@shared
def tripower_quarticity(root_of_three: Array, log_count: Array) -> Array:
    """Tripower quarticity, with its factor N/(N - 2)."""
    n = m.where(log_count >= 3, log_count)
    return absolute_moment(4 / 3) ** -3 * n * n / (n - 2) * m.sum(fourth(root_of_three))


@shared
def jump_up_size(up_semivariance: Array, tripower: Array) -> Array:
    """Upward semivariance above half the integrated variance."""
    return m.larger(up_semivariance - tripower / 2, 0.0)


@shared
def jump_down_size(down_semivariance: Array, tripower: Array) -> Array:
    """Downward semivariance above half the integrated variance."""
    return m.larger(down_semivariance - tripower / 2, 0.0)


@shared
def swap_term(log_returns: Array) -> Array:
    """The minute's j(l) = 2(e^l - 1 - l) - l²: as a power series up to |l| = 0.5, where the direct form cancels."""
    tail = 2 / math.factorial(14)
    for k in range(13, 2, -1):
        tail = tail * log_returns + 2 / math.factorial(k)
    near = log_returns * log_returns * log_returns * tail
    direct = 2 * (m.exp(log_returns) - 1 - log_returns) - log_returns * log_returns
    return m.where(m.abs(log_returns) <= 0.5, near, direct)


@shared
def log_deviation(log_returns: Array) -> Array:
    """Log return less the day's mean; missing if all are equal but for rounding."""
    away = m.centred(log_returns)
    return m.where(m.any(away != 0), away)
