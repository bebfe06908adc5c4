"""Jumps: what is left of the day's variance over a measure that does not see them."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Floats, Reference, library, roll
from tests.independent.volatility.quarticity import bipower, mu, multipower
from tests.independent.volatility.realised import logs, signed


def rest(x: Floats) -> Floats:
    """2·(e^x − 1 − x) − x², by Kummer's function."""
    return np.asarray(x**3 / 3 * library("scipy.special").hyp1f1(1.0, 4.0, x))


def variance(d: D) -> float:
    """Σ l²."""
    return float(np.square(logs(d)).sum())


def tripower(d: D) -> float:
    """The integrated variance of the jump rows: tripower variation without N/(N − 2)."""
    return multipower(d, 3, 2) * (d.n - 3) / (d.n - 1)


def side(d: D, sign: int) -> float:
    """Semivariance over half of the integrated variance, from 0 up."""
    return float(np.fmax(signed(d, sign) - tripower(d) / 2, 0.0)) if d.n > 3 else math.nan


def large(d: D, sign: int) -> float:
    """The part of a side's jumps that single large returns explain."""
    if d.n <= 3:
        return math.nan
    l = sign * logs(d)  # noqa: E741
    beyond = l[l > 4 * math.sqrt(tripower(d)) * (d.n - 1) ** -0.49]
    return min(side(d, sign), float(beyond @ beyond))


def small(d: D, sign: int) -> float:
    """The other part."""
    return side(d, sign) - large(d, sign)


def ratio_test(d: D) -> float:
    """Barndorff-Nielsen and Shephard's ratio statistic, its variance at least that of a day without jumps."""
    rv, bpv = variance(d), bipower(d)
    if rv == 0 or bpv == 0:
        return math.nan
    spread = np.fmax(1.0, multipower(d, 3, 4) / bpv**2)
    return float(math.sqrt(d.n - 1) * (rv - bpv) / rv / np.sqrt((math.pi**2 / 4 + math.pi - 5) * spread))


def swap_test(d: D) -> float:
    """Jiang and Oomen's statistic."""
    n = d.n - 1
    if n < 6:
        return math.nan
    omega = 15 / 9 * n**3 * mu(1.5) ** -4 / (n - 5) * (np.abs(roll(logs(d), 4).prod(axis=1)) ** 1.5).sum()
    gap = rest(logs(d)).sum()
    return float(n * bipower(d) / np.sqrt(omega) * gap / (variance(d) + gap)) if omega > 0 else math.nan


def scale_test(d: D) -> float:
    """Aït-Sahalia and Jacod's statistic of fourth powers at two scales."""
    n, l, x = d.n - 1, logs(d), np.log(d.c)  # noqa: E741
    s = (np.diff(x[::2]) ** 4).sum() / (l**4).sum()
    kept = l[np.abs(l) < 4 * math.sqrt(variance(d)) * n**-0.47]
    a4, a8 = n / 3 * (kept**4).sum(), n**3 / 105 * (kept**8).sum()
    v = (4 * 3 * 105 + 4 * 1 * 9 - 4 * 204.04) / 9 * a8 / (n * a4**2)
    return float((s - 2) / np.sqrt(v))


def count(d: D) -> float:
    """Returns beyond four standard deviations."""
    bound = 4 * math.sqrt(bipower(d) / (d.n - 1))
    return float(np.count_nonzero(np.abs(logs(d)) > bound)) if bound > 0 else math.nan


def continuous(d: D) -> float:
    """Squares of the returns within Mancini's bound."""
    if d.n < 3:
        return math.nan
    size = np.sort(np.abs(logs(d)))
    return float((size[: np.searchsorted(size, 3 * math.sqrt(bipower(d)) * (d.n - 1) ** -0.49, "right")] ** 2).sum())


REFERENCE: dict[str, Reference] = {
    "aj_z": scale_test,
    "bns_z": ratio_test,
    "jo_z": swap_test,
    "jump_asym": lambda d: side(d, 1) - side(d, -1),
    "jump_count": count,
    "jump_down": partial(side, sign=-1),
    "jump_down_large": partial(large, sign=-1),
    "jump_down_small": partial(small, sign=-1),
    "jump_large_asym": lambda d: large(d, 1) - large(d, -1),
    "jump_ratio": lambda d: float(np.maximum(1 - np.float64(bipower(d)) / variance(d), 0.0)),
    "jump_small_asym": lambda d: small(d, 1) - small(d, -1),
    "jump_taylor": lambda d: float(rest(logs(d)).mean()),
    "jump_up": partial(side, sign=1),
    "jump_up_large": partial(large, sign=1),
    "jump_up_small": partial(small, sign=1),
    "jump_variation": lambda d: float(np.maximum(variance(d) - tripower(d), 0.0)),
    "threshold_rv": continuous,
}

LOCKED = set(REFERENCE) - {"jump_ratio", "jump_count", "bns_z", "jo_z", "aj_z"}
