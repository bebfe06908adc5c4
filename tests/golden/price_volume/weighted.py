"""Worked values of what is weighted by volume, on the days of `stock_days.days` and of `price_volume`."""

from __future__ import annotations

from tests.golden.price_volume.price_volume import CLIMB
from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LATE, LOCKED
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        return_volume_weighted=0.013125,  # (25 + 20 − 12.5 + 20)/4000
        weighted_close_ratio=9.725 / 9.6125,  # 38900/4000 over 384.5/40
        # C − 9.6125 is 0.3875, 2.3875, −0.6125, 0.2875, at 1/8, 1/8, 1/2, 1/4 of the volume; S_CC = 39.04375
        weighted_price_skewness=(0.3875**3 / 8 + 2.3875**3 / 8 - 0.6125**3 / 2 + 0.2875**3 / 4)
        / (39.04375 / 40) ** 1.5,
        return_last20_volume_weighted=0.008,  # 0.1·200/2500
        return_last50_volume_weighted=NAN,  # 40 minutes
        # b/w is 0.25·40, 0.2·40, −0.25·80 in minutes 1, 6, 11 of the first 20
        return_first20_per_volume=-0.1,
        return_first20_pos_per_volume=0.9,
        return_first20_neg_per_volume=1.0,
        return_on_rising_volume=0,  # at minute 31 only, where r is 0
    ),
    also(
        NO_OPEN,  # no b_1
        return_volume_weighted=0.006875,  # 27.5/4000
        return_first20_per_volume=-12 / 19,
        return_first20_pos_per_volume=8 / 19,
        return_first20_neg_per_volume=20 / 19,
    ),
    also(
        HALVINGS,
        return_volume_weighted=-1 / 48,  # −1/2 at 3·100 of 7200
        return_last20_volume_weighted=-1 / 28,  # minutes 41 and 51: −100/(18·100 + 2·500)
        return_last50_volume_weighted=-3 / 124,  # −150/6200
    ),
    also(
        GAPS,
        return_volume_weighted=-0.05 / 33,
        return_first20_per_volume=-11 / 30,  # −0.2·33 over the 18 bars 3..20
        return_last20_volume_weighted=0.01,  # (0.25 − 0.1)·100/1500
    ),
    also(LATE, return_on_rising_volume=0.2, return_first20_per_volume=NAN, weighted_close_ratio=11.5 / 11),
    also(CLIMB, return_on_rising_volume=1 / 10),  # minute 5, after one without volume
    also(LOCKED, weighted_close_ratio=1, weighted_price_skewness=NAN, return_volume_weighted=0),
]
