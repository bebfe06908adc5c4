"""Moments of the minute returns, of the day and of its last half hour, and of the rises and falls."""

from __future__ import annotations

import numpy as np

from tests.independent.tools import D, Reference, kurt, skew, there, var


def energy(d: D, up: float, down: float) -> float:
    """Weighted sum of the squares of rises and falls over the sum of all squares."""
    r = there(d.r)
    return float(np.select([r > 0, r < 0], [up, down]) @ r**2 / np.linalg.norm(r) ** 2)


REFERENCE: dict[str, Reference] = {
    "return_downward_var": lambda d: var(d.r[d.r < 0]),
    "return_downward_var_ratio": lambda d: energy(d, 0, 1),
    "return_kurtosis": lambda d: kurt(d.r),
    "return_kurtosis_last_30min": lambda d: kurt(d.r[d.t > d.T - 30]),
    "return_skewness": lambda d: skew(d.r),
    "return_skewness_last_30min": lambda d: skew(d.r[d.t > d.T - 30]),
    "return_updown_asym": lambda d: energy(d, 1, -1),
    "return_upward_var": lambda d: var(d.r[d.r > 0]),
    "return_upward_var_ratio": lambda d: energy(d, 1, 0),
    "return_var": lambda d: var(d.r),
    "return_var_last_30min": lambda d: var(d.r[d.t > d.T - 30]),
}
