"""Price, return and range against volume, and returns against the one before."""

from __future__ import annotations

import numpy as np

from tests.independent.price_volume.orders import heavy
from tests.independent.tools import D, Floats, Reference, corr


def shifted(x: Floats, by: int) -> Floats:
    """pandas' series of the minute before (by = 1) or after (-1); missing at the ends."""
    import pandas as pd

    return pd.Series(x).shift(by).to_numpy(dtype=np.float64)


def late(d: D, x: Floats) -> float:
    """Correlation of a series with the volume in the last half hour."""
    return corr(x[d.t > d.T - 30], d.v[d.t > d.T - 30])


def on_heavy(d: D, x: Floats) -> float:
    """Correlation of a series with the volume on the third of the traded bars that have the most."""
    return corr(x[heavy(d)], d.v[heavy(d)])


REFERENCE: dict[str, Reference] = {
    "VP": lambda d: corr(d.c, d.v),
    "VP_last_30min": lambda d: late(d, d.c),
    "VP_top33_volume": lambda d: on_heavy(d, d.c),
    "VR": lambda d: corr(d.r, d.v),
    "VR_1min_lag": lambda d: corr(shifted(d.r, 1), d.v),
    "VR_1min_lag_top33_volume": lambda d: on_heavy(d, shifted(d.r, 1)),
    "VR_1min_lead": lambda d: corr(shifted(d.r, -1), d.v),
    "VR_last_30min": lambda d: late(d, d.r),
    "VR_top33_volume": lambda d: on_heavy(d, d.r),
    "corr_close_nextopen": lambda d: corr(shifted(d.c, 1), d.o),
    "corr_ret_lastret": lambda d: corr(d.r, shifted(d.r, 1)),
    "corr_volume_amplitude": lambda d: corr(d.v, (d.h - d.l) / d.o),
    "corr_volume_item": lambda d: corr(d.v, d.k),
}
