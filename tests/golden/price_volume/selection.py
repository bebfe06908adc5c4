"""Worked values of factors of selected minutes, on the days of `stock_days.days`."""

from __future__ import annotations

from math import sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import ONE_BAR
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        return_tail5_mean=-0.125,  # ⌊40/20⌋ = 2: (−1/4 + 0)/2
        return_top10_prod=0.65,  # ⌊40/10⌋ = 4: 1.25·1.2·1.1 − 1
        return_topk_mean=0.11,  # (0.25 + 0.2 + 0.1)/5
        return_std_ratio_top33_volume=sqrt(0.82 / 169 / 0.00431875),
        # S as for VR_top33_volume; minute 40 has no return after it. Of 12 minutes 9 have V = 200, r_36 meets one
        VR_1min_lead_top33_volume=(20 - 0.1 * 2100 / 12) / sqrt(0.01 * 11 / 12 * 100**2 * 27 / 12),
        return_top50_volume=NAN,  # 40 bars
        return_top20_volume=0.65,  # minutes 31..40 and 1..10: 1.1·1.25·1.2 − 1
        return_bottom20_volume=-0.25,  # minutes 11..30
        volume_top10pct_share=0.2,  # 4·200/4000
        per_trade_high_activity=1.975,  # minutes 31..38: (1600/80)/(4000/395)
        vwap_high_low_volume_gap=-50 / 21,  # minutes 31..34: 4000/800; 11..14: 6000/200; over 10.5
        # ⌊40/10⌋ = 4: minutes 11..14 are left out: ΣrV = 0.25·100 + 0.2·100 + 0.1·200; in them −1/4 and three 0
        structural_reversal=65 / 3800 + 0.0625,
        local_reversal_per_trade=0.1,  # V/K is 20 in minutes 31..40, of which 8 are taken: 31..38
        # ⌊39/10⌋ = 3: minutes 5 and 35 (r_6 = 0.2, r_36 = 0.1), then minute 1 of those followed by 0
        smart_money_share=(100 + 200 + 100) / 4000,
        stupid_money_share=(100 + 100 + 100) / 4000,  # minutes 10, 1, 2
    ),
    also(
        NO_OPEN,
        return_tail5_mean=-0.25,  # ⌊39/20⌋ = 1
        return_top10_prod=0.32,  # ⌊39/10⌋ = 3: 1.2·1.1 − 1
        return_topk_mean=0.06,
        return_top20_volume=0.32,  # minute 1 has no return of its own
        structural_reversal=40 / 3800 + 0.0625,
    ),
    also(
        HALVINGS,
        return_top50_volume=-0.75,  # minutes 32, 42, 53, then 1..31, 33..41, 43..49, with the falls of 31 and 41
        return_bottom50_volume=-0.875,  # minutes 1..31, 33..41, 43..52
        return_top20_volume=0,  # minutes 32, 42, 53, then 1..17
        volume_top10pct_share=1.8 / 7.2,  # ⌊60/10⌋ = 6: three of 500, three of 100
        vwap_high_low_volume_gap=NAN,
        smart_money_share=5 / 72,  # ⌊59/10⌋ = 5: minutes 1..5
        stupid_money_share=5 / 72,  # minutes 30, 40, 50, then 1, 2
    ),
    also(GAPS, return_topk_mean=0.05, return_tail5_mean=-0.2, return_top50_volume=NAN, return_bottom20_volume=-0.2),
    also(ONE_BAR, return_topk_mean=NAN, volume_top10pct_share=NAN),
]
