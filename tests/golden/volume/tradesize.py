"""Worked values of the size of a trade, on the days of `stock_days.days` and one of trades equal but for rounding."""

from __future__ import annotations

from math import sqrt

from tests.golden.stock_days.days import GAPS, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, runs

# One price, and trades of 137 shares, 626.09 each: 1 in the first minute, 40 in the last. In floats 626.09·5/5 is not
# 626.09.
ODD_LOTS = Case(
    "odd lots at one price",
    {
        **dict.fromkeys(("open", "high", "low", "close"), runs((4.57, 40))),
        "volume": [137.0 * n for n in range(1, 41)],
        "amount": [round(626.09 * n, 2) for n in range(1, 41)],
        "trades": [float(n) for n in range(1, 41)],
    },
    40,
    20,
    {
        "amount_per_trade_skew": NAN,
        "amount_per_trade_std": 0,
        "amount_per_trade_kurt": NAN,
        "corr_pertrade_ret": NAN,
        "corr_volume_vwap": NAN,
    },
)

GOLDEN = [
    ODD_LOTS,
    also(
        STEPS,
        amount_per_trade=42000 / 395,
        amount_in_out_order_ratio=1 / 6,  # (3000/30)/(3000/5)
        # P is 100, and 600 in one of 40 minutes
        amount_per_trade_std=500 * sqrt(39) / 40,
        amount_per_trade_skew=38 / sqrt(39),
        amount_per_trade_kurt=(1600 - 117) / 39,
        # Q is 10 in 11 minutes, 5 in 19, 20 in 10: ΣQ = 405, ΣQ² = 5575; ΣQr = 2.5 + 2 − 2.5 + 2
        corr_pertrade_ret=(4 - 0.3 * 405 / 40) / sqrt(0.17275 * (5575 - 405**2 / 40)),
    ),
    also(
        GAPS,
        amount_per_trade=34000 / 358,
        amount_in_out_order_ratio=125 / 60,  # (1000/8)/(3000/50)
        # over the 33 bars P is 50, 125 and 100 otherwise: Σ(P − 100) = −25, Σ(P − 100)² = 3125
        amount_per_trade_std=sqrt(3125 / 33 - (25 / 33) ** 2),
    ),
    also(
        LOCKED, amount_per_trade=1007, amount_in_out_order_ratio=NAN, amount_per_trade_skew=NAN, amount_per_trade_std=0
    ),
]
