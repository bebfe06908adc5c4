"""A call of each verb of the core, for other array libraries."""

from __future__ import annotations

import numpy as np

X = np.array([[1.0, np.nan, 3.0, 2.0, 2.0, -1.0], [np.nan] * 6, [5.0, 5.0, 5.0, 5.0, 5.0, 5.0]])
MASK = np.array([[True, False, True, True, False, False], [False] * 6, [True] * 6])

CALLS = {
    "abs": (X,), "any": (MASK,), "at": (X, -2), "between": (X, 1, 4), "corr": (X, X[:, ::-1].copy()), "count": (X,),
    "cummax": (X,), "cummin": (X,), "cumsum": (X,), "exists": (X,), "exp": (X,), "first": (X, MASK), "head": (X, 3),
    "kurt": (X,), "lag": (X, 2), "last": (X, MASK), "lead": (X,), "log": (X,), "log1p": (X,), "max": (X,), "mean": (X,),
    "min": (X,), "prod": (X,), "ratio": (X, X - 3), "sign": (X,), "skew": (X,), "sqrt": (X,), "std": (X,), "sum": (X,),
    "tail": (X, 3), "top": (X, "1/3"), "var": (X,), "where": (MASK, X, 0.0),
}  # fmt: skip
