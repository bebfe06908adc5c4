"""Worked values of factors that weigh every minute by its place, on the days of `stock_days.days`."""

from __future__ import annotations

from math import sqrt

from tests.golden.stock_days.days import GAPS, STEPS
from tests.golden.stock_days.special import ONE_BAR
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        # |r|/V^(1/4): minutes 11, 1, 6, 36, then 2, 3, .. at 0; 50 + 100 + 100 + 200 + 4·100 is the first above 800
        smart_money_q=10000 / 850 / 10.5,
        vcvar=-0.05,  # minutes 11, 2, 3 (V = 50, 100, 100; 200 are wanted): −12.5/250
        # Σ(2i − 41) is −400 for i = 1..20, 100 for 21..30, 300 for 31..40
        volume_gini=(-400 * 50 + 100 * 100 + 300 * 200) / (40 * 4000),
        # C_t/O_{t−4} − 1 is −1/4 in minutes 11..15, 0 in 16..35, 1/10 in 36..40, 1/5 in 6..10, 1/4 in minute 5;
        # Σ(37 − 2j) is 155 for j = 1..5, 165 for 6..20, −45 for 21..25, −95, −145, −35 for the last eleven
        volume_game_return=(155 * 50 + 165 * 50 - 45 * 200 - 95 * 200 - 145 * 100 - 35 * 100) / (36 * 3600),
        # (C/max H + C/min L)/2 − 1 is −1/16 in minutes 11..35, 1/32 in 36..40, 1/8 in 1..5, 1/4 in 6..10
        volume_game_position=(400 * 50 - 25 * 200 - 75 * 200 - 125 * 100 - 175 * 100) / (40 * 4000),
        # the range is 1/3 in minute 11 (j = 1), 1/11 in 36 (j = 26), 1/6 in 6 (j = 31)
        amplitude_game=(35 / 3 - 15 / 11 - 25 / 6) / (36 * (1 / 3 + 1 / 11 + 1 / 6)),
        # minute 11 alone has another A/K, and rank 13 of C; S of the ranks 13, 28, 33, 38 (25, 5, 5, 5 of them) is 4000
        rankcorr_pertrade_close=-7.5 / sqrt(39 / 40 * 4000),
        rankcorr_pertrade_amount=1,
    ),
    also(
        GAPS,
        # ranks 1 and 33 of A/K in minutes 13 and 31, 17 elsewhere; of A 33 in minute 13, 16.5 elsewhere
        rankcorr_pertrade_amount=-(16 * 16 + 16 * 0.5) / sqrt(2 * 16**2 * (16**2 + 32 * 0.25)),
        volume_gini=5 / 38,  # i = 1..5 have no volume: Σ_{6..38}(2i − 39) = 5·33
        vcvar=-0.15,  # minutes 13 and 34: 165 shares are wanted
    ),
    also(ONE_BAR, volume_gini=NAN, vcvar=NAN, smart_money_q=NAN),
]
