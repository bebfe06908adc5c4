"""Worked values of fits, flows by bucket and spectra."""

from __future__ import annotations

from math import erf, pi, sin, sqrt

from tests.golden.price_volume.rolling import ONE_STEP
from tests.golden.stock_days.days import HALVINGS, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, runs

# One spike of volume at minute 21, where the one return is: ΔV = x, −x, and the six lags have the products 2x² with
# themselves, −x² with their neighbours, 0 with others, and mean 0. The inverse of that matrix is min(i, j)(7 − max(i,
# j))/(7x²), so the coefficient of the j-th is r(7 − j)/(7x); n = 34, ESS = 6r²/7, RSS = r²(1 − 1/34 − 6/7) = 27r²/238.
T_OVER_ROOT_34 = [sqrt((7 - j) / j) for j in range(2, 7)]  # b/√(s²·j(7 − j)/(7x²)), s² = r²/238
T_MEAN = sum(T_OVER_ROOT_34) / 5

# STEPS: ΔC = 2, −3, 0.9 at minutes 6, 11, 36 (r = 0.2, −0.25, 0.1), 0 at 36 others of 2..40. (r, S, B) less 500.
SIGMA = sqrt(13.81 / 39 - (0.1 / 39) ** 2)
HALF = [(r, a / 2, a / 2 * erf(d / SIGMA / sqrt(2))) for r, d, a in ((0.2, 2, 1), (-0.25, -3, 3), (0.1, 0.9, 1))]
ROWS = [(r, 1000 * (a - b) - 500, 1000 * (a + b) - 500) for r, a, b in HALF]  # A/2 ∓ A·(Φ − 1/2)


def s(i: int, j: int) -> float:
    """Σxy − ΣxΣy/39."""
    return sum(row[i] * row[j] for row in ROWS) - sum(row[i] for row in ROWS) * sum(row[j] for row in ROWS) / 39


# HALVINGS: ΔC = −32, −16, −8 at minutes of 100 shares, all falls: the flows of the buckets have one sign and add up.
FALLS = sqrt(1344 / 59 - (56 / 59) ** 2)
Q = 3 / 59

GOLDEN = [
    also(
        ONE_STEP,
        vol_diff_t_std=sqrt(34 * sum((t - T_MEAN) ** 2 for t in T_OVER_ROOT_34) / 5),
        vol_diff_intercept_t=sqrt(7),  # r/34 over √(r²/238/34)
        vol_diff_f=34,  # (6/7/6)/(27/238/27)
    ),
    also(
        STEPS,
        # y = r_{t+1} never meets x₁ = r_t, x₂ = ±A: S_11 = 0.175 − 0.09/39, S_12 = 1300, S_22 = 12·10⁶,
        # S_1y = −0.3·0.05/39, S_2y = 0, as Σx₂ = 0; γ = −S_12·S_1y/(S_11·S_22 − S_12²)
        pastor_stambaugh_gamma=1300 * 0.015 / 39 / ((0.175 - 0.09 / 39) * 12e6 - 1300**2),
        sell_buy_illiq_gap=(s(0, 1) * (s(2, 2) - s(1, 2)) + s(0, 2) * (s(1, 1) - s(1, 2)))
        / (s(1, 1) * s(2, 2) - s(1, 2) ** 2),
    ),
    also(
        HALVINGS,
        # no return within five minutes after a change of volume: no covariance; r = −1.5/54, RSS = 0.75 − 2.25/54
        vol_diff_f=0,
        vol_diff_intercept_t=-1.5 / sqrt(54) / sqrt((0.75 - 2.25 / 54) / 47),
        vpin_bulk=sum(erf(d / FALLS / sqrt(2)) for d in (32, 16, 8)) / 72,
        # y = −1 + q at 31, 41, 51, q at the others of 2..60 (times ln 2): F_1 = −2 (turned by 240°) − q, F_2 = −q,
        # Σy² = 3 − 3q, F_30 = 3 + q
        spectral_low_ratio=(4 - 2 * Q + 2 * Q**2) / ((60 * (3 - 3 * Q) + (3 + Q) ** 2) / 2),
    ),
    # 15 minutes of 300 shares, 15 of 100, twice: F_1 = 0, |F_2| = 2·200/sin(π/30), F_30 = −400, Σy² = 60·100²
    also(
        Case("square wave", {**HALVINGS.fields, "volume": runs((300, 15), (100, 15)) * 2}, 60, None, {}),
        volume_power_ratio=(400 / sin(pi / 30)) ** 2 / ((60 * 600000 + 400**2) / 2),
    ),
    also(
        LOCKED, vol_diff_f=NAN, pastor_stambaugh_gamma=NAN, sell_buy_illiq_gap=NAN, vpin_bulk=NAN,
        spectral_low_ratio=NAN,
    ),
]  # fmt: skip
