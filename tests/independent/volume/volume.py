"""Volume and amount through the day."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tests.independent.tools import D, Reference, corr, kurt, library, skew, std


def share(d: D, after: int, until: int) -> float:
    """Volume share of the minutes of a window, by a weighted histogram; NaN if it does not fit into the session."""
    edges = np.array([after, until]) + 0.5
    fits = after >= 0 and until <= d.T
    return float(np.histogram(d.t, edges, weights=d.v)[0][0] / d.v.sum()) if fits else math.nan


def order_size(d: D, minutes: npt.NDArray[np.bool_]) -> float:
    """Mean trade of some minutes over that of the day; NaN where any of the denominators is 0."""
    amount, trades = (np.array([x @ minutes, x.sum()]) for x in (d.a, d.k))
    means = np.where(trades > 0, amount / trades, np.nan)
    return float(means[0] / means[1])


REFERENCE: dict[str, Reference] = {
    "amount_autocorr": lambda d: corr(d.a[1:], d.a[:-1]),
    "amount_in_order_avg_ratio": lambda d: order_size(d, d.r > 0),
    "amount_out_order_avg_ratio": lambda d: order_size(d, d.r < 0),
    "volume_entropy": lambda d: float(library("scipy.stats").entropy(d.v, base=d.T)) if d.T > 1 else math.nan,
    "volume_kurtosis": lambda d: kurt(d.v),
    "volume_last_30min_ratio": lambda d: share(d, d.T - 30, d.T),
    "volume_open_30min_ratio": lambda d: share(d, 0, 30),
    "volume_perc_2": lambda d: share(d, 30, 60),
    "volume_share_std": lambda d: std(d.v) / float(d.v.sum()),
    "volume_skewness": lambda d: skew(d.v),
}
