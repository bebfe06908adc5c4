"""Volume at the highest and lowest prices, and after its own peaks."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Reference, top


def high_time(d: D) -> float:
    """Median place in the session of the five bars with the highest highs."""
    s = top(np.where(d.traded, d.h, np.nan), 5)
    if len(s) < 5 or not np.nanmax(d.h) > np.nanmin(d.l):
        return math.nan
    return float(np.median(d.t[s] - 1) / (d.T - 1))


def at_price(d: D, sign: int) -> float:
    """Share of the volume that trades in the fifth of the bars with the highest (-1: lowest) closes."""
    k = max(1, int(d.traded.sum()) // 5)
    return float(d.v[top(np.where(d.traded, sign * d.c, np.nan), k)].sum() / d.v.sum())


def follow(d: D) -> float:
    """Share of the volume in the five minutes from each of the ten largest that stand apart."""
    kept: list[float] = []
    for t in d.t[top(np.where(d.traded & (d.t > 15), d.v, np.nan), 10)]:
        if not kept or t - kept[-1] >= 5:
            kept.append(t)
    after = np.subtract.outer(d.t, kept)
    return float(d.v @ ((after >= 0) & (after < 5)).sum(axis=1) / d.v.sum()) if kept else math.nan


REFERENCE: dict[str, Reference] = {
    "high_time_top5": high_time,
    "volume_follow_ratio": follow,
    "volume_high_price_share": lambda d: at_price(d, 1),
    "volume_low_price_share": lambda d: at_price(d, -1),
}

LOCKED = set(REFERENCE) - {"high_time_top5"}
