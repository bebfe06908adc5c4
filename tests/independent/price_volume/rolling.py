"""Moving windows: highs on lows, surges and tides of volume, the spread of the latest prices."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Floats, Reference, corr, joint, roll, std, there


def alike(x: Floats) -> Floats:
    """The values, or all the first one where those that exist differ by rounding."""
    y = there(x)
    return np.where(np.isnan(x), x, y[0]) if len(y) and np.ptp(y) <= 1e-9 * np.abs(y).max() else x


def stds(x: Floats, n: int) -> Floats:
    """Standard deviation of the n latest values, missing where one is."""
    windows = roll(np.append(np.full(n - 1, np.nan), x), n)
    return np.array([std(x) if not np.isnan(x).any() else np.nan for x in windows])


def of_windows(d: D) -> tuple[Floats, Floats]:
    """Slope of the highs on the lows, and their correlation, in each window of 50; missing where it does not exist."""
    if d.n < 50:
        return np.empty(0), np.empty(0)
    low, high = (roll(x, 50) - roll(x, 50)[:, :1] for x in (d.l, d.h))
    (var_l, cov), (_, var_h) = np.array([np.cov(x, y, ddof=0) for x, y in zip(low, high, strict=True)]).T
    moves_l, moves_h = np.ptp(low, axis=1) > 0, np.ptp(high, axis=1) > 0
    return np.where(moves_l, cov / var_l, np.nan), np.where(moves_l & moves_h, cov / np.sqrt(var_l * var_h), np.nan)


def betas(d: D) -> Floats:
    """The slopes that exist."""
    return alike(there(of_windows(d)[0]))


def rhos(d: D) -> Floats:
    """The correlations that exist."""
    return there(of_windows(d)[1])


def zscore(d: D) -> float:
    """How far the last slope is from the mean one."""
    b = betas(d)
    return float((b[-1] - b.mean()) / b.std()) if len(b) and np.ptp(b) > 0 else math.nan


def surges(d: D) -> list[int]:
    """Places of the minutes whose volume grows by more than mean and deviation of the growths."""
    growth = np.diff(d.v)
    return (np.flatnonzero(growth > growth.mean() + std(growth)) + 1).tolist()


def after_surges(d: D) -> float:
    """Deviation of the five bars from a surge on, mean over the surges."""
    windows = roll(d.b, 5)
    spread = np.std(windows - windows[:, :1], axis=1)
    return float(np.nanmean(spread[[t for t in surges(d) if t < len(spread)]]))


def tide(d: D, part: str) -> float:
    """Speed of the price from the ebb before the tide of volume to the ebb after it, or on one side of the tide."""
    if d.n < 9:
        return math.nan
    near = np.array([math.fsum(x) for x in roll(d.v, 9)])
    p = int(near.argmax())
    m = int(near[:p].argmin()) if p else p
    q = p + 1 + int(near[p + 1 :].argmin()) if p + 1 < len(near) else p
    rise, fall = (m, p), (p, q)
    strong, weak = (rise, fall) if near[m] <= near[q] else (fall, rise)
    start, stop = {"full": (m, q), "strong": strong, "weak": weak}[part]
    c = d.c[4:]
    return float((c[stop] - c[start]) / c[start] / (stop - start)) if stop > start else math.nan


def relative_variance(d: D) -> Floats:
    """Variance over squared mean of the twenty prices of five minutes, a value a minute."""
    windows = np.hstack([roll(np.append(np.full(4, np.nan), x), 5) for x in (d.o, d.h, d.l, d.c)])
    return alike(np.var(windows - windows[:, :1], axis=1) / np.mean(windows, axis=1) ** 2)


def spread_cov(d: D, steep: bool) -> float:
    """Covariance of return over relative variance with the relative variance, where that is not 0, or is large.

    Large is a deviation above the mean, up to rounding.
    """
    beta = relative_variance(d)
    off = beta - np.nanmin(beta)
    chosen = (beta > 0) & ((off - np.nanmean(off) >= (1 - 1e-9) * std(beta)) if steep else True)
    x, y = joint(d.r[chosen] / beta[chosen], beta[chosen])
    return float(np.cov(x, y, ddof=0)[0, 1]) if len(x) >= 3 else math.nan


def ambiguity(d: D) -> Floats:
    """Deviation of the latest deviations of the returns."""
    return alike(stds(alike(stds(d.r, 5)), 5))


def share_of_mean(d: D, x: Floats) -> float:
    """Mean in the ambiguous minutes over the mean of the day."""
    g = ambiguity(d)
    chosen = x[g > np.nanmean(g)]
    return float(chosen.mean() / x.mean()) if len(chosen) and np.ptp(there(g)) > 0 else math.nan


REFERENCE: dict[str, Reference] = {
    "ambiguity_amount_corr": lambda d: corr(ambiguity(d), d.a),
    "ambiguity_amount_ratio": lambda d: share_of_mean(d, d.a),
    "ambiguity_price_gap": lambda d: share_of_mean(d, d.a) - share_of_mean(d, d.v),
    "ambiguity_volume_ratio": lambda d: share_of_mean(d, d.v),
    "better_vol_cov": partial(spread_cov, steep=False),
    "climb_cov": partial(spread_cov, steep=True),
    "dazzling_ret": lambda d: float(np.nanmean(d.b[surges(d)])),
    "dazzling_vol": after_surges,
    "mmt_ols_beta_mean": lambda d: float(betas(d).mean()),
    "mmt_ols_beta_zscore_last": zscore,
    "mmt_ols_corr_mean": lambda d: float(rhos(d).mean()),
    "mmt_ols_corr_square_mean": lambda d: float(np.square(rhos(d)).mean()),
    "mmt_ols_qrs": lambda d: float(np.square(rhos(d)).mean() * zscore(d)),
    **{f"tide_{part}": partial(tide, part=part) for part in ("full", "strong", "weak")},
}

LOCKED = {"tide_full", "tide_strong", "tide_weak"}
