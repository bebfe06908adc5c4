"""The fields of a minute bar."""

from __future__ import annotations

FIELDS = ("open", "high", "low", "close", "volume", "amount", "trades")
"""Fields of a minute bar, in storage order. Prices and amount in currency, volume in shares, trades as a count."""
PRICES = FIELDS[:4]
DAY_FIELDS = ("pre_close",)
"""Fields of the stock-day that stand in every one of its rows; a price in currency."""
