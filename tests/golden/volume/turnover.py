"""Worked values of how volume and amount are spread, on the days of `stock_days.days` and one of long bodies."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, put, runs

# Bodies of 19, −19 and 18 of a range of 20, then 17 bars without range: ΣV = 300 + 200 + 500 + 1700.
BODIES = Case(
    "long bodies",
    {
        "open": put(runs((118, 20)), t1=100, t2=120, t3=100),
        "high": put(runs((118, 20)), t1=120, t2=120, t3=120),
        "low": put(runs((118, 20)), t1=100, t2=100, t3=100),
        "close": put(runs((118, 20)), t1=119, t2=101),
        "volume": put(runs((100, 20)), t1=300, t2=200, t3=500),
    },
    20,
    None,
    {"consistent_volume_ratio": 5 / 27, "consistent_buy_ratio": 1 / 9, "consistent_sell_ratio": 2 / 27},
)

GOLDEN = [
    BODIES,
    also(
        STEPS,
        volume_cv=sqrt(3750) / 100,
        volume_std=sqrt(3750),  # 150000/40
        amount_var=97500,  # one of 40 higher by 2000: 2000²·39/1600
        volume_hhi=0.034375,  # (10·100² + 20·50² + 10·200²)/4000²
        amount_entropy=log(42) - log(3) / 14,  # 39 shares of 1/42, one of 3/42
        # V·C is 1000, 1200, 450, 1800, 1980 in 5, 5, 20, 5, 5 minutes: 38900 in all
        price_volume_entropy=log(38900)
        - (5000 * log(1000) + 6000 * log(1200) + 9000 * log(450) + 9000 * log(1800) + 9900 * log(1980)) / 38900,
        volume_bucket_entropy=1.5 * log(2),  # bins 3, 0 and 9 hold 10, 20 and 10 bars
        volume_up_ratio=0.1,  # minutes 1, 6, 36: 100 + 100 + 200 of 4000
        volume_rsj=-23 / 220,  # 50² − 100² − 100² − 200² over 550000
        consistent_volume_ratio=0.1125,  # only minutes 1, 6, 11, 36 have a range
        consistent_buy_ratio=0.1,
        consistent_sell_ratio=0.0125,
        zero_volume_ratio=0,
    ),
    also(NO_OPEN, volume_up_ratio=0.075, volume_rsj=-19 / 220, consistent_buy_ratio=0.075),  # without minute 1
    also(
        HALVINGS,
        volume_bucket_entropy=log(20) - 19 / 20 * log(19),  # 57 bars in bin 0, 3 in bin 9
        volume_up_ratio=0,
        volume_rsj=1 / 44,  # 3·100² over 57·100² + 3·500²
        amount_entropy=NAN,
    ),
    also(
        GAPS,
        volume_cv=sqrt(5 / 33),  # √(pq)/p, p = 33/38
        volume_hhi=1 / 33,
        amount_entropy=log(34) - log(2) / 17,  # 32 shares of 1/34, one of 2/34
        volume_bucket_entropy=0,  # every traded bar has 100
        zero_volume_ratio=5 / 38,
    ),
    also(LOCKED, volume_cv=0.5, volume_std=100, volume_bucket_entropy=log(2), consistent_volume_ratio=0, volume_rsj=0),
]
