"""Two more stock-days, for quantiles and price levels."""

from __future__ import annotations

from tests.golden.stock_days.tools import Case, bars, runs

# C is 10 in odd and 8 in even minutes up to 38, then 24 twice: r is 1/4 and −1/5 nineteen times each, then 2 and 0.
# A/K is t² in minute t.
SWINGS = Case(
    "swings",
    {
        **bars(8, [10.0, 8.0] * 19 + [24.0, 24.0]),
        "volume": runs((100, 40)),
        "amount": [float(t * t) for t in range(1, 41)],
        "trades": runs((1, 40)),
    },
    40,
    20,
    {},
)

# Prices 1, 2, .., 12 for five minutes each, 100 shares a minute at 1, 200 at 2, ..: level g has g of 78 parts.
LADDER = Case(
    "ladder",
    {
        **bars(1, runs(*((g, 5) for g in range(1, 13)))),
        "volume": runs(*((100 * g, 5) for g in range(1, 13))),
        "amount": runs((1000, 60)),
    },
    60,
    30,
    {},
)
