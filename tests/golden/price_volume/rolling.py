"""Worked values of windows that move along the day."""

from __future__ import annotations

from math import sqrt

from tests.golden.stock_days.days import GAPS, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, put, runs

# Lows 8, 10, 8, 10, ...: in any 50 minutes L − mean = d = ∓1. Highs 15 + d up to minute 50, 15 + 3d after it. With j
# of the 50 minutes after it cov(L, H) = 1 + j/25, var H = 1 + 4j/25, less (1/25)² where j is odd and Hs have a mean.
LATE = range(11)
BETA = [1 + j / 25 for j in LATE]
RHO = [beta / sqrt(1 + 4 * j / 25 - (j % 2) / 625) for j, beta in zip(LATE, BETA, strict=True)]
WIDER = Case(
    "wider ranges",
    {
        "open": runs((11, 60)),
        "high": [14.0, 16.0] * 25 + [12.0, 18.0] * 5,
        "low": [8.0, 10.0] * 30,
        "close": runs((11, 60)),
        "volume": runs((100, 60)),
    },
    60,
    None,
    {
        "mmt_ols_beta_mean": 1.2,
        "mmt_ols_corr_mean": sum(RHO) / 11,
        "mmt_ols_corr_square_mean": sum(rho**2 for rho in RHO) / 11,
        "mmt_ols_beta_zscore_last": sqrt(2.5),  # (1.4 − 1.2)/(√10/25): 0..10 have the variance 10
        "mmt_ols_qrs": sqrt(2.5) * sum(rho**2 for rho in RHO) / 11,
    },
)
# The same with highs 3 above the lows: the slope is 1 in every window, and has no spread.
STEADY = Case(
    "steady ranges",
    {**WIDER.fields, "high": [11.0, 13.0] * 30},
    60,
    None,
    {"mmt_ols_beta_mean": 1, "mmt_ols_corr_mean": 1, "mmt_ols_beta_zscore_last": NAN, "mmt_ols_qrs": NAN},
)

# Bars of one price, 8 up to minute 20 and 12 from 21 on. k of the five minutes at 12, k = 1..4 at 21..24: the mean is
# 8 + 4k/5, the variance 16k(5 − k)/25, β = k(5 − k)/(10 + k)². s is 0.2 at 21..25, g/0.04 = 2, √6, √6, 2, 0, 2, √6,
# √6, 2 at 21..29 and 0 at the other of the minutes 9..40: ΣA = 44000, ΣV = 4200.
PRICE = runs((8, 20), (12, 20))
SPREAD = [k * (5 - k) / (10 + k) ** 2 for k in (1, 2, 3, 4)]
REWARD = 0.5 / 4 * (1 - sum(SPREAD) / 4 / SPREAD[0])  # mean(xβ) − mean(x)·mean(β), x = 0.5/β at 21, 0 at 22..24
G_MEAN = (8 + 4 * sqrt(6)) / 32
ONE_STEP = Case(
    "one step",
    {
        **dict.fromkeys(("open", "high", "low", "close"), PRICE),
        "volume": put(runs((100, 40)), t21=300),
        "amount": put(runs((1000, 40)), t22=5000),
    },
    40,
    20,
    {
        "better_vol_cov": REWARD,
        "climb_cov": REWARD,  # all four β are above the mean and a standard deviation, 0.014
        # one amount stands out: (g_22 − mean)/(√31·std)
        "ambiguity_amount_corr": (sqrt(6) - G_MEAN) / sqrt(31 * (40 / 32 - G_MEAN**2)),
        "ambiguity_amount_ratio": 15 / 11,  # 12000/8 over 44000/40
        "ambiguity_volume_ratio": 25 / 21,  # 1000/8 over 4200/40
        "ambiguity_price_gap": 15 / 11 - 25 / 21,
    },
)

GOLDEN = [
    WIDER,
    STEADY,
    ONE_STEP,
    also(
        STEPS,
        # N_t is 450 at 15..26, 1800 at 35 and 36: m = 15, p = 35, q = 36
        tide_full=1 / 210,  # 0.9/(9·21)
        tide_strong=0,  # C_15 = C_35, N_15 = 450 is the smaller
        tide_weak=0.1,  # 9.9/9 − 1
        dazzling_ret=0,  # ΔV stands out at 31 alone
    ),
    # ΔV = 150 at minutes 6 and 36, −100 at 11, the threshold is 5 + 37: U = {6, 36}, b = r
    also(
        Case("surges", {**STEPS.fields, "volume": runs((50, 5), (200, 5), (100, 25), (250, 5))}, 40, 20, {}),
        dazzling_ret=0.15,
        dazzling_vol=0.06,  # 0.4·(0.2 + 0.1)/2
    ),
    # t = 7..36: N_7 = 900 is the first of the largest and of all, N_36 = 500: m = p = 7, q = 36
    also(GAPS, tide_full=-1 / 290, tide_strong=-1 / 290, tide_weak=NAN),
    also(
        LOCKED, mmt_ols_beta_mean=NAN, dazzling_vol=NAN, tide_full=0, better_vol_cov=NAN, ambiguity_amount_corr=NAN,
        ambiguity_amount_ratio=NAN,
    ),
]  # fmt: skip
