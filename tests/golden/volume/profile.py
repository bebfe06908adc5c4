"""Worked values of when in the day volume and amount fall, on the days of `stock_days.days` and a rising one."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, STEPS
from tests.golden.stock_days.special import HALF_DAY, LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, runs

# 100 shares a minute in the first half hour, 200 in the second, ..., 800 in the eighth: ΣV = 3000·36. ΣA = 1000·240.
STAIRS = Case(
    "stairs of volume",
    {
        **dict.fromkeys(("open", "high", "low", "close"), runs((10, 240))),
        "volume": runs(*((100 * k, 30) for k in range(1, 9))),
        "amount": runs((1000, 240)),
    },
    240,
    120,
    {
        "volume_open_30min_ratio": 1 / 36,
        "volume_perc_2": 2 / 36,
        "volume_perc_3": 3 / 36,
        "volume_perc_4": 4 / 36,
        "volume_perc_5": 5 / 36,
        "volume_perc_6": 6 / 36,
        "volume_perc_7": 7 / 36,
        "volume_last_30min_ratio": 8 / 36,
        "amount_last_30min_ratio": 1 / 8,
        "volume_close_auction_ratio": 1 / 45,  # 2400/108000
        "volume_pm_am_ratio": log(26 / 10),  # 5 + 6 + 7 + 8 over 1 + 2 + 3 + 4
    },
)

GOLDEN = [
    STAIRS,
    also(
        STEPS,
        volume_perc_3=NAN,  # 40 minutes
        amount_last_30min_ratio=16 / 21,  # 32000/42000
        volume_close_auction_ratio=0.15,  # 600/4000
        volume_pm_am_ratio=log(5 / 3),  # 500 + 2000 over 1000 + 500
        volume_time_center=97 / 160,  # ΣtV = 100·55 + 50·410 + 200·355 over 40·4000
        volume_time_slope=15000 / sqrt(150000 * 5330),  # −50·410 + 100·355; S_tt = 40·1599/12
        # over t = 2..40: V_t keeps the mean 100; Σ(V_t − 100)V_{t−1} = −50·(100 + 19·50) + 100·(50 + 9·200)
        volume_autocorr=132500 / sqrt(150000 * (510000 - 3800**2 / 39)),
        volume_peak_count=1,  # 31..40 above 100 + √3750
    ),
    also(
        HALVINGS,
        volume_pm_am_ratio=NAN,  # no break
        amount_last_30min_ratio=NAN,  # no amounts
        volume_peak_count=3,  # 500 in minutes 32, 42, 53; 120 + 400·√171/60 = 207
        volume_autocorr=-3 / 56,  # 3 and 3 of 59 that never meet: −9/(3·56)
    ),
    also(
        GAPS,
        volume_close_auction_ratio=0,
        volume_time_center=107 / 220,  # Σt = 207 + 435 over 40·33
        volume_pm_am_ratio=log(15 / 18),
    ),
    also(HALF_DAY, volume_perc_4=30 / 121, volume_perc_5=NAN, volume_time_center=7261 / 14520),  # 7260·100 + 100
    also(LOCKED, volume_peak_count=0, volume_autocorr=-1),  # 300 is not above 200 + 100
]
