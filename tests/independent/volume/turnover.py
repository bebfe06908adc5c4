"""How unevenly volume and amount are spread, and on which bars."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, library, std, var


def entropy(x: Floats) -> float:
    """SciPy's entropy of the shares in the total, in nats."""
    return float(library("scipy.stats").entropy(x)) if x.sum() > 0 else math.nan


def buckets(v: Floats) -> Floats:
    """How many volumes lie in each of the ten equal bins between the least and the greatest."""
    low, high = v.min(), v.max()
    return np.bincount(np.minimum(9, np.floor((10 * (v - low)) / (high - low) + 1e-9)).astype(int)).astype(float)


def consistent(d: D, sign: Floats) -> float:
    """Volume share of the bars of these directions whose body fills 95 % of their range."""
    filled = (np.abs(d.c - d.o) >= 0.95 * (d.h - d.l)) & (d.h > d.l)
    return float(np.dot(filled & np.isin(np.sign(d.c - d.o), sign), d.v) / d.v.sum())


REFERENCE: dict[str, Reference] = {
    "amount_entropy": lambda d: entropy(d.a),
    "amount_var": lambda d: var(d.a),
    "consistent_buy_ratio": lambda d: consistent(d, np.array([1.0])),
    "consistent_sell_ratio": lambda d: consistent(d, np.array([-1.0])),
    "consistent_volume_ratio": lambda d: consistent(d, np.array([-1.0, 0.0, 1.0])),
    "price_volume_entropy": lambda d: entropy(d.v * d.c),
    "volume_bucket_entropy": lambda d: 0.0 if np.ptp(d.v[d.traded]) == 0 else entropy(buckets(d.v[d.traded])),
    "volume_cv": lambda d: std(d.v) / float(d.v.mean()),
    "volume_hhi": lambda d: float(np.linalg.norm(d.v) ** 2 / np.linalg.norm(d.v, 1) ** 2),
    "volume_rsj": lambda d: float(-np.nansum(np.sign(d.r) * d.v**2) / np.sum(d.v**2)),
    "volume_std": lambda d: std(d.v),
    "volume_up_ratio": lambda d: float(d.where(d.r > 0, d.v).sum() / d.v.sum()),
    "zero_volume_ratio": lambda d: 1 - np.count_nonzero(d.v) / d.n,
}

LOCKED = set(REFERENCE)
