"""Verbs that run along the minutes and keep a series."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np

from factors.ops.elementwise import Array, constant, exists, namespace, numeric, on_device
from factors.ops.verb import verb


@verb
def cummax(x: Array) -> Array:
    """Return the largest value so far; missing before the first."""
    return _running(x, -math.inf, "maximum", "fmax")


@verb
def cummin(x: Array) -> Array:
    """Return the smallest value so far; missing before the first."""
    return _running(x, math.inf, "minimum", "fmin")


def _running(x: Array, none: float, verb: str, skipping: str) -> Array:
    xp = namespace(x)
    if xp is np:
        found: Array = getattr(np, skipping).accumulate(x, axis=-1)
        return found
    # CuPy's ufuncs accumulate only add and multiply, so the window is doubled: 8 steps for 240 minutes.
    pick = getattr(xp, verb)
    rows, length = x.shape
    found = xp.where(xp.isnan(x), constant(xp, x, none), x)
    step = 1
    while step < length:
        gap = xp.full((rows, step), none, dtype=x.dtype, **on_device(x))
        found = pick(found, xp.concat([gap, found[:, :-step]], axis=1))
        step *= 2
    return xp.where(found == none, constant(xp, x, math.nan), found)


@verb
def cumsum(x: Array) -> Array:
    """Return the running sum of the values that exist."""
    xp = namespace(x)
    x = numeric(x)
    return accumulate_sum(xp, xp.where(xp.isnan(x), constant(xp, x, 0.0), x))


@verb
def ffill(x: Array) -> Array:
    """Return the last existing value so far; missing before the first."""
    xp = namespace(x)
    x = numeric(x)
    minute = xp.reshape(xp.arange(x.shape[-1], dtype=xp.float64, **on_device(x)), (1, -1))
    place = _running(xp.where(exists(x), minute, constant(xp, x, 0.0)), -math.inf, "maximum", "fmax")
    return xp.take_along_axis(x, xp.asarray(place, dtype=xp.int64), axis=-1)  # before the first: minute 0, missing too


def accumulate_sum(xp: ModuleType, x: Array) -> Array:
    """Return the running sum along the minutes; NumPy 2.0 lacks the standard's name for it."""
    return xp.cumulative_sum(x, axis=-1) if hasattr(xp, "cumulative_sum") else xp.cumsum(x, axis=-1)
