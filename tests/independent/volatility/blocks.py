"""Blocks of five minutes of the grid, and the rescaled range over blocks of the day."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, kurt, library, skew, std

SIZES = (10, 20, 30, 40, 60, 120)


def blocks(d: D, x: Floats) -> Floats:
    """The whole blocks of the grid in which every minute has a value, shape (blocks, 5)."""
    grid = np.append(np.full(d.t0 - 1, np.nan), x)
    whole = grid[: d.T // 5 * 5].reshape(-1, 5)
    return np.asarray(whole[~np.isnan(whole).any(axis=1)])


def alike(x: Floats) -> Floats:
    """The values, or all the first one where they differ by rounding."""
    return np.full_like(x, x[0]) if len(x) and np.ptp(x) <= 1e-9 * np.abs(x).max() else x


def growths(d: D) -> Floats:
    """Growth over each block, whose product of 1 + r telescopes: prices that come back give exactly 0."""
    end, start = blocks(d, d.c), blocks(d, np.append(d.o[0], d.c[:-1]))
    return alike(np.diff(np.column_stack([start[:, 0], end[len(end) - len(start) :, -1]]))[:, 0] / start[:, 0])


def spreads(d: D) -> Floats:
    """Standard deviation of the returns in each block."""
    return alike(np.array([std(x) for x in blocks(d, d.r)]))


def high_over_low(d: D) -> float:
    """Parkinson's estimator on the ranges of the blocks."""
    high, low = np.split(blocks_of_both(d), 2, axis=1)
    return float(np.square(np.log(high.max(axis=1) / low.min(axis=1))).sum() / math.log(16)) if len(high) else math.nan


def blocks_of_both(d: D) -> Floats:
    """Blocks of highs beside those of lows, where neither lacks a minute."""
    gone = np.isnan(d.h) | np.isnan(d.l)
    return np.hstack([blocks(d, np.where(gone, np.nan, x)) for x in (d.h, d.l)])


def rescaled(l: Floats, m: int) -> float:  # noqa: E741
    """Mean over the blocks of m of the range of the running sum of deviations over their deviation."""
    parts = [x for x in np.split(l, np.arange(m, len(l), m)) if len(x) == m and not constant(x)]
    return float(np.mean([np.ptp(np.cumsum(x - x.mean())) / x.std() for x in parts])) if parts else math.nan


def hurst(d: D) -> float:
    """Slope of the log rescaled range on the log size."""
    y = {m: rescaled(d.lr[1:], m) for m in SIZES if m <= d.n - 1}
    fit = {m: v for m, v in y.items() if not math.isnan(v)}
    return (
        float(library("scipy.stats").linregress(np.log(list(fit)), np.log(list(fit.values()))).slope)
        if len(fit) > 2
        else math.nan
    )


REFERENCE: dict[str, Reference] = {
    "hurst_rs": hurst,
    "realized_range": high_over_low,
    "return_kurtosis_5min": lambda d: kurt(growths(d)),
    "return_skewness_5min": lambda d: skew(growths(d)),
    "return_std_5min": lambda d: std(growths(d)) if len(growths(d)) > 1 else math.nan,
    "return_vol_of_vol": lambda d: std(spreads(d)) if len(spreads(d)) > 1 else math.nan,
}

LOCKED = {"realized_range", "return_std_5min", "return_vol_of_vol"}
