"""Powers of neighbouring returns: variances without jumps, and fourth powers."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Reference, library, roll
from tests.independent.volatility.realised import logs


def mu(p: float) -> float:
    """E|Z|^p of a standard normal Z."""
    return float(library("scipy.special").gamma((p + 1) / 2) * 2 ** (p / 2) / math.sqrt(math.pi))


def multipower(d: D, m: int, p: int) -> float:
    """d·N^(p/2)/(N − m + 1)·Σ Π|l|^(p/m) over windows of m returns, d = μ_(p/m)^−m."""
    n = d.n - 1
    if n < m:
        return math.nan
    products = np.exp(np.log(np.abs(roll(logs(d), m))).mean(axis=1) * p)
    return float(mu(p / m) ** -m * n ** (p / 2) * products.mean())


def bipower(d: D) -> float:
    """The first multipower variation without its finite-sample factor."""
    return multipower(d, 2, 2) * (d.n - 2) / (d.n - 1)


def typical(d: D, p: int, m: int, scale: float) -> float:
    """scale·N^(p/2 − 1)·N/(N − m + 1)·Σ of the windows' medians (two returns: the smaller) to the power p."""
    n = d.n - 1
    if n < m:
        return math.nan
    kept = np.sort(np.abs(roll(logs(d), m)), axis=1)[:, (m - 1) // 2]
    return float(scale * n ** (p // 2) * np.mean(kept**p))


PI, ROOT3 = math.pi, math.sqrt(3)

REFERENCE: dict[str, Reference] = {
    "bpv": bipower,
    "iv_stderr": lambda d: math.sqrt(2 * multipower(d, 3, 4) / (d.n - 1)),
    "med_rq": partial(typical, p=4, m=3, scale=3 * PI / (9 * PI + 72 - 52 * ROOT3)),
    "med_rv": partial(typical, p=2, m=3, scale=PI / (6 - 4 * ROOT3 + PI)),
    "min_rq": partial(typical, p=4, m=2, scale=PI / (3 * PI - 8)),
    "min_rv": partial(typical, p=2, m=2, scale=PI / (PI - 2)),
    "mpv": partial(multipower, m=2, p=2),
    "qpq": partial(multipower, m=4, p=4),
    "rquar": partial(multipower, m=1, p=4),
    "tpq": partial(multipower, m=3, p=4),
    "tpv": partial(multipower, m=3, p=2),
}

LOCKED = set(REFERENCE)
