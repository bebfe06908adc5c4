"""Worked correlations, on the days of `stock_days.days`, a climb with its descent, and prices that move by one tick."""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, STEPS
from tests.golden.stock_days.special import HALF_DAY, LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, bars, put, runs

# The returns of minutes 5..10 and of minutes 21..26; 0 in the others. Steps of the close: 1, 2, 1, 3, 1, 2, and
# −2, −1, −1, −2, −3, −1. The 12 of minute 4 is of a bar without volume, which is none: V_5 = 200 comes after V_3 = 100.
UP = [1 / 10, 2 / 11, 1 / 13, 3 / 14, 1 / 17, 2 / 18]
DOWN = [-2 / 20, -1 / 18, -1 / 17, -2 / 16, -3 / 14, -1 / 11]
TRADED = [*UP, *DOWN]  # ΣC = 539, ΣC² = 8385 over the 38 traded bars after the first; growth 1 at 5, −1/2 at 6
CLIMB = Case(
    "climb",
    {
        **bars(10, [*runs((10, 3)), 12, 11, 13, 14, 17, 18, *runs((20, 11)), 18, 17, 16, 14, 11, *runs((10, 15))]),
        "volume": put(runs((100, 40)), t4=0, t5=200),
    },
    40,
    20,
    {
        # over the pairs (1,2), (2,1), (1,3), (3,1), (1,2): Σxy = 12, Σx = 8, Σy = 9, Σx² = 16, Σy² = 19
        "dp_up_autocorr": (12 - 72 / 5) / sqrt((16 - 64 / 5) * (19 - 81 / 5)),
        # over (2,1), (1,1), (1,2), (2,3), (3,1), both signs turned: Σxy = 14, Σx = 9, Σy = 8, Σx² = 19, Σy² = 16
        "dp_down_autocorr": (14 - 72 / 5) / sqrt((19 - 81 / 5) * (16 - 64 / 5)),
        # the first and the last r are 0, so both sums of squares are the same
        "chase_cosine": sum(x * y for part in (UP, DOWN) for x, y in pairwise(part)) / sum(x * x for x in UP + DOWN),
        "corr_close_dvolume": (11 - 6.5 - 539 * 0.5 / 38) / sqrt((8385 - 539**2 / 38) * (1.25 - 0.25 / 38)),
        "corr_ret_dvolume": (1 / 10 - 1 / 11 - sum(TRADED) * 0.5 / 38)
        / sqrt((sum(x * x for x in TRADED) - sum(TRADED) ** 2 / 38) * (1.25 - 0.25 / 38)),
    },
)

# Ten ticks up, ten down: nine pairs of equal rises, nine of equal falls, but for the rounding of the prices.
TICKS = Case(
    "tick by tick",
    bars(4, [round(4 + 0.01 * (10 - abs(10 - t)), 2) for t in range(21)]),
    21,
    None,
    {"dp_up_autocorr": NAN, "dp_down_autocorr": NAN},
)

STEP = [log(12 / 10), log(12 / 9), log(9.9 / 9)]  # |l| at minutes 6, 11, 36
M, S = sum(STEP), sum(x * x for x in STEP)

GAP = [log(10 / 8), log(10 / 8), log(10 / 9)]  # |l| at minutes 13, 31, 34
G, H = sum(GAP), sum(x * x for x in GAP)

GOLDEN = [
    CLIMB,
    TICKS,
    also(
        STEPS,
        # over minutes 1..30: 3·S_CC = 110, 3·S_VV = 50000, 3·S_CV = 50·(3·110 − 290)
        VP_open_30min=2000 / sqrt(110 * 50000),
        VR_open_30min=(22.5 - 10 / 3) / sqrt((0.165 - 0.04 / 30) * 50000 / 3),  # Σr = 0.2, Σr² = 0.165
        # A/V is 10 in 10 minutes, 20 in 19, 60 in minute 11, 5 in 10: Σ = 590, Σ² = 12450; −50·440 + 100·50
        corr_volume_vwap=-17000 / sqrt(150000 * (12450 - 590**2 / 40)),
        # C_2..C_40: Σ = 374.5, Σ² = 3635.05; V_1..V_39: Σ = 3800, Σ² = 510000; ΣC_tV_{t−1} = 37000
        corr_close_lagvolume=(37000 - 374.5 * 3800 / 39) / sqrt((3635.05 - 374.5**2 / 39) * (510000 - 3800**2 / 39)),
        # C_1..C_39: Σ = 374.6, Σ² = 3637.04; −50·(12 + 19·9) + 100·(6·9 + 4·9.9)
        corr_close_leadvolume=210 / sqrt((3637.04 - 374.6**2 / 39) * 150000),
        corr_close_dvolume=(22.5 - 374.5 * 2.5 / 39) / sqrt((3635.05 - 374.5**2 / 39) * (9.25 - 6.25 / 39)),
        corr_ret_dvolume=(0.125 - 0.05 * 2.5 / 39) / sqrt((0.1125 - 0.0025 / 39) * (9.25 - 6.25 / 39)),
        # A has one spike, at minute 11 of 2..40, which l_11 meets, l_12 = 0 after it does not
        corr_absret_amount=(STEP[1] - M / 39) / sqrt((S - M * M / 39) * 38 / 39),
        corr_absret_lagamount=-M / 39 / sqrt((S - M * M / 39) * 38 / 39),
        corr_lagabsret_amount=-M / 38 / sqrt((S - M * M / 38) * 37 / 38),  # minutes 3..40, l_10 = 0
        dp_up_autocorr=NAN,  # no two rises in a row
        chase_cosine=0,
    ),
    also(HALVINGS, VP_open_30min=NAN, VR_open_30min=NAN, chase_cosine=0),  # one price until minute 30
    also(
        GAPS,
        corr_close_dvolume=NAN,  # every traded bar has 100
        # over minutes 4..40 A is 0 in five, 2000 in minute 13, 1000 in 31: ΣA = 33000, ΣA² = 35000000
        corr_absret_amount=(1000 * (G + GAP[0]) - G * 33000 / 37) / sqrt((H - G * G / 37) * (35e6 - 33000**2 / 37)),
    ),
    also(HALF_DAY, VP_open_30min=NAN),  # one price
    also(LOCKED, corr_volume_vwap=NAN, chase_cosine=NAN, corr_close_dvolume=NAN),
]
