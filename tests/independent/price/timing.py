"""When in the day the price does what it does."""

from __future__ import annotations

import math
from itertools import groupby

import numpy as np

from tests.independent.tools import D, Floats, Reference


def drawdown_duration(d: D) -> float:
    """From the last minute at the peak to the first minute of the deepest fall, as a share of the session."""
    peak = np.maximum.accumulate(d.c)
    bottom = int(np.argmax(1 - d.c / peak))
    at_peak = np.flatnonzero(d.c[: bottom + 1] == peak[bottom])
    return float(bottom - at_peak.max()) / d.T if (d.c < peak).any() else 0.0


def extreme_minute(d: D, sign: int) -> float:
    """First minute of the highest high (1) or the lowest low (-1); NaN on a day at one price."""
    found = np.flatnonzero(d.h == np.nanmax(d.h) if sign > 0 else d.l == np.nanmin(d.l))
    return float(d.t[found[0]]) if len(found) and np.nanmax(d.h) != np.nanmin(d.l) else math.nan


def center(d: D, sign: int) -> float:
    """Mean minute of the rises (1) or falls (-1), weighted by their size, as a share of the session."""
    weights = np.nan_to_num((sign * d.r).clip(min=0))
    return float(np.average(d.t, weights=weights) / d.T) if weights.any() else math.nan


def turns(d: D) -> float:
    """Changes of sign by the steps that have one."""
    signs = np.sign(d.r[np.abs(d.r) > 0])
    return (sum(1 for _ in groupby(signs)) - 1) / (len(signs) - 1) if len(signs) > 1 else math.nan


def records(d: D, x: Floats) -> float:
    """Share of the session's minutes after the first in which a series passes all that came before."""
    before = np.fmax.accumulate(x)[:-1]
    return float(np.count_nonzero(x[1:] > before) / (d.T - 1)) if d.T > 1 else math.nan


REFERENCE: dict[str, Reference] = {
    "conf_persist": lambda d: float((np.median(d.t[d.r < 0]) - np.median(d.t[d.r > 0])) / d.T),
    "direction_change_ratio": turns,
    "down_time_center": lambda d: center(d, -1),
    "drawdown_duration": drawdown_duration,
    "high_low_time_gap": lambda d: (extreme_minute(d, 1) - extreme_minute(d, -1)) / np.float64(d.T - 1),
    "high_time": lambda d: (extreme_minute(d, 1) - 1) / np.float64(d.T - 1),
    "low_time": lambda d: (extreme_minute(d, -1) - 1) / np.float64(d.T - 1),
    "newhigh_count": lambda d: records(d, d.h),
    "newlow_count": lambda d: records(d, -d.l),
    "time_center_gap": lambda d: center(d, -1) - center(d, 1),
    "up_bar_ratio": lambda d: float(np.mean(d.r[np.abs(d.r) > 0] > 0)),
    "up_time_center": lambda d: center(d, 1),
}

LOCKED = {"drawdown_duration", "newhigh_count", "newlow_count"}
