"""Worked values of price levels, on the days of `stock_days.days` and two more."""

from __future__ import annotations

from math import sqrt

from tests.golden.stock_days.days import HALVINGS, STEPS
from tests.golden.stock_days.order import LADDER, SWINGS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        # 2000 at 9, 1000 at 9.9, 500 at 10, 500 at 12: shares 1/2, 1/4, 1/8, 1/8
        doc_std=sqrt(3 / 128),
        doc_skew=3 / 1024 / (3 / 128) ** 1.5,
        doc_kurt=2,  # m4 = (1/256 + 2/4096)/4 = 9/8192
        doc_pdf60=1,
        doc_vol5_ratio=1,
        # tenths of 8..12: 27000 in 2 (at 9), 5000 in 4 (at 9.9), 5 (at 10) and 9 (at 12)
        close_vs_poc=0.475 - 0.25,
        pricebin_volume_skew=(801 / 7 - 24 * 359 / 49 + 2 * (24 / 7) ** 3) / (785 / 147) ** 1.5,
        volume_support_p=3 / 9.9,  # half of the volume is at 9
        volume_support_b=1 / 9.9,
        support_close_gap=0.9 / 9.9,
    ),
    also(
        HALVINGS,
        # 3000 at 64, 1400 at 32, 16, 8 of 7200
        doc_std=1600 / 7200 * sqrt(3 / 16),
        doc_skew=2 / sqrt(3),
        doc_kurt=7 / 3,
        doc_pdf60=0.5,  # 4400
        doc_pdf70=0.75,  # 5800
        doc_pdf80=0.75,
        doc_pdf90=1,
        volume_support_p=4,  # 64 and 32
        volume_support_b=7,
        support_close_gap=-3,
    ),
    also(
        SWINGS,
        # 1900 at 8 and at 10, 200 at 24: 8 is the start, then 10
        volume_support_p=16 / 24,
        volume_support_b=2 / 24,
        support_close_gap=16 / 24,
        doc_pdf60=1,
        doc_kurt=NAN,  # three levels
        doc_skew=-1 / sqrt(2),
    ),
    also(
        LADDER,
        doc_pdf60=5 / 12,  # 12 + 11 + 10 + 9 + 8 = 50 of 78; 46.8 are wanted
        doc_pdf70=6 / 12,  # 57; 54.6
        doc_pdf80=7 / 12,  # 63; 62.4
        doc_pdf90=9 / 12,  # 72; 70.2
        doc_pdf95=10 / 12,  # 75; 74.1
        doc_vol5_ratio=50 / 78,
        doc_vol10_ratio=75 / 78,
        doc_vol50_ratio=1,
        volume_support_p=0.25,  # 12, 11, 10 and 9
        volume_support_b=11 / 12,
        support_close_gap=0.25,
        # ⌊10·(C − 1)/11⌋, at most 9, is 0 and 9 for two levels each, of equal amounts: the lower counts
        close_vs_poc=1 - 0.05,
    ),
    also(LOCKED, doc_std=NAN, doc_pdf60=1, doc_vol5_ratio=1, close_vs_poc=NAN, volume_support_p=0),
]
