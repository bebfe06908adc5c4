"""Worked values of price impact, on the days of `stock_days.days`."""

from __future__ import annotations

from math import atan, erf, pi, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, also


def normal(x: float) -> float:
    """2Φ(x) − 1."""
    return erf(x / sqrt(2))


def student(x: float) -> float:
    """F3(x) − 1/2."""
    u = x / sqrt(3)
    return (u / (1 + u * u) + atan(u)) / pi


SD_CHANGE = sqrt(13.81 / 39 - (0.1 / 39) ** 2)  # C changes by 2, −3, 0.9 in minutes 6, 11, 36 of 2..40
SD_RETURN = sqrt(0.00431875)

GOLDEN = [
    also(
        STEPS,
        amihud_ratio=1e8 * 0.8 / 42000,
        # 2(H − L) − |C − O| is 2, 2, 3, 0.9 in minutes 1, 6, 11, 36; so is H − L. A is 3000 in minute 11.
        shortcut_illiq=590000,
        price_elasticity=0.0059 / 40,
        # s·V in minutes 2..40: 0 four times, 100 five, −50 twenty, −200 five, 200 five: Σ = −500, Σ² = 500000,
        # Σ s·V·ΔC = 200 + 150 + 180
        kyle_lambda=(530 - 0.1 * 500 / 39) / (500000 - 500**2 / 39),
        # s·√A over √1000: 1 ten times, −√3, −1 twenty-four times, 1 five times
        kyle_lambda_sqrt=sqrt(1000)
        * (0.55 + 0.25 * sqrt(3) + 0.3 * (9 + sqrt(3)) / 40)
        / (42000 - 1000 * (9 + sqrt(3)) ** 2 / 40),
        bvc_imbalance=(100 * normal(2 / SD_CHANGE) - 50 * normal(3 / SD_CHANGE) + 200 * normal(0.9 / SD_CHANGE)) / 3900,
        active_buy_share_t=0.5
        + (student(0.2 / SD_RETURN) + student(0.1 / SD_RETURN) - 2 * student(0.25 / SD_RETURN)) / 42,
        active_buy_share_naive=0.5
        + (student(2 / SD_CHANGE) - 3 * student(3 / SD_CHANGE) + student(0.9 / SD_CHANGE)) / 41,
        # ±1.96·r/0.1 = 4.9, 3.92, −4.9, 1.96
        active_buy_share_normal=0.5 + (normal(3.92) + normal(1.96) - 2 * normal(4.9)) / 84,
        active_buy_share_uniform=0.5,  # (36·1/2 + 3·1 + 0)/42
    ),
    also(
        NO_OPEN,
        amihud_ratio=1e8 * 0.55 / 42000,
        shortcut_illiq=390000,
        price_elasticity=0.0059 / 40,
        active_buy_share_uniform=10 / 21,  # (36·1/2 + 2)/42: minute 1 has an amount and no return
    ),
    also(
        GAPS,
        amihud_ratio=1e8 * 0.55 / 34000,
        # minutes 3, 4..12, 14..20, 22..30, 31, 32..33, 34, 35, 36 in thousandths, and minute 13 with A = 2000
        shortcut_illiq=1e5 * (4 + 9 * 4 + 7 * 4 + 9 * 4 + 2 + 2 * 4 + 3 + 4 + 8 + 1),
        price_elasticity=(2 + 9 * 2 + 7 * 2 + 9 * 2 + 2 + 2 * 2 + 2 + 2 + 4 + 1) / 33000,
        # s·V in minutes 4..40: 0 nine times, −100 in 13..30 but the absent 21, 100 in 31..33, −100 in 34..36, 0:
        # Σ = −1700, Σ² = 23·100²; Σ s·V·ΔC = 200 + 200 + 100, ΣΔC = −1
        kyle_lambda=(500 - 1700 / 37) / (230000 - 1700**2 / 37),
        active_buy_share_uniform=8 / 17,  # (30·1/2 + 1 + 0 + 0)/34, the larger amount with −1/5
    ),
    also(
        HALVINGS,
        # s·V in minutes 2..60: 0 until the first halving, then −100 27 times, −500 three times; ΣΔC = −56
        kyle_lambda=(5600 - 56 * 4200 / 59) / (1020000 - 4200**2 / 59),
    ),
    also(
        LOCKED,
        amihud_ratio=0,
        shortcut_illiq=0,
        price_elasticity=0,
        kyle_lambda=NAN,
        kyle_lambda_sqrt=NAN,
        bvc_imbalance=NAN,
        active_buy_share_t=NAN,
        active_buy_share_naive=NAN,
        active_buy_share_normal=0.5,
        active_buy_share_uniform=0.5,
    ),
]
