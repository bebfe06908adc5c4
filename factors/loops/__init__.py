"""The factors as plain loops over one stock's day: the executable specification.

A loop reads the filled series of a `StockDay`, minute by minute, scalars only, and returns one number. Nothing here
shares code with the other engines, so that their agreement means something.
"""

from __future__ import annotations

from collections.abc import Iterable

from factors.errors import UnknownFactorError, did_you_mean
from factors.loops import correlation, liquidity, orders, returns, volatility, volume
from factors.loops.day import StockDay
from factors.loops.registry import LOOPS, Loop, loop

__all__ = ["LOOPS", "Loop", "StockDay", "loop", "loop_compute"]

FAMILIES = (returns, volatility, volume, orders, correlation, liquidity)  # importing a family registers its loops
"""The modules the loops stand in."""


def loop_compute(bars: StockDay, names: Iterable[str] | None = None) -> dict[str, float]:
    """Compute factors of one stock's day with their loops.

    Parameters
    ----------
    bars : StockDay
        The day.
    names : iterable of str, optional
        Factors; all that have a loop by default.

    Returns
    -------
    dict of str to float
        One number per factor, in the order asked. NaN where the day lacks a field the factor reads, has no traded
        bar or fewer than the factor's `min_bars`, or the formula has no value; never an infinity.

    Raises
    ------
    UnknownFactorError
        If a factor has no loop.
    """
    wanted = list(LOOPS) if names is None else list(names)
    for name in wanted:
        if name not in LOOPS:
            raise UnknownFactorError(
                f"No factor {name!r} has a loop.{did_you_mean(name, LOOPS)} `factors.loops.LOOPS` lists them."
            )
    return {name: LOOPS[name](bars) for name in wanted}
