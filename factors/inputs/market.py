"""The market's return as an argument says it."""

from __future__ import annotations

from typing import Any

from factors.data.calendar.session import Session
from factors.data.conventions.read_options import DETECT, ReadOptions
from factors.data.conventions.schema import Schema
from factors.data.cube.cube import MinuteCube
from factors.engine.planning.external import pre_close
from factors.engine.planning.market import Market, check_market
from factors.errors import ArgumentError, FactorsError
from factors.inputs.cube import read_cube


def open_market(market: Any, options: ReadOptions = DETECT, session: Session | None = None) -> Market:
    """Return the market meant by an argument: "mean", "amount", or the minute bars of one security.

    Parameters
    ----------
    market : object
        The argument.
    options : ReadOptions, optional
        How the stocks are read. The bars of the market are labelled, zoned and scaled alike; their columns are found
        out, and what a vendor's preset says of its own is not said of them.
    session : Session, optional
        That of the stocks, where it was found out.

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
    declared = options.declared
    said = options if declared.preset else declared
    # an index has volumes of its own kind, which are not read
    schema = Schema({}, said.label, 1, 1, declared.price_scale, said.tz)
    alike = ReadOptions(session or options.session, schema, outside=options.outside, duplicates=options.duplicates)
    try:
        bars = market if isinstance(market, MinuteCube) else read_cube(market, alike, ["close"])
    except FactorsError as error:
        raise type(error)(f"market, which is 'mean', 'amount' or minute bars of one security: {error}") from None
    if len(bars.symbols) != 1:
        some = ", ".join(map(str, bars.symbols[:3]))
        raise ArgumentError(f"market: bars of one security are wanted, not of {len(bars.symbols)} ({some}, ...).")
    return Market("bars", bars, pre_close(bars)[:, 0])
