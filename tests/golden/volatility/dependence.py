"""Worked values of dependence and entropy, on the days of `stock_days.days` and of `realised`."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.days import HALVINGS, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also
from tests.golden.volatility.realised import DOUBLING, PULSES

# PULSES, N = 60: μ = 3/60. Sums of five successive l: Σ = 15 and Σ² = 41 over 56 windows, so that about 5μ = 1/4
# Σ² = 41 − 15/2 + 56/16 = 37. Σ(l − μ)² = 13 − 9/60.
SPREAD = 13 - 9 / 60
VR_5 = 37 / (5 * 56 * (1 - 5 / 60)) / (SPREAD / 59) - 1
# (l − μ)² is 0.0025 where l = 0, and more by 0.9 for 1, 1.1 for −1, 3.8 for 2: by 12.7 in all. Over P these are
# 0.9, 1.1, 1.1, 0.9, 0.9, 1.1, with the sums of products 4.99, 3.96, 3.01, 2.02 for j = 1..4.
DELTAS = [
    (products + 2 * 0.0025 * 12.7 + (60 - j) * 0.0025**2) / SPREAD**2
    for j, products in enumerate((4.99, 3.96, 3.01, 2.02), start=1)
]

GOLDEN = [
    # r = 1/4, 1/5, −1/4, 1/10 among 40, no two in a row: r̄ = 0.0075, Σ(r − r̄)² = 0.17275
    also(
        STEPS,
        ret_autocorr_1=(39 * 0.0075**2 - 0.0075 * (0.05 + 0.3)) / 0.17275,
        # of 38 triples 36 rise or stand, (12, 12, 9) and (12, 9, 9) are the others
        permutation_entropy=(36 * log(38 / 36) + 2 * log(38)) / 38 / log(6),
        # |r|/0.8 = 5/16, 1/4, 5/16, 1/8
        return_entropy=(10 / 16 * log(16 / 5) + log(4) / 4 + log(8) / 8) / log(40),
        runs_z=1,  # + + − +: R = 3, μ = 2·3·1/4 + 1 = 5/2, σ² = 3/2·1/2/3 = 1/4
        efficiency_ratio=log(10 / 9.9) / (log(1.2) + log(4 / 3) + log(1.1)),
        leverage_corr=(-(log(1.2) + log(0.75) + log(1.1)) * (log(1.2) ** 2 + log(0.75) ** 2 + log(1.1) ** 2))
        / sqrt(
            (38 * (log(1.2) ** 2 + log(0.75) ** 2 + log(1.1) ** 2) - (log(1.2) + log(0.75) + log(1.1)) ** 2)
            * (
                38 * (log(1.2) ** 4 + log(0.75) ** 4 + log(1.1) ** 4)
                - (log(1.2) ** 2 + log(0.75) ** 2 + log(1.1) ** 2) ** 2
            )
        ),  # n = 38 pairs, no product
    ),
    also(
        PULSES,
        variance_ratio_5=VR_5,
        variance_ratio_z=VR_5 / sqrt(sum(w * d for w, d in zip((2.56, 1.44, 0.64, 0.16), DELTAS, strict=True))),
        efficiency_ratio=3 / 11,
        # Σ l_i·l_{i+1}² = 1 − 1 − 1 + 1 + 1 over 59 pairs
        leverage_corr=(59 - 3 * 13) / sqrt((59 * 13 - 9) * (59 * 25 - 169)),
        vol_clustering=(59 * 5 - 121) / (59 * 13 - 121),
    ),
    # X_{t+τ} − X_t = τ·ln 2: the logs of the mean squares rise by 2 for each of ln τ
    also(
        DOUBLING,
        hurst_diff=1,
        efficiency_ratio=1,
        permutation_entropy=0,
        return_entropy=log(60) / log(61),  # r_1 = 0
        **dict.fromkeys(("variance_ratio_5", "variance_ratio_z", "leverage_corr", "vol_clustering", "runs_z"), NAN),
    ),
    also(HALVINGS, efficiency_ratio=1, return_entropy=log(3) / log(60), runs_z=NAN),
    also(
        LOCKED,
        permutation_entropy=0,
        **dict.fromkeys(("ret_autocorr_1", "variance_ratio_5", "variance_ratio_z", "hurst_diff"), NAN),
        **dict.fromkeys(("return_entropy", "runs_z", "efficiency_ratio", "leverage_corr", "vol_clustering"), NAN),
    ),
]
