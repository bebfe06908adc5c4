"""Worked values of factors that read other stocks or days, on tiny days."""

from __future__ import annotations

import math

import numpy as np

WORKED: list[tuple[str, list[dict[str, dict[str, list[float]]]], str, float]] = []
"""Factor, days of stocks' bars, the stock that is looked at on the last day, and what it is there by paper."""


def worked(name: str, *days: dict[str, dict[str, list[float]]], **expected: float) -> None:
    WORKED.extend((name, list(days), symbol, value) for symbol, value in expected.items())


def bars(close: list[float], volume: list[float] | None = None) -> dict[str, list[float]]:
    """Bars that open at the close before, by default of 100 shares, with amounts at the close."""
    volume = volume or [100] * len(close)
    amount = [v * c for v, c in zip(volume, close, strict=True)]
    return {"open": [close[0], *close[:-1]], "close": close, "volume": volume, "amount": amount}


# On the second day A opens at 10.5 and closes at 11, B opens at 20 and closes at 18: R = 0.1, -0.1, so R_m = 0.
TWO_DAYS = (
    {"A": bars([9, 10]), "B": bars([19, 20]), "C": bars([5, 5])},
    {"A": bars([10.5, 11]), "B": bars([20, 18]), "D": bars([7, 8])},
)
worked("return_overnight", *TWO_DAYS, A=0.05, B=0, D=np.nan)
worked("return_daily", *TWO_DAYS, A=0.1, B=-0.1, D=np.nan)
worked("panic_core", *TWO_DAYS, A=0.1 / (0.1 + 0.1), B=0.1 / (0.1 + 0.1), D=np.nan)

# l = L L 0 and 0 L 0 with L = ln 1.1, so m = L/2 L 0 and beta = (1/2 + 1)/(1/4 + 1), 1/(1/4 + 1).
RISES = {"A": bars([100, 110, 121, 121]), "B": bars([100, 100, 110, 110])}
worked("realized_beta", RISES, A=1.5 / 1.25, B=1 / 1.25)
worked("realized_idio_var", RISES, A=(2 - 1.44 * 1.25) * math.log(1.1) ** 2, B=(1 - 0.64 * 1.25) * math.log(1.1) ** 2)

# Volumes above 0 of the five days: 100 .. 500, Q_0.9 = 400 + 0.6 * 100 = 460. Above it: 500 at 10 and 1000 at 13.
PAST = [{"A": bars([10, 10, 10, 10], [100 * k, 0, 0, 0])} for k in (3, 1, 5, 2, 4)]
LARGE = {"A": bars([10, 10, 13, 10], [460, 500, 1000, 40])}
worked("trend_capital_vwap_gap", *PAST, LARGE, A=(18_000 / 1500) / (23_000 / 2000) - 1)
worked("trend_capital_vwap_gap", *PAST[1:], LARGE, A=np.nan)

# v = 1 1 1, 2 1 2 and 3 1/2 1 in the last three minutes: ranks 1 5/2 3/2, 2 5/2 3, 3 1 3/2, over 3.
SURPRISES = {
    "A": bars([10] * 13, [100] * 13),
    "B": bars([10] * 13, [100] * 10 + [200, 110, 222]),
    "C": bars([10] * 13, [100] * 10 + [300, 60, 116]),
}
worked("patv", SURPRISES, A=(5 / 3) / math.sqrt(42 / 108) + (882 / 3888) / (42 / 108) ** 2)
worked("patv", SURPRISES, B=(5 / 2) / math.sqrt(1 / 6) + (1 / 24) / (1 / 36))

# Prices part in the fourth minute only, so that tau is the first three; deviations -1 0 1, 1 -1 0 and -1 1 0.
GEESE = {
    "A": bars([10, 10, 10, 11], [100, 200, 300, 900]),
    "B": bars([10, 10, 10, 10], [300, 100, 200, 100]),
    "C": bars([10, 10, 10, 10], [100, 300, 200, 100]),
    "D": bars([10, 10, 10, 10], [100, 100, 100, 900]),  # constant in tau
}
worked("lonely_goose", GEESE, A=(1 / 2 + 1 / 2) / 2, B=(1 / 2 + 1) / 2, C=(1 / 2 + 1) / 2, D=np.nan)
