"""Worked values of the jump measures, on the days of `realised`.

In units of L: rv = 13, bpv = 5π/2 = 7.85, rsv 9 up and 4 down (upside down on the other day).
"""

from __future__ import annotations

from math import log, pi, sqrt

from tests.golden.stock_days.days import GAPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also
from tests.golden.volatility.realised import MIRROR, PULSES, L

HALF_IV = 2 * 1.93579240488035  # 4 triples of ones: IV = 7.74, so that g = 4·√IV·60^−0.49 = 1.50
BPV, TPQ = 5 * pi / 2, 1.74347207453198 * 60 * 60 / 58 * 4  # TPQ/BPV² = 7.0
OMEGA = 15 / 9 * 60**3 * 1.82778632417785 / 55 * 3 * L**6
# Σ(e^l − 1 − l) over 5 rises by 1, 4 falls by 1 and the rise by 2: 5·(1 − L) + 4·(L − 1/2) + (3 − 2L) = 6 − 3L
SWAP = 12 - 6 * L
# upside down: 5·(L − 1/2) + 4·(1 − L) + (2L − 3/4) = 3/4 + 3L
SWAP_MIRROR = 1.5 + 6 * L
# X_{2j} − X_{2j−2}: 1, −2, 2, −1 over P, then −1, 1, 1, 2: fourth powers 1 + 16 + 16 + 1 + 1 + 1 + 1 + 16 = 53. All
# |l| are below 4·√13·60^−0.47 = 2.1, Σl⁴ = 25 and Σl⁸ = 9 + 256.
A4, A8 = 60 / 3 * 25, 60**3 / 105 * 265
AJ = (53 / 25 - 2) / sqrt(479.84 / 9 * A8 / (60 * A4**2))
J_08, J_125, J_09 = (2 * (x - 1 - log(x)) - log(x) ** 2 for x in (0.8, 1.25, 0.9))

BOTH = {
    "jump_variation": (13 - 2 * HALF_IV) * L**2,
    "jump_ratio": (13 - BPV) / 13,
    "threshold_rv": 9 * L**2,  # 3·√bpv·60^−0.49 = 1.13: without the pulse of 2
    "jump_count": 1,  # 4·√(bpv/60) = 1.45
    "bns_z": sqrt(60) * (1 - BPV / 13) / sqrt((pi**2 / 4 + pi - 5) * TPQ / BPV**2),
    "aj_z": AJ,
}

GOLDEN = [
    also(
        PULSES,
        **BOTH,
        jump_up=(9 - HALF_IV) * L**2,
        jump_down=(4 - HALF_IV) * L**2,
        jump_asym=5 * L**2,
        jump_up_large=4 * L**2,
        jump_down_large=0,
        jump_up_small=(5 - HALF_IV) * L**2,
        jump_down_small=(4 - HALF_IV) * L**2,
        jump_large_asym=4 * L**2,
        jump_small_asym=L**2,
        jo_z=60 * BPV * L**2 / sqrt(OMEGA) * (1 - 13 * L**2 / SWAP),
        jump_taylor=(SWAP - 13 * L**2) / 60,
    ),
    also(
        MIRROR,
        **BOTH,
        jump_up=(4 - HALF_IV) * L**2,
        jump_down=(9 - HALF_IV) * L**2,
        jump_asym=-5 * L**2,
        jump_up_large=0,
        jump_down_large=4 * L**2,
        jump_up_small=(4 - HALF_IV) * L**2,
        jump_down_small=(5 - HALF_IV) * L**2,
        jump_large_asym=-4 * L**2,
        jump_small_asym=-(L**2),
        jo_z=60 * BPV * L**2 / sqrt(OMEGA) * (1 - 13 * L**2 / SWAP_MIRROR),
        jump_taylor=(SWAP_MIRROR - 13 * L**2) / 60,
    ),
    # no two successive returns: IV = bpv = 0, every return is a large jump and none is within the threshold
    also(
        GAPS,
        jump_variation=2 * log(1.25) ** 2 + log(0.9) ** 2,
        jump_ratio=1,
        jump_up_large=log(1.25) ** 2,
        jump_down_large=log(1.25) ** 2 + log(0.9) ** 2,
        jump_up_small=0,
        threshold_rv=0,
        jump_count=NAN,
        bns_z=NAN,
        jo_z=NAN,
        jump_taylor=(J_08 + J_125 + J_09) / 37,  # by the power series
    ),
    also(
        LOCKED,
        **dict.fromkeys(("jump_variation", "jump_up", "jump_down", "jump_asym", "jump_up_large", "jump_down_large"), 0),
        **dict.fromkeys(("jump_up_small", "jump_down_small", "jump_large_asym", "jump_small_asym"), 0),
        **dict.fromkeys(("threshold_rv", "jump_taylor"), 0),
        **dict.fromkeys(("jump_ratio", "jump_count", "bns_z", "jo_z", "aj_z"), NAN),
    ),
]
