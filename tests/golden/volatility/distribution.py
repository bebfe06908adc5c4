"""Worked values of the distribution of the minute returns, on the days of `stock_days.days`."""

from __future__ import annotations

from math import sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LOCKED, ONE_BAR
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        down_vol_perc=0.25 * 6 / 37 / sqrt(0.00431875),  # −1/4 among 37 below 0.0075: 36 are 0
        up_vol_perc=sqrt(7 / 1800 / 0.00431875),  # 1/4, 1/5, 1/10, as in return_upward_var
        return_max=0.25,
        return_min=-0.25,
        return_max_abs=0.25,  # of minutes 1 and 11 the first
        return_skew_pos=0.024625 / 0.04025,  # 1/64 + 0.008 + 0.001, and 1/64 more
        return_skew_neg=0.015625 / 0.04025,
        return_hyperskew=0.00033 / 0.175**2.5,  # 0.2⁵ + 0.1⁵
        return_hyperkurt=0.00055328125 / 0.175**3,  # 2/4096 + 0.000064 + 0.000001
        # H/L − 1 is 1/4, 1/5, 1/3, 1/10 in minutes 1, 6, 11, 36: Σ = 53/60
        range_std=sqrt((0.1125 + 1 / 9) / 40 - (53 / 2400) ** 2),
        zero_return_ratio=0.9,
    ),
    also(
        NO_OPEN,  # 1/5, −1/4, 1/10 among 39
        return_max=0.2,
        return_max_abs=-0.25,
        return_skew_neg=0.015625 / 0.024625,
        return_hyperkurt=0.000309140625 / 0.1125**3,  # 1/4096 + 0.000064 + 0.000001
        zero_return_ratio=36 / 39,
    ),
    also(
        GAPS,  # −1/5, 1/4, −1/10 among 38: the mean is below 0
        return_min=-0.2,
        return_max_abs=0.25,
        down_vol_perc=0.05 * 38 / sqrt(38 * 0.1125 - 0.0025),  # −1/5 and −1/10
        up_vol_perc=0.25 * sqrt(35) / 36 * 38 / sqrt(38 * 0.1125 - 0.0025),  # 1/4 among 36
        return_skew_pos=0.015625 / 0.024625,
        zero_return_ratio=35 / 38,
    ),
    also(
        HALVINGS,
        down_vol_perc=0,
        up_vol_perc=0,
        return_skew_pos=0,
        return_skew_neg=1,
        return_hyperskew=-3 / 32 / 0.75**2.5,
        return_hyperkurt=3 / 64 / 0.75**3,
        range_std=sqrt(57 * 3) / 60,  # 2 three times among 60, else 1
    ),
    also(ONE_BAR, return_max=0.1, return_min=0, return_max_abs=0.1, range_std=NAN),
    also(
        LOCKED,
        down_vol_perc=NAN,
        up_vol_perc=NAN,
        return_max=0,
        return_min=0,
        return_max_abs=0,
        return_skew_pos=NAN,
        return_skew_neg=NAN,
        return_hyperskew=NAN,
        return_hyperkurt=NAN,
        range_std=0,
        zero_return_ratio=1,
    ),
]
