"""A stock by itself, for factors that read others; what needs several is in tests/test_neighbours_worked.py."""

from __future__ import annotations

from math import sqrt

from tests.golden_days import STEPS
from tests.golden_rolling import ONE_STEP
from tests.golden_special import LOCKED
from tests.golden_tools import NAN, also

GOLDEN = [
    also(ONE_STEP, vol_diff_intercept=sqrt(7), return_daily=NAN, volume_open_auction_ratio=NAN),  # F is its own mean
    also(STEPS, realized_beta=1, realized_idio_var=0, lonely_goose=NAN, patv=NAN, trend_capital_vwap_gap=NAN),
    also(LOCKED, realized_beta=NAN, realized_idio_var=NAN, panic_core=NAN, return_overnight=NAN),
]
