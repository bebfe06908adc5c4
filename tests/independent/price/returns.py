"""Returns between two places of the day, and of the day's path."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference


def at(d: D, x: Floats, minute: int | None) -> float:
    """A series at a grid minute; NaN before the first bar and outside the session."""
    return math.nan if minute is None else float(np.sum(x[d.t == minute])) if minute in d.t else math.nan


def gain(last: float, first: float) -> float:
    """Return from one price to another."""
    return last / first - 1


REFERENCE: dict[str, Reference] = {
    "close_vwap_dev": lambda d: gain(d.c[-1], d.a.sum() / d.v.sum()),
    "intraday_maxdrawdown": lambda d: float(np.max(-np.subtract(d.c, m := np.maximum.accumulate(d.c)) / m)),
    "return_am": lambda d: gain(at(d, d.c, d.lunch), d.o[0]),
    "return_improved": lambda d: gain(d.c[-1], at(d, d.c, 30)) if d.T > 30 else math.nan,
    "return_intraday": lambda d: gain(d.c[-1], d.o[0]),
    "return_last_30min": lambda d: gain(d.c[-1], at(d, d.c, d.T - 30)),
    "return_open_30min": lambda d: gain(at(d, d.c, 30), d.o[0]),
    "return_pm": lambda d: gain(d.c[-1], at(d, d.c, d.lunch)),
    "tp_diff": lambda d: gain(*np.mean([d.h, d.l, d.c], axis=0)[[-1, 0]]),
    "trend_ratio": lambda d: float((d.c[-1] - d.c[0]) / np.abs(np.diff(d.c)).sum()),
}
