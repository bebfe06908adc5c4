"""Worked values of the jump-proof measures, on the days of `realised`.

Only the six returns of P have neighbours: of their absolute values, all 1, 5 pairs, 4 triples, 3 fours, and 6 stretches
of three of which two at least are 1.
"""

from __future__ import annotations

from math import pi, sqrt

from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import also
from tests.golden.volatility.realised import DOUBLING, MIRROR, PULSES, L

TPQ = 1.74347207453198 * 60 * 60 / 58 * 4 * L**4

GOLDEN = [
    also(
        case,
        rquar=60 / 3 * 25 * L**4,
        bpv=pi / 2 * 5 * L**2,
        mpv=pi / 2 * 60 / 59 * 5 * L**2,
        min_rv=pi / (pi - 2) * 60 / 59 * 5 * L**2,
        min_rq=60 * pi / (3 * pi - 8) * 60 / 59 * 5 * L**4,
        med_rv=pi / (6 - 4 * sqrt(3) + pi) * 60 / 58 * 6 * L**2,
        med_rq=180 * pi / (9 * pi + 72 - 52 * sqrt(3)) * 60 / 58 * 6 * L**4,
        tpv=1.93579240488035 * 60 / 58 * 4 * L**2,
        tpq=TPQ,
        qpq=pi**2 / 4 * 60 * 60 / 57 * 3 * L**4,
        iv_stderr=sqrt(2 * TPQ / 60),
    )
    for case in (PULSES, MIRROR)
]
GOLDEN += [
    # 59 pairs, 58 triples, 57 fours of ones, which the finite-sample factors make 60 of
    also(
        DOUBLING,
        rquar=1200 * L**4,
        bpv=pi / 2 * 59 * L**2,
        mpv=pi / 2 * 60 * L**2,
        min_rv=pi / (pi - 2) * 60 * L**2,
        med_rq=3 * pi * 3600 / (9 * pi + 72 - 52 * sqrt(3)) * L**4,
        tpv=1.93579240488035 * 60 * L**2,
        tpq=1.74347207453198 * 3600 * L**4,
        qpq=pi**2 / 4 * 3600 * L**4,
        iv_stderr=sqrt(1.74347207453198 * 120) * L**2,
    ),
    also(
        LOCKED,
        **dict.fromkeys(("rquar", "bpv", "mpv", "min_rv", "min_rq", "med_rv", "med_rq", "tpv", "tpq", "qpq"), 0.0),
        iv_stderr=0,
    ),
]
