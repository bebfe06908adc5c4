"""Worked values of blocks of minutes, on the days of `stock_days.days`."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LOCKED, ONE_BAR
from tests.golden.stock_days.tools import NAN, also

# HALVINGS has N = 59 log returns, −ln 2 at the 30th, 40th and 50th, else 0. Let a = ln 2. One fall at the end of m: the
# deviations add up to a(m − 1)/m before it and to 0 after it, and S = a√(m − 1)/m.
RESCALED = {
    10: 3,  # √9 in the blocks 21..30, 31..40, 41..50; the others are constant
    20: 3,  # 21..40: up to 0.9a twice, S = 0.3a
    30: sqrt(29),
    40: 29 / sqrt(19),  # 1..40: up to 29a/20, S = a√19/20
}
LOGS = [log(m) for m in RESCALED]
CENTRE = sum(LOGS) / 4

GOLDEN = [
    also(
        STEPS,
        # one r_t of five in a block has std 0.4|r|: 0.4·(0.25, 0.2, 0.25, 0, 0, 0, 0, 0.1)
        return_vol_of_vol=sqrt(0.0019),  # 0.16·0.175/8 − 0.04²
        # R = 0.25, 0.2, −0.25, 0, 0, 0, 0, 0.1: ΣR = 0.3, ΣR² = 0.175, ΣR³ = 0.009, ΣR⁴ = 0.0095125
        return_std_5min=sqrt(0.02046875),  # 0.021875 − 0.0375²
        return_skewness_5min=(0.001125 - 3 * 0.0375 * 0.021875 + 2 * 0.0375**3) / 0.02046875**1.5,
        return_kurtosis_5min=(0.0095125 / 8 - 4 * 0.0375 * 0.001125 + 6 * 0.0375**2 * 0.021875 - 3 * 0.0375**4)
        / 0.02046875**2,
        realized_range=(log(10 / 8) ** 2 + log(12 / 10) ** 2 + log(12 / 9) ** 2 + log(1.1) ** 2) / (4 * log(2)),
        hurst_rs=NAN,  # 40 bars
    ),
    also(
        NO_OPEN,  # no r_1, so that the first block is left out; its range from the bar's own high and low stays
        return_vol_of_vol=0.4 * sqrt(0.1125 / 7 - (0.55 / 7) ** 2),
        return_std_5min=sqrt(0.1125 / 7 - (0.05 / 7) ** 2),
        realized_range=(log(10 / 8) ** 2 + log(12 / 10) ** 2 + log(12 / 9) ** 2 + log(1.1) ** 2) / (4 * log(2)),
    ),
    also(
        HALVINGS,
        return_std_5min=0.25 * sqrt(3) / 2,  # −1/2 in 3 of 12 blocks
        return_skewness_5min=-2 / sqrt(3),  # p = 1/4: −(q − p)/√(pq)
        return_kurtosis_5min=7 / 3,
        realized_range=3 * log(2) / 4,
        hurst_rs=sum((x - CENTRE) * log(y) for x, y in zip(LOGS, RESCALED.values(), strict=True))
        / sum((x - CENTRE) ** 2 for x in LOGS),
    ),
    # from minute 3 on: blocks 2..8 have all r; −1/5 at 13, 1/4 at 31, −1/10 at 34; minute 3 has a bar of its own
    also(GAPS, return_std_5min=sqrt((0.04 + 0.125**2) / 7 - (0.075 / 7) ** 2)),
    also(LOCKED, return_vol_of_vol=0, return_std_5min=0, return_skewness_5min=NAN, realized_range=0, hurst_rs=NAN),
    also(ONE_BAR, return_std_5min=NAN, realized_range=NAN),
]
