"""A stock by itself, for factors that read others; what needs several is in `markets`."""

from __future__ import annotations

from math import sqrt

from tests.golden.price_volume.rolling import ONE_STEP
from tests.golden.stock_days.days import STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(ONE_STEP, vol_diff_intercept=sqrt(7), return_daily=NAN, volume_open_auction_ratio=NAN),  # F is its own mean
    also(STEPS, realized_beta=1, realized_idio_var=0, lonely_goose=NAN, patv=NAN, trend_capital_vwap_gap=NAN),
    also(LOCKED, realized_beta=NAN, realized_idio_var=NAN, panic_core=NAN, return_overnight=NAN),
]
