"""The factors as plain loops over one stock's day: the executable specification.

A loop reads the filled series of a `StockDay`, minute by minute, scalars only, and returns one number. Nothing here
shares code with the other engines, so that their agreement means something.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import walk_packages

from factors.errors import UnknownFactorError, did_you_mean
from factors.loops.day import StockDay
from factors.loops.registry import LOOPS, Declared, Loop, loop, loop_of

__all__ = ["LOOPS", "Loop", "StockDay", "loop", "loop_compute", "loop_of"]

for _name in sorted(module.name for module in walk_packages(__path__, f"{__name__}.")):  # importing registers its loops
    import_module(_name)


def loop_compute(bars: StockDay, names: Iterable[str | Declared] | None = None) -> dict[str, float]:
    """Compute factors of one stock's day with their loops.

    Parameters
    ----------
    bars : StockDay
        The day.
    names : iterable of str or Factor, optional
        Factors; all that have a loop by default. A factor that is a variant runs the loop of the one it varies, with
        its own parameters.

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
    loops: dict[str, Loop] = {}
    for wanted in LOOPS if names is None else names:
        name, source = (wanted, wanted) if isinstance(wanted, str) else (wanted.name, wanted.of or wanted.name)
        if source not in LOOPS:
            raise UnknownFactorError(
                f"No factor {source!r} has a loop.{did_you_mean(source, LOOPS)} `factors.loops.LOOPS` lists them."
            )
        loops[name] = LOOPS[source] if isinstance(wanted, str) else loop_of(wanted)
    return {name: run(bars) for name, run in loops.items()}
