"""A call of each verb, for other array libraries: elementwise ones, and those made of verbs."""

from __future__ import annotations

import numpy as np

X = np.array([[1.0, np.nan, 3.0, 2.0, 2.0, -1.0], [np.nan] * 6, [5.0, 5.0, 5.0, 5.0, 5.0, 5.0]])
Y = X[:, ::-1].copy()
MASK = np.array([[True, False, True, True, False, False], [False] * 6, [True] * 6])
MINUTE = np.arange(1.0, 7.0).reshape(1, -1)
VALUES = [X[:, i : i + 1].copy() for i in range(4)]

CALLS = {
    "atan": (X,), "bin_index": (X,), "centred": (X,), "change": (X, Y), "clip": (X, 0.0, 2.0), "cov": (X, Y),
    "entropy": (X / 10,),
    "entropy_of": (VALUES,), "erf": (X,), "ffill": (X,), "floor": (X / 2,), "larger": (X, Y), "leading": (X, "1/3"),
    "log_change": (X, Y), "median3": (X, Y, X / 2), "median_minute": (MASK, MINUTE), "normal_cdf": (X,),
    "power": (X, 2 / 3), "settle": (X,), "slope": (X, Y), "slope_of": (VALUES, [1.0, 2.0, 3.0, 4.0]),
    "smaller": (X, 2.0), "student3_cdf": (X,),
}  # fmt: skip
