"""How large the single trade is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tests.independent.tools import D, Floats, Reference, corr, kurt, skew, std


def per_trade(d: D, x: Floats) -> Floats:
    """A series per trade; NaN where nobody trades."""
    return np.where(d.k > 0, x, np.nan) / d.k


def mean_trade(d: D, minutes: npt.NDArray[np.bool_]) -> float:
    """Amount per trade of some minutes; NaN if they have no trades."""
    return float(d.a @ minutes / (d.k @ minutes)) if (d.k @ minutes) > 0 else math.nan


REFERENCE: dict[str, Reference] = {
    "amount_per_trade": lambda d: mean_trade(d, np.ones(d.n, dtype=bool)),
    "amount_in_out_order_ratio": lambda d: float(np.divide(mean_trade(d, d.r > 0), mean_trade(d, d.r < 0))),
    "amount_per_trade_kurt": lambda d: kurt(per_trade(d, d.a)),
    "amount_per_trade_skew": lambda d: skew(per_trade(d, d.a)),
    "amount_per_trade_std": lambda d: std(per_trade(d, d.a)),
    "corr_pertrade_ret": lambda d: corr(per_trade(d, d.v), d.r),
}

LOCKED = {"amount_per_trade", "amount_per_trade_std"}
