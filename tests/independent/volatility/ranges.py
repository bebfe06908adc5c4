"""Variances from highs and lows."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, joint


def ranges(d: D) -> Floats:
    """ln(H/L) by the minute."""
    return np.log(d.h / d.l)


def total(x: Floats) -> float:
    """Sum where there is a value; 0 where there is none."""
    return float(np.nansum(x))


def satchell(d: D) -> Floats:
    """Rogers' and Satchell's variance by the minute."""
    h, l, c, o = (np.log(x) for x in (d.h, d.l, d.c, d.o))  # noqa: E741
    return np.asarray((h - c) * (h - o) + (l - c) * (l - o))


def zhang(d: D) -> float:
    """Yang's and Zhang's variance over the minutes after the first."""
    o, c, rs = joint(np.log(d.o[1:] / d.c[:-1]), np.log(d.c[1:] / d.o[1:]), satchell(d)[1:])
    n = len(o)
    if n < 2:
        return math.nan
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    return float(n * (np.cov(o) + k * np.cov(c) + (1 - k) * rs.mean()))


BODY = 2 * math.log(2) - 1


def some(x: Floats) -> float:
    """Sum of what exists; NaN where nothing does."""
    return total(x) if np.isfinite(x).any() else math.nan


REFERENCE: dict[str, Reference] = {
    "day_garman_klass": lambda d: float(
        np.ptp(np.log([np.nanmax(d.h), np.nanmin(d.l)])) ** 2 / 2 - BODY * np.log(d.c[-1] / d.o[0]) ** 2
    ),
    "day_parkinson": lambda d: float(np.log2(np.nanmax(d.h) / np.nanmin(d.l)) ** 2 * math.log(2) / 4),
    "garman_klass_var": lambda d: some(ranges(d) ** 2 / 2 - BODY * np.log(d.c / d.o) ** 2),
    "parkinson_var": lambda d: some(np.log2(d.h / d.l) ** 2) * math.log(2) / 4,
    "rogers_satchell_var": lambda d: some(satchell(d)),
    "yang_zhang_var": zhang,
}

LOCKED = set(REFERENCE)
