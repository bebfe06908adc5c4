"""Returns of parts of the day."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Reference, var


def closes(d: D, *minutes: int | None) -> list[float]:
    """The carried closes of grid minutes; NaN before the first bar and outside the session."""
    import pandas as pd

    return [float(x) for x in pd.Series(d.c, index=d.t.astype(int)).reindex([m or 0 for m in minutes])]


def half_hour(d: D, k: int) -> float:
    """Return of half hour k."""
    before, after = closes(d, 30 * (k - 1), 30 * k)
    return after / before - 1


def pm_minus_am(d: D) -> float:
    """The afternoon's return less the morning's."""
    lunch, last = closes(d, d.lunch, d.T)
    return float(last / lunch - lunch / d.o[0])


def between(d: D) -> float:
    """Return from half an hour after the open to half an hour before the close."""
    begin, end = closes(d, 30, d.T - 30)
    return end / begin - 1 if d.T > 60 else math.nan


def energy(d: D) -> float:
    """Log of the afternoon's sum of squared returns by the morning's."""
    if d.lunch is None:
        return math.nan
    pm, am = (float(np.dot(x, x)) for x in (d.where(d.t > d.lunch, d.r), d.where(d.t <= d.lunch, d.r)))
    return math.log(pm / am) if pm and am else math.nan


REFERENCE: dict[str, Reference] = {
    "return_between": between,
    **{f"return_half_hour_{k}": partial(half_hour, k=k) for k in range(2, 9)},
    "return_pm_minus_am": pm_minus_am,
    "return_var_am_pm_ratio": energy,
    "return_var_open_30min": lambda d: var(d.r[d.t <= 30]),
}

LOCKED = set(REFERENCE) - {"return_var_am_pm_ratio"}
