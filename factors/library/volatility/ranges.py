"""Variance from ranges: high, low, open and close of the minutes, and of the day."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor, shared

Array = Any


@shared
def log_range(high: Array, low: Array) -> Array:
    """Log of the minute's high over its low."""
    return m.log_change(high, low)


@shared
def log_body(open: Array, close: Array) -> Array:
    """Log of the minute's close over its open."""
    return m.log_change(close, open)


@shared
def rogers_satchell(open: Array, high: Array, low: Array, log_body: Array) -> Array:
    """The minute's variance after Rogers and Satchell, free of drift; ln(H/C) is ln(H/O) - ln(C/O)."""
    up, down = m.log_change(high, open), m.log_change(low, open)
    return (up - log_body) * up + (down - log_body) * down


@factor(
    family="H",
    unit="ratio²",
    formula=r"\frac{1}{4\ln2}\sum_t\ln^2\frac{H_t}{L_t}",
    min_bars=2,
    source="Parkinson 1980",
)
def parkinson_var(log_range: Array) -> Array:
    """Sum of the minutes' variances after Parkinson, NaN where no minute has one."""
    return _sum(log_range * log_range) / (4 * math.log(2))


@factor(
    family="H",
    unit="ratio²",
    formula=r"\sum_t\Bigl[\tfrac12\ln^2\frac{H_t}{L_t}-(2\ln2-1)\ln^2\frac{C_t}{O_t}\Bigr]",
    min_bars=2,
    source="Garman-Klass 1980",
)
def garman_klass_var(log_range: Array, log_body: Array) -> Array:
    """Sum of the minutes' variances after Garman and Klass, NaN where no minute has one."""
    return _sum(log_range * log_range / 2 - (2 * math.log(2) - 1) * log_body * log_body)


@factor(
    family="H",
    unit="ratio²",
    formula=r"\sum_t\Bigl[\ln\frac{H_t}{C_t}\ln\frac{H_t}{O_t}+\ln\frac{L_t}{C_t}\ln\frac{L_t}{O_t}\Bigr]",
    min_bars=2,
    source="Rogers-Satchell 1991",
)
def rogers_satchell_var(rogers_satchell: Array) -> Array:
    """Sum of the minutes' variances after Rogers and Satchell, NaN where no minute has one."""
    return _sum(rogers_satchell)


def _sum(x: Array) -> Array:
    """Sum of a series; missing where it has no value at all, for 0 would be a variance."""
    return m.where(m.any(m.exists(x)), m.sum(x))


@factor(
    family="H",
    unit="ratio²",
    formula=r"\frac{1}{4\ln2}\ln^2\frac{H_d}{L_d}",
    min_bars=1,
    source="Parkinson 1980",
)
def day_parkinson(day_high: Array, day_low: Array) -> Array:
    """Variance of the day after Parkinson, from its range alone."""
    spread = m.log_change(day_high, day_low)
    return spread * spread / (4 * math.log(2))


@factor(
    family="H",
    unit="ratio²",
    formula=r"\tfrac12\ln^2\frac{H_d}{L_d}-(2\ln2-1)\ln^2\frac{C_d}{O_d}",
    min_bars=1,
    source="GK 1980",
)
def day_garman_klass(day_high: Array, day_low: Array, day_open: Array, close: Array) -> Array:
    """Variance of the day after Garman and Klass."""
    spread, body = m.log_change(day_high, day_low), m.log_change(m.at(close, -1), day_open)
    return spread * spread / 2 - (2 * math.log(2) - 1) * body * body


@factor(
    family="H",
    unit="ratio²",
    formula=r"N\bigl[\sigma_o^2+k\sigma_c^2+(1-k)\overline{rs}\bigr],\ k=\frac{0.34}{1.34+\frac{N+1}{N-1}}",
    min_bars=20,
    version=2,
    source="Yang-Zhang 2000",
)
def yang_zhang_var(open: Array, close: Array, log_body: Array, rogers_satchell: Array) -> Array:
    """Variance after Yang and Zhang, over the minutes at which gap, body and range all exist."""
    gap = m.log_change(open, m.lag(close))
    there = m.exists(gap) & m.exists(rogers_satchell)
    n = m.count(there)
    k = 0.34 / (1.34 + m.ratio(n + 1, n - 1))
    gaps, bodies = (m.ratio(n, n - 1) * m.var(m.where(there, x)) for x in (gap, log_body))
    return n * (gaps + k * bodies + (1 - k) * m.mean(m.where(there, rogers_satchell)))
