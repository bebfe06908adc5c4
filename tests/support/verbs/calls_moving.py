"""A call of each verb of windows, blocks and fits, for other array libraries."""

from __future__ import annotations

from tests.support.verbs.calls_small import X, Y

CALLS = {
    "bucket_flow": (Y, X, 3), "moving_cov": (X, Y, 3), "moving_mean": (X, 2), "moving_std": (X, 3),
    "moving_sum": (X, 3), "ols": (Y, X, X * X), "rescaled_range": (X, 2), "spectrum": (X, 2),
}  # fmt: skip
