"""Factors that are sums, differences and ratios of others."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

import factors

IDENTITIES = {
    "rsv_up + rsv_down": "rv",
    "rvol ** 2": "rv",
    "rsv_up - rsv_down": "signed_jump_variation",
    "signed_jump_variation / rv": "signed_jump_variation_ratio",
    "jump_up - jump_down": "jump_asym",
    "jump_up_large + jump_up_small": "jump_up",
    "jump_down_large + jump_down_small": "jump_down",
    "jump_large_asym + jump_small_asym": "jump_asym",
    "bpv * 239 / 238": "mpv",
    "(2 * tpq / 239) ** 0.5": "iv_stderr",
    "return_upward_var_ratio + return_downward_var_ratio": "one",
    "return_upward_var_ratio - return_downward_var_ratio": "return_updown_asym",
    "(1 + return_am) * (1 + return_pm) - 1": "return_intraday",
    "return_pm - return_am": "return_pm_minus_am",
    "down_time_center - up_time_center": "time_center_gap",
    "volume_share_std * 240": "volume_cv",
    "(1 + volume_cv ** 2) / 240": "volume_hhi",
    "consistent_buy_ratio + consistent_sell_ratio": "consistent_volume_ratio",
    "amount_in_out_order_ratio * amount_out_order_avg_ratio": "amount_in_order_avg_ratio",
    "return_half_hour_8": "return_last_30min",
    "volume_open_30min_ratio + volume_perc_2 + volume_perc_3 + volume_perc_4 + volume_perc_5 + volume_perc_6"
    " + volume_perc_7 + volume_last_30min_ratio": "one",
}
"""Exact up to rounding, on days of 240 minutes with a bar in the first."""


NAMES = sorted(
    {word for pair in IDENTITIES.items() for side in pair for word in re.findall("[a-z]\\w+", side)} - {"one"}
)


@lru_cache(maxsize=1)
def simulated() -> pd.DataFrame:
    bars = factors.simulate_bars(stocks=60, kinds={}, seed=8)
    return factors.compute(bars, NAMES, engine="matrix").assign(one=1.0)


@pytest.mark.parametrize("parts", IDENTITIES)
def test_identities(parts: str) -> None:
    left, right = simulated().eval(parts, engine="python"), simulated()[IDENTITIES[parts]]
    assert right.notna().all()
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-15)
