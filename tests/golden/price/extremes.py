"""Worked values of where the extremes lie, on the days of `stock_days.days`."""

from __future__ import annotations

from tests.golden.stock_days.days import GAPS, HALVINGS, STEPS
from tests.golden.stock_days.order import LADDER
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        volume_high_price_share=0.2,  # ⌊40/5⌋ = 8: minutes 6..10 at 12, then 1..3 at 10
        volume_low_price_share=0.1,  # minutes 11..18
        high_time_top5=7 / 39,  # H = 12 in minutes 6..11: the median of 6..10, less 1
        volume_follow_ratio=0.5,  # minutes 31..40; 31 and 36 are taken
    ),
    also(
        HALVINGS,
        high_time_top5=2 / 59,  # minutes 1..5
        # 32, 42, 53, then 16..22; of these 16 and 21: 500 + 500 + 3·900 of 7200
        volume_follow_ratio=37 / 72,
        volume_high_price_share=1 / 6,  # ⌊60/5⌋ = 12: minutes 1..12
        volume_low_price_share=20 / 72,  # minutes 51..60 with 1400, then 41 and 42 with 100 and 500
    ),
    also(
        GAPS,
        high_time_top5=4 / 39,  # minutes 36, 3, 4, 5, 6
        volume_high_price_share=6 / 33,  # ⌊33/5⌋ = 6
    ),
    also(LADDER, volume_low_price_share=(5 + 10 + 2 * 3) / 390, volume_high_price_share=(60 + 55 + 20) / 390),
    also(LOCKED, high_time_top5=NAN),
]
