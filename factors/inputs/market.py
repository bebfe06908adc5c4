"""The market's return as an argument says it."""

from __future__ import annotations

from typing import Any

from factors.data.calendar.session import Session
from factors.data.conventions.read_options import ReadOptions
from factors.data.conventions.schema import Schema
from factors.data.cube.cube import MinuteCube
from factors.engine.planning.external import pre_close
from factors.engine.planning.market import Market, check_market
from factors.errors import ArgumentError, FactorsError
from factors.inputs.cube import read_cube


def open_market(market: Any, session: str | Session = "auto") -> Market:
    """Return the market meant by an argument: "mean", "amount", or the minute bars of one security.

    Raises
    ------
    ArgumentError
        If it is neither.
    FactorsError
        As `factors.cube` does, for bars.
    """
    if isinstance(market, str) and market == "mean":
        return Market()
    if isinstance(market, str) and market == "amount":
        return Market("amount")
    check_market(market)
    units = Schema(volume_unit=1, amount_unit=1)  # an index has volumes of its own kind, which are not read
    options = ReadOptions(session, units)
    try:
        bars = market if isinstance(market, MinuteCube) else read_cube(market, options, ["close"])
    except FactorsError as error:
        raise type(error)(f"market, which is 'mean', 'amount' or minute bars of one security: {error}") from None
    if len(bars.symbols) != 1:
        some = ", ".join(map(str, bars.symbols[:3]))
        raise ArgumentError(f"market: bars of one security are wanted, not of {len(bars.symbols)} ({some}, ...).")
    return Market("bars", bars, pre_close(bars)[:, 0])
