"""Returns and prices weighted by volume."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tests.independent.tools import D, Floats, Reference, constant


def late(d: D, minutes: int) -> float:
    """Bar returns of the last minutes weighted by volume; one that is missing counts in the denominator only."""
    last = d.t > d.T - minutes
    return float(np.nansum(d.b[last] * d.v[last]) / np.sum(d.v[last])) if minutes <= d.T else math.nan


def early(d: D, x: Floats) -> float:
    """Mean of a series over volume share, over the traded bars of the first 20 minutes."""
    import pandas as pd

    return float(pd.Series(x / (d.v / d.v.sum()))[d.traded & (d.t <= 20)].mean()) if d.T >= 20 else math.nan


def rising(v: Floats) -> npt.NDArray[np.bool_]:
    """Minutes with more volume than the minute before."""
    return np.diff(v, prepend=np.inf) > 0


REFERENCE: dict[str, Reference] = {
    "return_first20_neg_per_volume": lambda d: early(d, -np.minimum(d.b, 0)),
    "return_first20_per_volume": lambda d: early(d, d.b),
    "return_first20_pos_per_volume": lambda d: early(d, np.maximum(d.b, 0)),
    "return_last20_volume_weighted": lambda d: late(d, 20),
    "return_last50_volume_weighted": lambda d: late(d, 50),
    "return_on_rising_volume": lambda d: float(d.where(rising(d.v), d.r).sum()),
    "return_volume_weighted": lambda d: float(np.nansum(d.r * d.v) / d.v.sum()),
    "weighted_close_ratio": lambda d: float(np.average(d.c, weights=d.v) / d.c.mean()),
    "weighted_price_skewness": lambda d: (
        math.nan if constant(d.c) else float(np.average(((d.c - d.c.mean()) / d.c.std()) ** 3, weights=d.v))
    ),
}

LOCKED = set(REFERENCE) - {"weighted_price_skewness"}
