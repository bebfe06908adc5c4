"""Worked values of the range measures, on the days of `stock_days.days`."""

from __future__ import annotations

from dataclasses import replace
from math import log

from tests.golden.stock_days.days import GAPS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also, put

W = 2 * log(2) - 1
DAY = log(12 / 8) ** 2  # H_d = 12, L_d = 8 on both days

# Bars without shadows: four bodies, as long as their ranges.
A, B, D, FIRST = log(1.2), log(4 / 3), log(1.1), log(1.25)
BODIES = FIRST**2 + A**2 + B**2 + D**2

# Minute 8 opens at 10 after a close of 12, and closes at 12: o = −A there, c = A at minutes 6 and 8. Over the N = 39
# minutes after the first σ_o² = (A² − A²/39)/38 = A²/39 and every rs is 0.
GAP = replace(
    STEPS,
    name="a gap between two minutes",
    fields={**STEPS.fields, "open": put(STEPS.fields["open"], t8=10), "low": put(STEPS.fields["low"], t8=10)},
)
VAR_C = (2 * A**2 + B**2 + D**2 - (2 * A - B + D) ** 2 / 39) / 38

# GAPS: H/L is 11/9 in minute 3, 10/8 in the 31 other bars before minute 36, 12/8 there; three bodies. rs at minutes
# 4..12, 14..20, 22..30, 32, 33, where O = C is the high or the low: 27·ln² 1.25; the others one by one.
RANGES = log(11 / 9) ** 2 + 31 * log(1.25) ** 2 + DAY
BODIES_OF_GAPS = 2 * log(1.25) ** 2 + log(0.9) ** 2
RS = 27 * log(1.25) ** 2 + log(8 / 9) * log(0.8) + log(10 / 9) ** 2 + log(4 / 3) ** 2 + 2 * log(8 / 9) ** 2
K_37 = 0.34 / (1.34 + 38 / 36)

GOLDEN = [
    also(
        STEPS,
        parkinson_var=BODIES / (4 * log(2)),
        garman_klass_var=(0.5 - W) * BODIES,
        rogers_satchell_var=0,
        day_parkinson=DAY / (4 * log(2)),
        day_garman_klass=DAY / 2 - W * log(9.9 / 8) ** 2,
    ),
    also(
        NO_OPEN, garman_klass_var=(0.5 - W) * (BODIES - FIRST**2), day_garman_klass=NAN, day_parkinson=DAY / 4 / log(2)
    ),
    also(GAP, yang_zhang_var=A**2 + 39 * 0.34 / (1.34 + 40 / 38) * VAR_C),
    also(
        GAPS,
        parkinson_var=RANGES / (4 * log(2)),
        garman_klass_var=RANGES / 2 - W * BODIES_OF_GAPS,
        rogers_satchell_var=RS + log(1.1) ** 2 + log(0.9) ** 2,
        day_parkinson=DAY / (4 * log(2)),
        day_garman_klass=DAY / 2 - W * log(0.9) ** 2,
        # N = 37: no gaps, Σc = ln 0.9
        yang_zhang_var=37 * K_37 * (BODIES_OF_GAPS - log(0.9) ** 2 / 37) / 36 + (1 - K_37) * RS,
    ),
    also(
        LOCKED,
        **dict.fromkeys(("parkinson_var", "garman_klass_var", "rogers_satchell_var", "day_parkinson"), 0),
        **dict.fromkeys(("day_garman_klass", "yang_zhang_var"), 0),
    ),
]
