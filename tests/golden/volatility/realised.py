"""Worked values of the realised measures, and the days of pulses that other themes work with too.

L = ln 2 is the unit of the log returns l_i, i = 1..N, and μ-constants stand as the specification prints them.
"""

from __future__ import annotations

from itertools import accumulate
from math import log, sqrt

from tests.golden.stock_days.days import GAPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, bars, put, runs

L = log(2)

# N = 60. Six returns in a row, P = (1, −1, −1, 1, 1, −1), then pulses that have 5 zeros at least on either side:
# Σl = 3, Σ|l| = 11, Σl² = 13, Σl³ = 9, Σl⁴ = 25; of P: Σ l_i·l_{i−h} = −1, −4, 1, 2, −1 for h = 1..5.
STEPS_OF_P = put(runs((0, 60)), t10=1, t11=-1, t12=-1, t13=1, t14=1, t15=-1, t25=-1, t31=1, t37=1, t45=2)


def priced(name: str, logs: list[float]) -> Case:
    """A day whose closes double by each of the log returns."""
    return Case(name, {**bars(8, [8 * 2**x for x in accumulate([0, *logs])]), "volume": runs((100, 61))}, 61, None, {})


PULSES = priced("pulses", STEPS_OF_P)
MIRROR = priced("pulses upside down", [-x for x in STEPS_OF_P])
DOUBLING = priced("doubling", runs((1, 60)))

# Sums of five successive l: over P 1, 0, −1, 0, 1, −1, 0, 1, 0, −1 for i = 10..19, then 5·1, 5·1, 5·1, 5·4: Σ = 41.
SLOW = 6 + 15 + 20
# The same by i mod 5: at i = 10, 15 (class 0), 12, 17 (2), 14, 19 (4), and 1 + 1 + 1 + 4 in every class. Of N = 60
# the class 0 has 12 returns, the others ⌊59/5⌋ = 11 and so on.
BY_CLASS = 9 / 12 + (7 + 9 + 7 + 9) / 11
# k = ⌊0.8·√60⌋ = 6, weights 1/6·(1, 2, 3, 2, 1): ψ1 = 1, ψ2 = 19/216. P gives 1, 1, 0, −2, −1, 1, 2, 0, −1, −1
# sixths, a pulse p gives Σ = 19·p²/36.
AVERAGED = (14 + 19 * 7) / 36
PSI2 = 19 / 216

GOLDEN = [
    also(
        PULSES,
        rv=13 * L**2,
        rvol=sqrt(13) * L,
        rskew=9 * sqrt(60) / 13**1.5,
        rkurt=60 * 25 / 169,
        rsv_up=9 * L**2,
        rsv_down=4 * L**2,
        signed_jump_variation=5 * L**2,
        signed_jump_variation_ratio=5 / 13,
        noise_var=L**2 / 59,
        tsrv=(SLOW / 5 - 57 / 305 * 13) / (248 / 305) * L**2,  # n = 61, ρ = 57/5/61
        kernel_rv=(13 + 2 * (-60 / 59 - 0.808 * 4 * 60 / 58 + 0.424 * 60 / 57 + 0.128 * 2 * 60 / 56 - 0.016 * 60 / 55))
        * L**2,
        rv_subsampled=60 / 25 * BY_CLASS * L**2,
        preaveraged_rv=(AVERAGED / (0.8 * sqrt(60) * PSI2) - 13 / (2 * 60 * 0.64 * PSI2)) * L**2,
    ),
    also(
        MIRROR,
        rskew=-9 * sqrt(60) / 13**1.5,
        rsv_up=4 * L**2,
        signed_jump_variation_ratio=-5 / 13,
        preaveraged_rv=(AVERAGED / (0.8 * sqrt(60) * PSI2) - 13 / (2 * 60 * 0.64 * PSI2)) * L**2,
    ),
    also(DOUBLING, rv=60 * L**2, rvol=sqrt(60) * L, rskew=1, rkurt=1, rsv_up=60 * L**2, rsv_down=0, noise_var=0),
    # l = ln 0.8, ln 1.25, ln 0.9 far from each other among N = 37, the first two of one size
    also(
        GAPS,
        rv=2 * log(1.25) ** 2 + log(0.9) ** 2,
        rskew=sqrt(37) * log(0.9) ** 3 / (2 * log(1.25) ** 2 + log(0.9) ** 2) ** 1.5,
        rsv_down=log(1.25) ** 2 + log(0.9) ** 2,
        signed_jump_variation=-(log(0.9) ** 2),
        noise_var=0,
    ),
    also(
        LOCKED,
        **dict.fromkeys(("rv", "rvol", "rsv_up", "rsv_down", "signed_jump_variation", "noise_var"), 0.0),
        **dict.fromkeys(("tsrv", "kernel_rv", "rv_subsampled", "preaveraged_rv"), 0.0),
        **dict.fromkeys(("rskew", "rkurt", "signed_jump_variation_ratio"), NAN),
    ),
]
