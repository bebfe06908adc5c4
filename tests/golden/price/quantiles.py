"""Worked values of quantiles, on a day that swings."""

from __future__ import annotations

from math import log

from tests.golden.stock_days.days import STEPS
from tests.golden.stock_days.order import SWINGS
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        SWINGS,
        return_mad=0.225,  # the median is (0 + 0.25)/2; from it 0.125 twenty times, 0.325 nineteen times, 1.875
        return_iqr=0.45,  # 0.25 + 0.2
        return_outlier_sum=2,  # beyond 1.96·1.483·0.225 = 0.654
        # 1, 4, .., 30²: at 2.9 of 0..29 lies 9 + 0.9·7
        amount_per_trade_quantile=(15.3 - 1) / 899,
        # of 39 log returns 19 are −a, one 0, 18 a, one ln 3: the calmest 20 are the first, so all but ln 3 are kept
        row_var=1.01184618125359 * 37 * log(1.25) ** 2 / (38 / 39),
    ),
    also(STEPS, return_mad=0, return_iqr=0, return_outlier_sum=NAN, row_var=NAN, amount_per_trade_quantile=NAN),
]
