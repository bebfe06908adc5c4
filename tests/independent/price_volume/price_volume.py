"""Prices and returns against volumes and amounts, and steps against the next step."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, corr, joint


def settled(x: Floats, within: float = 1e-9) -> Floats:
    """The values that exist, all made equal where they are so but for rounding."""
    x = x[np.isfinite(x)]
    same = len(x) > 0 and np.allclose(x.min(), x.max(), rtol=0, atol=within * np.linalg.norm(x, np.inf))
    return np.full_like(x, x[0]) if same else x


def growth(d: D, x: Floats) -> float:
    """Correlation of a series with the growth of volume from one traded bar to the next."""
    import pandas as pd

    grown: Floats = np.array(pd.Series(d.v[d.traded]).pct_change())
    return corr(x[d.traded], grown)


def steps(d: D, sign: int) -> float:
    """Correlation of a price step with the next where both go one way; NaN below five pairs.

    Steps of one tick, which differ by the rounding of the prices only, count as equal.
    """
    now, after = np.lib.stride_tricks.sliding_window_view(np.diff(d.c), 2).T if d.n > 2 else np.empty((2, 0))
    both = (now * sign > 0) & (after * sign > 0)
    return corr(settled(now[both], 1e-6), settled(after[both], 1e-6)) if both.sum() >= 5 else math.nan


def cosine(x: Floats, y: Floats) -> float:
    """Uncentred correlation over the pairs where both exist."""
    x, y = joint(x, y)
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


REFERENCE: dict[str, Reference] = {
    "VP_open_30min": lambda d: corr(d.c[d.t <= 30], d.v[d.t <= 30]),
    "VR_open_30min": lambda d: corr(d.r[d.t <= 30], d.v[d.t <= 30]),
    "chase_cosine": lambda d: cosine(d.r[:-1], d.r[1:]),
    "corr_absret_amount": lambda d: corr(np.abs(d.lr), d.a),
    "corr_absret_lagamount": lambda d: corr(np.abs(d.lr[1:]), d.a[:-1]),
    "corr_close_dvolume": lambda d: growth(d, d.c),
    "corr_close_lagvolume": lambda d: corr(d.c[1:], d.v[:-1]),
    "corr_close_leadvolume": lambda d: corr(d.c[:-1], d.v[1:]),
    "corr_lagabsret_amount": lambda d: corr(np.abs(d.lr[:-1]), d.a[1:]),
    "corr_ret_dvolume": lambda d: growth(d, d.r),
    "corr_volume_vwap": lambda d: corr(d.v, np.divide(d.a, d.v, out=d.c.copy(), where=d.v > 0)),
    "dp_down_autocorr": lambda d: steps(d, -1),
    "dp_up_autocorr": lambda d: steps(d, 1),
}
