"""The distribution of the minute returns."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, std, there


def side(d: D, sign: int) -> float:
    """Deviation of the returns above (1) or below (-1) their mean by that of all."""
    r = there(d.r)
    return math.nan if constant(r) else std(r[np.sign(r - np.mean(r)) == sign]) / std(r)


def cubes(d: D, sign: int) -> float:
    """Share of the rises (1) or falls (-1) in the sum of the cubed sizes."""
    r = there(d.r)
    if not r.any():
        return math.nan
    cubed: Floats = np.abs(r / np.abs(r).max()) ** 3
    return float(np.bincount((np.sign(r) == sign).astype(int), weights=cubed, minlength=2)[1] / cubed.sum())


def standardised(d: D, p: int) -> float:
    """Sum of the p-th powers by the p-th power of the Euclidean length: powers of the unit vector."""
    r = there(d.r)
    return float(np.sum((r / np.linalg.norm(r)) ** p))


REFERENCE: dict[str, Reference] = {
    "down_vol_perc": lambda d: side(d, -1),
    "range_std": lambda d: std(d.h / d.l),
    "return_hyperkurt": lambda d: standardised(d, 6),
    "return_hyperskew": lambda d: standardised(d, 5),
    "return_max": lambda d: float(np.nanmax(d.r)),
    "return_max_abs": lambda d: max(there(d.r), key=abs, default=math.nan),
    "return_min": lambda d: float(np.nanmin(d.r)),
    "return_skew_neg": lambda d: cubes(d, -1),
    "return_skew_pos": lambda d: cubes(d, 1),
    "up_vol_perc": lambda d: side(d, 1),
    "zero_return_ratio": lambda d: float(np.mean(there(d.r) == 0)),
}

LOCKED = {"range_std", "return_max", "return_max_abs", "return_min", "zero_return_ratio"}
