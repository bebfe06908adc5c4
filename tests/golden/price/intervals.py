"""Worked values of parts of the day: a day of eight levels, and the days of `stock_days.days`."""

from __future__ import annotations

from math import log

from tests.golden.stock_days.days import GAPS, HALVINGS, STEPS
from tests.golden.stock_days.special import LATE, LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, bars, put, runs

# A price for each half hour: r is 1/5, −1/4, 1, −1/2, 1/10, −1/3, 1 at minutes 31, 61, ... 211.
HALF_HOURS = Case(
    "a price for each half hour",
    {
        **bars(10, runs(*((price, 30) for price in (10, 12, 9, 18, 9, 9.9, 6.6, 13.2)))),
        "volume": runs((100, 240)),
    },
    240,
    120,
    {
        "return_half_hour_2": 0.2,
        "return_half_hour_3": -0.25,
        "return_half_hour_4": 1.0,
        "return_half_hour_5": -0.5,
        "return_half_hour_6": 0.1,
        "return_half_hour_7": -1 / 3,
        "return_half_hour_8": 1.0,
        "return_last_30min": 1.0,
        "return_pm_minus_am": -4 / 15 - 0.8,  # 13.2/18 − 1, 18/10 − 1
        "return_between": -0.34,  # 6.6/10 − 1
        "return_var_open_30min": 0.0,
        "return_var_am_pm_ratio": log((0.25 + 0.01 + 1 / 9 + 1) / (0.04 + 0.0625 + 1)),
    },
)

# The same with 15 traded bars in the sixth half hour, and no break.
FEWER = Case(
    "half an hour with too few bars",
    {**HALF_HOURS.fields, "volume": put(runs((100, 240)), **{f"t{t}": 0 for t in range(151, 166)})},
    240,
    None,
    {
        "return_half_hour_5": -0.5,
        "return_half_hour_6": NAN,
        "return_half_hour_7": -1 / 3,
        "return_pm_minus_am": NAN,
        "return_between": -0.34,
        "return_var_am_pm_ratio": NAN,
    },
)

GOLDEN = [
    HALF_HOURS,
    FEWER,
    also(STEPS, return_var_open_30min=4.91 / 900, return_half_hour_2=NAN),  # (30·0.165 − 0.2²)/900
    also(GAPS, return_var_open_30min=0.04 * 27 / 784),  # −1/5 among the 28 minutes from the first bar on
    # 60 minutes: the second half hour ends with the day, and nothing is between
    also(HALVINGS, return_half_hour_2=-0.875, return_half_hour_3=NAN, return_between=NAN, return_var_open_30min=0),
    also(LATE, return_half_hour_2=NAN, return_var_open_30min=NAN),
    also(LOCKED, return_half_hour_4=0, return_between=0, return_pm_minus_am=0, return_var_am_pm_ratio=NAN),
]
