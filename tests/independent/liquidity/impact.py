"""What a unit of volume or amount does to the price, and which side trades."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, joint, library, settled, std


def steps(d: D) -> Floats:
    """Change of the close, missing in the first minute; one tick is the same at every price."""
    return settled(np.concatenate([[math.nan], np.ediff1d(d.c)]))


def last_sign(x: Floats) -> Floats:
    """Sign of the last value so far that is not 0; 0 before the first."""
    import pandas as pd

    signs = pd.Series(np.sign(x))
    return np.array(signs.where(signs.abs() == 1).ffill().fillna(0.0))


def impact(y: Floats, x: Floats) -> float:
    """SciPy's slope of y on x over the minutes where both exist."""
    y, x = joint(y, x)
    return math.nan if constant(x) else float(library("scipy.stats").linregress(x, y - y[0]).slope)


def ranges(d: D, x: Floats) -> Floats:
    """A price range by the amount, where there is one."""
    return x / np.where(d.a > 0, d.a, math.nan)


def shortcut(d: D) -> float:
    """Twice the range less the net move, per amount; missing prices leave their minute out."""
    return float(1e8 * np.nansum(ranges(d, 2 * (d.h - d.l) - np.abs(d.c - d.o)))) if d.a.any() else math.nan


def bought(amount: Floats, x: Floats, share: Floats) -> float:
    """Weighted mean of the buyers' shares; a minute without x adds to the weights alone."""
    return float(np.dot(amount, np.where(np.isnan(x), 0.0, share)) / amount.sum())


def student(amount: Floats, x: Floats) -> float:
    """Buyers' shares by Student's distribution with three degrees of freedom."""
    exists = x[~np.isnan(x)]
    return math.nan if constant(exists) else bought(amount, x, library("scipy.stats").t(3).cdf(x / std(x)))


def bulk(d: D) -> float:
    """Bulk-classified imbalance of the volume after the first minute."""
    step = steps(d)[1:]
    if constant(step):
        return math.nan
    return float(np.dot(library("scipy.stats").norm(scale=std(step)).cdf(step) * 2 - 1, d.v[1:]) / d.v[1:].sum())


REFERENCE: dict[str, Reference] = {
    "active_buy_share_naive": lambda d: student(d.a[1:], steps(d)[1:]),
    "active_buy_share_normal": lambda d: bought(d.a, d.r, library("scipy.stats").norm(scale=0.1 / 1.96).cdf(d.r)),
    "active_buy_share_t": lambda d: student(d.a, d.r),
    "active_buy_share_uniform": lambda d: bought(d.a, d.r, np.interp(d.r, [-0.1, 0.1], [0.0, 1.0])),
    "amihud_ratio": lambda d: float(1e8 * np.nansum(np.abs(d.r)) / d.a.sum()),
    "bvc_imbalance": bulk,
    "kyle_lambda": lambda d: impact(steps(d), last_sign(steps(d)) * d.v),
    "kyle_lambda_sqrt": lambda d: impact(d.r, last_sign(d.r) * np.sqrt(d.a)),
    "price_elasticity": lambda d: float(np.nanmean(ranges(d, d.h - d.l))),
    "shortcut_illiq": shortcut,
}

LOCKED = {
    "active_buy_share_normal",
    "active_buy_share_uniform",
    "amihud_ratio",
    "price_elasticity",
    "shortcut_illiq",
}
