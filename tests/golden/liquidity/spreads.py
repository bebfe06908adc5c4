"""Worked values of the spreads: a price that bounces between two quotes, and the days of `stock_days.days`."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.days import GAPS, HALVINGS, STEPS
from tests.golden.stock_days.special import LOCKED
from tests.golden.stock_days.tools import NAN, Case, also, runs

# Every bar reaches from 10 to 12, opens in the middle of the logarithms and closes at 12, 10, 12, ...: with
# λ = ln 1.2, c − m = ±λ/2, and r3 = r5 = −r4, r1 = r2 = 0.
QUOTES = Case(
    "between two quotes",
    {
        "open": runs((sqrt(120), 25)),
        "high": runs((12, 25)),
        "low": runs((10, 25)),
        "close": runs((12, 1), *[(10, 1), (12, 1)] * 12),
        "volume": runs((100, 25)),
    },
    25,
    None,
    {
        # 23 products −λ², and Σ l_t = λ, Σ l_{t−1} = −λ
        "roll_spread": 2 * log(1.2) * sqrt(1 - 1 / 23**2),
        "corwin_schultz_spread": 2 / 11,  # B = 2λ², G = λ²: α = λ·((2 − √2)/(√2 − 1)² − 1/(√2 − 1)) = λ
        "abdi_ranaldo_spread": log(1.2),  # 4·(λ/2)²
        "edge_spread": log(1.2),  # pc = 1, x1 = x2 = 4·(λ/2)²
    },
)

# The same, but every bar opens at the close before it: r1 = r3 = −r2 = −r4, r5 = 0, po = pc = 1.
CONTINUED = Case(
    "between two quotes, without jumps",
    {**QUOTES.fields, "open": runs((10, 1), (12, 1), *[(10, 1), (12, 1)] * 11, (10, 1))},
    25,
    None,
    {
        "roll_spread": 2 * log(1.2) * sqrt(1 - 1 / 23**2),
        "abdi_ranaldo_spread": log(1.2),
        "edge_spread": log(1.2),  # x1 = 2·4·(λ/2)², x2 = 0, neither varies
    },
)

GOLDEN = [
    QUOTES,
    CONTINUED,
    also(
        STEPS,
        roll_spread=-2 * log(0.99) / 38,  # no two returns meet: cov = −(Σl/38)², Σl = ln(9.9/10)
        corwin_schultz_spread=0,  # one bar with a range beside one without: B = G
        edge_spread=NAN,  # the closes before the three that moved are at their high and low: pc = 0
    ),
    also(GAPS, roll_spread=-2 * log(0.9) / 36),  # 36 pairs; ln(9/10)
    also(HALVINGS, roll_spread=2 * log(8) / 58, edge_spread=NAN),
    also(LOCKED, roll_spread=0, corwin_schultz_spread=0, abdi_ranaldo_spread=0, edge_spread=NAN),
]
