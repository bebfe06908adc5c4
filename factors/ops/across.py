"""Over the stocks of a day: what the body of an `@across` definition calls besides operators and the verbs.

Arrays hold all traded stocks of one day, (stocks, minutes) or (stocks, 1), NaN where a value does not exist. These are
no verbs of a factor: they run once per day, on NumPy arrays, or in C++ on the day's series where they lie.

>>> import numpy as np
>>> from factors.ops import across
>>> across.mean(np.array([[1.0, np.nan], [3.0, 5.0]]))
array([[2., 5.]])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from factors.common.arrays import Floats
from factors.common.threads import cores, each
from factors.ops.verb import recorded

__all__ = ["crowd", "mean", "rank", "std"]

NOISE = 1e-12
"""Share of the summands' size below which a sum is what rounding left of 0."""
_ROWS = 512  # stocks whose correlations with all others are in memory at once

P = ParamSpec("P")
R = TypeVar("R")


def _over(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function one that a series of the day answers itself (`factors.engine.cross_section.series`)."""
    return recorded(function, f"across.{function.__name__}")


@_over
def mean(x: Floats, weight: Floats | None = None) -> Floats:
    """Return the mean over the stocks that have a value, one row; missing where none has.

    Parameters
    ----------
    x : array, shape (stocks, minutes) or (stocks, 1)
        Values.
    weight : array, shape (stocks, 1), optional
        Weight of each stock, above 0; one without takes no part.

    Returns
    -------
    array, shape (1, minutes) or (1, 1)
        Exactly 0 where the values cancel but for rounding.
    """
    used = x if weight is None else x * np.where(weight > 0, weight, np.nan)
    there = ~np.isnan(used)
    over = there.sum(axis=0) if weight is None else np.where(there, weight, 0.0).sum(axis=0)
    whole, size = np.nansum(used, axis=0), np.nansum(np.abs(used), axis=0)
    whole = np.where(np.abs(whole) <= NOISE * size, 0.0, whole)
    with np.errstate(all="ignore"):
        return np.asarray(np.where(there.any(axis=0), whole / over, np.nan))[None, :]


@_over
def std(x: Floats) -> Floats:
    """Return the population standard deviation over the stocks that have a value, one row; 0 where all are equal."""
    there = ~np.isnan(x)
    number = there.sum(axis=0)
    first = np.take_along_axis(x, there.argmax(axis=0)[None, :], axis=0)
    with np.errstate(all="ignore"):
        moved = x - first  # about a value of their own, so that equal ones give exactly 0
        apart = moved - np.nansum(moved, axis=0) / number
        found = np.sqrt(np.nansum(apart * apart, axis=0) / number)
    return np.where(number > 0, found, np.nan)[None, :]


@_over
def rank(x: Floats) -> Floats:
    """Return each stock's rank among those that have a value in that minute, over their number; missing where it is.

    Ranks run from 1 for the smallest; equal values share the mean of theirs.
    """
    rows = np.ascontiguousarray(x.T)
    found = np.empty_like(rows)
    step = max(1, -(-len(rows) // (4 * cores())))

    def work(begin: int) -> None:
        found[begin : begin + step] = _ranks(rows[begin : begin + step])

    each(work, range(0, len(rows), step), cores())
    return np.ascontiguousarray(found.T)


def _ranks(rows: Floats) -> Floats:
    """Return ranks over the numbers of ranked values, row by row."""
    order = np.argsort(rows, axis=1)
    values = np.take_along_axis(rows, order, axis=1)
    place = np.arange(rows.shape[1])
    starts = np.ones(rows.shape, bool)
    starts[:, 1:] = values[:, 1:] != values[:, :-1]  # NaN stand last and differ from one another
    ends = np.ones(rows.shape, bool)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    there = ~np.isnan(values)
    with np.errstate(all="ignore"):
        ranks = np.where(there, ((first + last) / 2 + 1) / there.sum(axis=1, keepdims=True), np.nan)
    found = np.empty_like(rows)
    np.put_along_axis(found, order, ranks, axis=1)
    return found


@_over
def crowd(x: Floats, chosen: Floats) -> Floats:
    """Return each stock's mean absolute correlation with the others over some minutes.

    Parameters
    ----------
    x : array, shape (stocks, minutes)
        Missing only before a stock's first value; a pair is correlated over the minutes from the later first on.
    chosen : array of bool, shape (1, minutes)
        The minutes.

    Returns
    -------
    array, shape (stocks, 1)
        Pairs whose correlation does not exist are left out; missing where none is left.
    """
    x = np.ascontiguousarray(x[:, np.broadcast_to(chosen, (1, x.shape[1]))[0]])
    stocks, minutes = x.shape
    start = np.isnan(x).sum(axis=1)
    order = np.argsort(start, kind="stable")
    x, start = x[order], start[order]
    whole, number = np.zeros(stocks), np.zeros(stocks)
    for begin in np.unique(start[start < minutes]).tolist():
        older, stop = np.searchsorted(start, [begin, begin + 1]).tolist()  # stocks before `older` began earlier
        unit, exists = _unit(x[:stop, begin:])
        for a in range(older, stop, _ROWS):
            b = min(a + _ROWS, stop)
            found = unit[a:b] @ unit[:b].T
            np.abs(found, out=found)
            both = exists[a:b]
            found[np.arange(b - a), np.arange(a, b)] = 0.0
            whole[a:b] += found.sum(axis=1)
            number[a:b] += both * (exists[:b].sum() - both)
            whole[:a] += found[:, :a].sum(axis=0)
            number[:a] += exists[:a] * both.sum()
    with np.errstate(all="ignore"):
        mean_of = np.where(number > 0, whole / number, np.nan)
    result = np.empty((stocks, 1))
    result[order, 0] = mean_of
    return result


def _unit(x: Floats) -> tuple[Floats, Floats]:
    """Return rows centred and of length 1, zeros where a row is constant; and 1.0 for each that is not, else 0.0."""
    exists = (x.max(axis=1) > x.min(axis=1)).astype(np.float64)
    moved = x - x[:, :1]
    centred = moved - moved.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        scale = exists / np.sqrt((centred * centred).sum(axis=1))
    return centred * np.where(exists > 0, scale, 0.0)[:, None], exists
