"""When in the day the volume comes."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, corr, library


def share_after(d: D, x: Floats, minute: int) -> float:
    """Share of the total that comes after a minute."""
    return float(x[d.t > minute].sum() / x.sum()) if minute >= 0 else math.nan


def half_hour(d: D, k: int) -> float:
    """Share of half hour k, by a weighted histogram of the minutes; NaN if it does not fit into the session."""
    edges = np.array([30 * (k - 1), 30 * k]) + 0.5
    return float(np.histogram(d.t, edges, weights=d.v)[0][0] / d.v.sum()) if 30 * k <= d.T else math.nan


REFERENCE: dict[str, Reference] = {
    "amount_last_30min_ratio": lambda d: share_after(d, d.a, d.T - 30),
    "volume_autocorr": lambda d: corr(d.v[1:], d.v[:-1]),
    "volume_close_auction_ratio": lambda d: share_after(d, d.v, d.T - 3),
    "volume_peak_count": lambda d: (
        0.0 if constant(d.v) else float(library("scipy.ndimage").label(d.v > d.v.mean() + d.v.std())[1])
    ),
    **{f"volume_perc_{k}": partial(half_hour, k=k) for k in range(3, 8)},
    "volume_pm_am_ratio": lambda d: (
        math.nan if d.lunch is None else float(np.log(d.v[d.t > d.lunch].sum()) - np.log(d.v[d.t <= d.lunch].sum()))
    ),
    "volume_time_center": lambda d: float(np.average(d.t, weights=d.v) / d.T),
    "volume_time_slope": lambda d: (
        math.nan if d.n < 2 or constant(d.v) else float(library("scipy.stats").linregress(d.t, d.v).rvalue)
    ),
}

LOCKED = set(REFERENCE)
