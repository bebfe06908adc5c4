"""Bid-ask spreads estimated from prices alone."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor, shared

Array = Any


@shared
def log_open(open: Array, close: Array) -> Array:
    """Logarithm of the open over the day's first close."""
    return m.log_change(open, m.first(close))


@shared
def log_mid(high: Array, low: Array, close: Array) -> Array:
    """Middle of the logarithms of high and low over the day's first close."""
    start = m.first(close)
    return (m.log_change(high, start) + m.log_change(low, start)) / 2


@shared
def moved(high: Array, low: Array, close: Array) -> Array:
    """1 in the minutes with a range or a price other than the close before, else 0; missing in the first bar."""
    return m.larger(_differ(high, low), _differ(low, m.lag(close)))


@shared
def open_to_mid(log_open: Array, log_mid: Array, log_close: Array) -> Array:
    """Log return from the open to the middle; missing in the first bar."""
    return m.where(m.exists(m.lag(log_close)), log_mid - log_open)


@shared
def open_weight(open: Array, high: Array, low: Array, moved: Array) -> Array:
    """-4 over how often the open is not the high, and not the low, of a minute that moved; missing if never."""
    return m.ratio(-4.0, m.mean(moved * _differ(open, high)) + m.mean(moved * _differ(open, low)))


@shared
def close_weight(high: Array, low: Array, close: Array, moved: Array) -> Array:
    """-4 over how often the close before is not its high, and not its low, ahead of a minute that moved."""
    high_off, low_off = m.lag(_differ(close, high)), m.lag(_differ(close, low))
    return m.ratio(-4.0, m.mean(moved * high_off) + m.mean(moved * low_off))


def _differ(a: Array, b: Array) -> Array:
    """1 where two prices differ, else 0; missing where either is."""
    return m.abs(m.sign(a - b))


def _demeaned(x: Array, moved: Array) -> Array:
    """`x` less its mean, taken off in the minutes that moved."""
    return x - m.ratio(m.mean(x), m.mean(moved)) * moved


@factor(
    family="G",
    unit="ratio",
    formula=r"2\sqrt{\max(-\mathrm{cov}(l_t,l_{t-1}),0)}",
    min_bars=20,
    version=2,
    source="Roll 1984; eguidotti/bidask roll.R (GPL-3)",
)
def roll_spread(log_returns: Array) -> Array:
    """Twice the root of the negative covariance of successive log returns; 0 where the covariance is positive."""
    return 2 * m.sqrt(m.larger(-m.cov(log_returns, m.lag(log_returns)), 0.0))


@factor(
    family="G",
    unit="ratio",
    formula=r"\mathrm{mean}_t\max(S_t,0),\ S_t=\frac{2(e^{\alpha_t}-1)}{1+e^{\alpha_t}}"
    r",\ \alpha_t=\frac{\sqrt{2B_t}-\sqrt{B_t}}{3-2\sqrt2}-\sqrt{\frac{G_t}{3-2\sqrt2}}",
    min_bars=20,
    version=2,
    source="Corwin-Schultz 2012; bidask cs.R",
)
def corwin_schultz_spread(high: Array, low: Array, close: Array) -> Array:
    """Mean spread by the ranges of one minute and of two, moved by the gap between them; those below 0 count as 0."""
    gap = m.larger(m.lag(close) - high, 0.0) + m.smaller(m.lag(close) - low, 0.0)
    top, bottom, c = high + gap, low + gap, 3 - 2 * math.sqrt(2)
    single = _square(m.log_change(top, bottom)) + _square(m.lag(m.log_change(high, low)))
    double = _square(m.log_change(m.larger(top, m.lag(high)), m.smaller(bottom, m.lag(low))))
    grown = m.exp((m.sqrt(2 * single) - m.sqrt(single)) / c - m.sqrt(double / c))
    return m.mean(m.larger(2 * (grown - 1) / (1 + grown), 0.0))


def _square(x: Array) -> Array:
    return x * x


@factor(
    family="G",
    unit="ratio",
    formula=r"\sqrt{\max\bigl(4\,\overline{(c_{t-1}-\eta_{t-1})(c_{t-1}-\eta_t)},0\bigr)}",
    min_bars=20,
    version=2,
    source="Abdi-Ranaldo 2017; bidask ar.R",
)
def abdi_ranaldo_spread(log_mid: Array, log_close: Array) -> Array:
    """Root of the mean product of the close's distances to the middles of its own and the next minute; or 0."""
    before = m.lag(log_close)
    products = (before - m.lag(log_mid)) * (before - log_mid)
    return m.sqrt(m.larger(4 * m.mean(products), 0.0))


@shared
def edge_of_mids(
    log_open: Array,
    log_mid: Array,
    log_close: Array,
    open_to_mid: Array,
    moved: Array,
    open_weight: Array,
    close_weight: Array,
) -> Array:
    """Squared spread of each minute by the way from the middle before over close or open to the middle, x1."""
    mid_before, before = m.lag(log_mid), m.lag(log_close)
    at_open = open_weight * _demeaned(open_to_mid, moved) * (log_open - mid_before)
    return m.settle(at_open + close_weight * _demeaned(log_mid - before, moved) * (before - mid_before))


@shared
def edge_of_opens(
    log_open: Array,
    log_mid: Array,
    log_close: Array,
    open_to_mid: Array,
    moved: Array,
    open_weight: Array,
    close_weight: Array,
) -> Array:
    """Squared spread of each minute by the way from the close before to the open, x2."""
    mid_before, before = m.lag(log_mid), m.lag(log_close)
    at_open = open_weight * _demeaned(open_to_mid, moved) * (log_open - before)
    return m.settle(at_open + close_weight * _demeaned(log_open - before, moved) * (before - mid_before))


@factor(
    family="G",
    unit="ratio",
    formula=r"\sqrt{|S^2|},\ S^2=\frac{v_2e_1+v_1e_2}{v_1+v_2}",
    min_bars=20,
    version=2,
    source="Ardia-Guidotti-Kroencke 2024; python bidask edge.py (MIT); formula",
)
def edge_spread(edge_of_mids: Array, edge_of_opens: Array, moved: Array) -> Array:
    """Spread by the mean of two estimates of its square, each weighted by the variance of the other.

    Equal weights where neither varies but for rounding; NaN if fewer than two minutes moved.
    """
    e1, e2, v1, v2 = m.mean(edge_of_mids), m.mean(edge_of_opens), m.var(edge_of_mids), m.var(edge_of_opens)
    square = m.where(v1 + v2 > 0, m.ratio(v2 * e1 + v1 * e2, v1 + v2), (e1 + e2) / 2)
    return m.where(m.sum(moved) >= 2, m.sqrt(m.abs(square)))
