"""One stock's day in fifty digits, and what the formulas are made of: moments, correlations, fits.

The float64 numbers of the input count as exact. Written from the printed formulas and conventions, with neither the
loops nor the definitions at hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import mpmath
import numpy as np

ctx = mpmath.MPContext()
ctx.dps = 50
Number = Any
"""A number of fifty digits."""
Series = list[Number]
CONSTANT = 1e-9
"""A series whose range is below this share of its largest magnitude is constant."""


class Sum(NamedTuple):
    """A value, and the size of the terms whose sum it is: far below it, the value is a cancellation."""

    value: Number
    terms: Number


Result = Number | Sum | None
Reference = Callable[["Day"], Result]


class Day:
    """A stock-day from its first traded minute on, filled.

    Parameters
    ----------
    bars : mapping of str to array, length T
        The seven fields; NaN where no bar is.
    lunch : int or None
        Last minute before the break.
    rounded : bool
        Whether series that are computed (returns, log returns, amounts per trade) are rounded to float64 once.

    Attributes
    ----------
    open, high, low, close, volume, amount, trades : list of n numbers
        Filled series of the minutes t0..T.
    floats : dict of str to list
        The same as float64, for what is compared.
    minutes, t0, n : int
        T, the first traded minute counted from 1, T - t0 + 1.
    traded : list of int
        Places, from 0 at t0, of the bars with volume.
    """

    open: Series
    high: Series
    low: Series
    close: Series
    volume: Series
    amount: Series
    trades: Series

    def __init__(self, bars: Mapping[str, np.ndarray], lunch: int | None, *, rounded: bool = False) -> None:
        self.minutes, self.lunch, self.rounded, self.bars = len(bars["close"]), lunch, rounded, bars
        trades = np.flatnonzero(np.nan_to_num(bars["volume"]) > 0)
        start = int(trades[0]) if len(trades) else self.minutes
        self.t0, self.n = start + 1, self.minutes - start
        self.traded = (trades - start).tolist()
        self.floats: dict[str, list[float]] = {name: [] for name in bars}
        last = math.nan
        for t in range(start, self.minutes):
            there = bars["close"][t] > 0
            for name, series in self.floats.items():
                if there:
                    series.append(float(bars[name][t]))
                else:
                    series.append(0.0 if name in ("volume", "amount", "trades") else last)
            last = self.floats["close"][-1]
        for name, series in self.floats.items():
            setattr(self, name, [ctx.mpf(x) for x in series])

    def again(self) -> Day:
        """Return the same day with its computed series rounded to float64."""
        return Day(self.bars, self.lunch, rounded=True)

    def once(self, x: Number) -> Number:
        """Return a computed number, rounded to float64 where that is asked for."""
        return ctx.mpf(float(x)) if self.rounded else x

    def place(self, minute: int) -> int | None:
        """Return the place of a grid minute; None before t0."""
        return minute - self.t0 if minute >= self.t0 else None

    def window(self, start: int, stop: int | None = None) -> range | None:
        """Return the places of the minutes start < t <= stop (below 0: from the close); None if it does not fit."""
        first = start + self.minutes if start < 0 else start
        last = self.minutes if stop is None else stop
        if first < 0 or last > self.minutes:
            return None
        return range(max(first + 1 - self.t0, 0), max(last + 1 - self.t0, 0))

    def busy(self, window: range | None, least: int) -> bool:
        """Whether a window fits and has so many traded bars."""
        return window is not None and sum(t in window for t in self.traded) >= least

    @cached_property
    def r(self) -> Series:
        """Returns, the first from the own open."""
        before = [self.open[0], *self.close[:-1]]
        return [self.once((c - p) / p) for c, p in zip(self.close, before, strict=True)]

    @cached_property
    def l(self) -> Series:  # noqa: E743
        """The N log returns of t > t0."""
        return [self.once(ctx.log(c / p)) for c, p in zip(self.close[1:], self.close[:-1], strict=True)]

    @cached_property
    def per_trade(self) -> dict[int, Number]:
        """Amount per trade by place, where there are trades."""
        return {t: self.once(self.amount[t] / k) for t, k in enumerate(self.trades) if k > 0}

    @cached_property
    def vwap(self) -> Number:
        """Amounts over volumes."""
        return ctx.fsum(self.amount) / ctx.fsum(self.volume)


def top(keys: Mapping[int, float], k: int) -> list[int]:
    """Return the places of the k largest keys, in time order; of equal ones the earlier."""
    return sorted(sorted(keys, key=lambda t: (-keys[t], t))[:k])


def constant(x: Sequence[Number], within: float = CONSTANT) -> bool:
    """Whether a series is constant up to rounding, or empty."""
    return not x or max(x) == min(x) or max(x) - min(x) < within * max(abs(v) for v in x)


def mean(x: Sequence[Number]) -> Number:
    """Return the mean."""
    return ctx.fsum(x) / len(x)


def centred(x: Sequence[Number]) -> Series:
    """Return the values about their mean; zeros for a constant series."""
    if constant(x):
        return [ctx.zero] * len(x)
    middle = mean(x)
    return [v - middle for v in x]


def var(x: Sequence[Number]) -> Result:
    """Return the population variance, 0 of a constant series; None of nothing."""
    return ctx.fsum(centred(x), squared=True) / len(x) if x else None


def skew(x: Sequence[Number]) -> Result:
    """Return the skewness; None of a constant series."""
    return None if constant(x) else moment(centred(x), 3)


def kurt(x: Sequence[Number]) -> Result:
    """Return the kurtosis; None of a constant series."""
    return None if constant(x) else moment(centred(x), 4)


def moment(d: Series, power: int) -> Sum:
    """Return a central moment of a power over that of the standard deviation."""
    n, spread = len(d), ctx.sqrt(ctx.fsum(d, squared=True) / len(d)) ** power
    powers = [v**power for v in d]
    return Sum(ctx.fsum(powers) / n / spread, ctx.fsum(powers, absolute=True) / n / spread)


def products(dx: Series, dy: Series) -> Sum:
    """Return the sum of the products."""
    each = [a * b for a, b in zip(dx, dy, strict=True)]
    return Sum(ctx.fsum(each), ctx.fsum(each, absolute=True))


def corr(x: Sequence[Number], y: Sequence[Number], within: float = CONSTANT) -> Result:
    """Return Pearson's correlation; None of fewer than two pairs, or where a series is constant."""
    if len(x) < 2 or constant(x, within) or constant(y, within):
        return None
    dx, dy = centred(x), centred(y)
    spread = ctx.sqrt(ctx.fsum(dx, squared=True) * ctx.fsum(dy, squared=True))
    both = products(dx, dy)
    return Sum(both.value / spread, both.terms / spread)


def cov(x: Sequence[Number], y: Sequence[Number]) -> Sum:
    """Return the population covariance; 0 where a series is constant."""
    if constant(x) or constant(y):
        return Sum(ctx.zero, ctx.zero)
    both = products(centred(x), centred(y))
    return Sum(both.value / len(x), both.terms / len(x))


def slope(y: Sequence[Number], x: Sequence[Number]) -> Result:
    """Return the slope of y on x; None where x is constant."""
    if len(x) < 2 or constant(x):
        return None
    dx = centred(x)
    square, both = ctx.fsum(dx, squared=True), products(dx, centred(y))
    return Sum(both.value / square, both.terms / square)


def floor_bin(x: float) -> int:
    """Return the integer below, or the one within 1e-9."""
    near = round(x)
    return near if abs(x - near) <= 1e-9 else int(np.floor(x))
