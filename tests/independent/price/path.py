"""The path of the price through the day."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, library, std


def between(d: D, x: float) -> float:
    """A price's place between the low (0) and the high (1) of the day."""
    low, high = np.nanmin(d.l), np.nanmax(d.h)
    return float((x - low) / (high - low))


def vwap(d: D) -> np.float64:
    """Average price of the day's volume."""
    return np.float64(d.a.sum() / d.v.sum())


def vwap_slope(d: D) -> float:
    """SciPy's least-squares line through the minutes' average prices, from 0 to 1 over the session."""
    x: Floats = np.divide(d.a, d.v, out=d.c.copy(), where=d.v > 0)
    slope = 0.0 if constant(x) else library("scipy.stats").linregress(d.t / d.T, x - x[0]).slope
    return float(slope / vwap(d)) if d.n > 1 else math.nan


def walked(d: D) -> float:
    """Length of open, high, low, close, one after the other, over the bars that have all four."""
    return float(np.nansum(np.abs(np.diff([d.o, d.h, d.l, d.c], axis=0)).sum(axis=0)))


REFERENCE: dict[str, Reference] = {
    "amplitude": lambda d: float((np.nanmax(d.h) - np.nanmin(d.l)) / d.o[0]),
    "arpp": lambda d: between(d, float(np.nanmean(np.mean([d.o, d.h, d.l, d.c], axis=0)))),
    "close_location": lambda d: between(d, float(d.c[-1])),
    "intraday_maxdrawdown_hl": lambda d: float(np.nanmax(-np.subtract(d.l, m := np.fmax.accumulate(d.h)) / m)),
    "intraday_maxrunup": lambda d: float(np.max(d.c / np.minimum.accumulate(d.c)) - 1),
    "open_location": lambda d: between(d, float(d.o[0])),
    "path_length": lambda d: float(np.linalg.norm(d.r[~np.isnan(d.r)], 1)),
    "path_tortuosity": lambda d: (
        math.nan if not (x := walked(d)) else math.log(x / np.max([abs(d.c[-1] - d.o[0]), 0.01]))
    ),
    "return_std": lambda d: std(d.r),
    "twap_vwap_dev": lambda d: float(np.mean(d.c) / vwap(d) - 1),
    "vwap_slope": vwap_slope,
}

LOCKED = {
    "amplitude",
    "intraday_maxdrawdown_hl",
    "intraday_maxrunup",
    "path_length",
    "return_std",
    "twap_vwap_dev",
    "vwap_slope",
}
