"""Worked values of the path of the price, on the days of `stock_days.days`."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LOCKED, ONE_BAR
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        return_std=sqrt(0.00431875),  # Σr²/40 − (Σr/40)² = 0.004375 − 0.0075²
        intraday_maxdrawdown_hl=0.25,  # 1 − 9/12 after minute 11, 1 − 8/10 in minute 1
        intraday_maxrunup=0.2,  # 12/10 − 1
        path_length=0.8,  # 1/4 + 1/5 + 1/4 + 1/10
        amplitude=0.5,  # (12 − 8)/8
        close_location=0.475,  # (9.9 − 8)/4
        open_location=0,
        # quarter sums 36, 44, 42, 37.8 in minutes 1, 6, 11, 36: 9 + 4·10 + 11 + 4·12 + 10.5 + 24·9 + 9.45 + 4·9.9
        arpp=(383.55 / 40 - 8) / 4,
        twap_vwap_dev=384.5 / 40 / 10.5 - 1,  # ΣC = 50 + 60 + 225 + 49.5
        # A/V is 10 ten times, 60, 20 nineteen times, 5 ten times: Σ = 590, Σt·vwap = 550 + 660 + 20·399 + 5·355;
        # S_ty = 10965 − 820·590/40, S_tt = (40³ − 40)/12
        vwap_slope=-1130 / 5330 * 40 / 10.5,
        path_tortuosity=log(17.7 / 1.9),  # (6 + 6 + 3 + 2.7)/(9.9 − 8)
    ),
    also(NO_OPEN, amplitude=NAN, open_location=NAN, path_tortuosity=NAN, path_length=0.55),
    also(
        GAPS,
        return_std=sqrt(38 * 0.1125 - 0.0025) / 38,
        intraday_maxdrawdown_hl=1 / 3,  # 1 − 8/12, both of minute 36
        intraday_maxrunup=0.25,  # 10/8 − 1
        path_length=0.55,
        amplitude=0.4,  # (12 − 8)/10
        close_location=0.25,  # (9 − 8)/4
        open_location=0.5,  # (10 − 8)/4
        # O + H + L + C: minute 3, 4..12, 13, 14..20, the absent 21, 22..30, 31, 32..33, 34, 35, 36, the absent 37..40
        arpp=((40 + 9 * 38 + 36 + 7 * 34 + 32 + 9 * 34 + 36 + 2 * 38 + 37 + 36 + 38 + 4 * 36) / 4 / 38 - 8) / 4,
        twap_vwap_dev=337 / 38 / (340 / 33) - 1,  # ΣC = 100 + 144 + 30 + 63
        # |O − H| + |H − L| + |L − C| of the same minutes, over |9 − 10|
        path_tortuosity=log(4 + 9 * 4 + 2 + 7 * 4 + 9 * 4 + 6 + 2 * 4 + 3 + 4 + 8),
    ),
    also(
        HALVINGS,
        intraday_maxdrawdown_hl=0.875,
        intraday_maxrunup=0,
        path_length=1.5,
        amplitude=0.875,
        close_location=0,
        open_location=1,
        # 48, 24, 12 at the steps: 30·64 + 48 + 9·32 + 24 + 9·16 + 12 + 9·8
        arpp=(2508 / 60 - 8) / 56,
        path_tortuosity=0,  # ln(56/56)
        vwap_slope=NAN,
    ),
    also(
        ONE_BAR,
        intraday_maxdrawdown_hl=0.25,  # 1 − 9/12
        intraday_maxrunup=0,
        path_length=0.1,
        amplitude=0.3,
        close_location=2 / 3,
        open_location=1 / 3,
        twap_vwap_dev=1 / 21,
        return_std=NAN,
    ),
    also(
        LOCKED,
        return_std=0,
        amplitude=0,
        intraday_maxdrawdown_hl=0,
        intraday_maxrunup=0,
        path_length=0,
        close_location=NAN,
        open_location=NAN,
        arpp=NAN,
        twap_vwap_dev=0,
        vwap_slope=0,
        path_tortuosity=NAN,
    ),
]
