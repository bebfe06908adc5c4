"""A call of each verb of order, for other array libraries."""

from __future__ import annotations

from tests.support.verbs.calls_small import MASK, X, Y

CALLS = {
    "ahead": (X, Y), "area": (X * X, Y, "1/2"), "group_sum": (X, Y), "half_var": (X,), "quantile": (X, 0.3),
    "rank": (X,), "spaced": (MASK, 2),
}  # fmt: skip
