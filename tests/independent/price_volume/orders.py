"""Returns and amounts on the minutes of large trades or of large volume."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.independent.tools import D, Reference, kurt, skew, there, top, var


def large_trades(d: D) -> npt.NDArray[np.int64]:
    """Places of the three tenths of the minutes with trades and a return whose mean trade is largest."""
    key = np.where((d.k > 0) & ~np.isnan(d.r), d.a, np.nan) / d.k
    return top(key, max(1, 3 * len(there(key)) // 10))


def heavy(d: D) -> npt.NDArray[np.int64]:
    """Places of the third of the traded bars with the most volume."""
    return top(np.where(d.traded, d.v, np.nan), max(1, int(d.traded.sum()) // 3))


def large_flow(d: D) -> float:
    """Amount of the rises less that of the falls, in the minutes of large trades, over the day's."""
    large = large_trades(d)
    return float(np.sign(d.r[large]) @ d.a[large] / d.a.sum()) if len(large) else np.nan


def large_return(d: D) -> float:
    """Compound return of the minutes of large trades; NaN where there are none."""
    return float(np.prod(1 + d.r[large_trades(d)]) - 1) if len(large_trades(d)) else np.nan


REFERENCE: dict[str, Reference] = {
    "cum_return_top30_order": large_return,
    "netinflow_top30_order": large_flow,
    "return_kurtosis_top33_volume": lambda d: kurt(d.r[heavy(d)]),
    "return_skewness_top33_volume": lambda d: skew(d.r[heavy(d)]),
    "return_var_top33_volume": lambda d: var(d.r[heavy(d)]),
}
