"""`check_factor`: hold a factor to a loop that is easy to read."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from factors.catalogue import resolve
from factors.common.fields import FIELDS
from factors.compute import compute
from factors.data.cube.cube import MinuteCube
from factors.definitions.decorators import Factor
from factors.engine.loop import placed_days
from factors.errors import ArgumentError, CheckFailed, DefinitionError
from factors.inputs.cube import cube
from factors.loops import LOOPS, StockDay, loop_of
from factors.loops.cross_section.neighbours import around

AROUND = ("pre_close", "auction_volume")
"""What a loop may name besides the day's series."""


@dataclass(frozen=True)
class CheckResult:
    """Outcome of a check that passed.

    Attributes
    ----------
    factor : str
        Its name.
    compared : int
        Stock-days compared.
    missing : int
        Those at which both are NaN.
    largest : float
        Largest relative difference.
    """

    factor: str
    compared: int
    missing: int
    largest: float

    def __str__(self) -> str:
        return (
            f"{self.factor}: equal to its loop on {self.compared:,} stock-days ({self.missing:,} of them NaN), "
            f"largest relative difference {self.largest:.1e}"
        )

    __repr__ = __str__


def check_factor(
    factor: str | Factor,
    loop: Callable[..., float] | None = None,
    bars: Any = None,
    *,
    engine: str = "auto",
    backend: str = "cpu",
    rtol: float = 1e-9,
    atol: float = 1e-12,
    **options: Any,
) -> CheckResult:
    """Compare a factor with a plain loop, stock-day by stock-day.

    Parameters
    ----------
    factor : str or Factor
        The factor.
    loop : callable, optional
        Returns the factor of one stock's day. It takes either the day (a `factors.loops.StockDay`) or, by their
        names, series of that day as lists of length T: ``def loop(close, volume)``. Series are filled; `min_bars` and
        `window` need not be repeated in it. Default: the built-in loop.
    bars : minute bars, optional
        Anything `factors.compute` takes; default: 40 simulated stocks.
    engine, backend : str
        What to check.
    rtol, atol : float
        Largest relative difference, and absolute difference that passes in any case.
    **options
        Further arguments of `factors.cube`.

    Raises
    ------
    CheckFailed
        If they differ; the message shows the first stock-days.
    """
    factors = list(resolve(factor).values())
    if len(factors) != 1:
        raise ArgumentError(f"check_factor takes one factor, not the {len(factors)} of {factor!r}.")
    target = factors[0]
    if loop is None and (target.of or target.name) not in LOOPS:
        raise ArgumentError(f"factor {target.name!r} has no built-in loop; pass loop=, a function of one stock's day.")
    if bars is None:
        from factors.data.simulate.bars import simulate_bars

        bars = simulate_bars(stocks=40, days=1)
    if loop is not None and not callable(loop):
        raise ArgumentError(f"loop={loop!r} must be a function of one stock's day.")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not isinstance(tolerance, int | float) or not 0 <= tolerance < math.inf:
            raise ArgumentError(f"{name}={tolerance!r} must be a number, 0 or more.")
    minutes: MinuteCube = cube(bars, **options)
    values = compute(minutes, target, engine=engine, backend=backend)[target.name].to_numpy()
    rows = np.argwhere(minutes.listed)
    worst, missing, wrong = 0.0, 0, []
    days = (
        placed
        for day in range(len(minutes.dates))
        for placed in placed_days(minutes, minutes.storage, day, target.history)
    )
    for (day, stock), (_, stock_day), ours in zip(rows.tolist(), days, values.tolist(), strict=True):
        if loop is None:
            theirs = loop_of(target)(stock_day)
        else:
            theirs = _masked(
                target, stock_day, _call(loop, stock_day, f"{minutes.symbols[stock]} {minutes.dates[day]}")
            )
        if math.isnan(ours) and math.isnan(theirs):
            missing += 1
            continue
        gap = abs(ours - theirs)
        if not gap <= max(rtol * max(abs(ours), abs(theirs)), atol):
            wrong.append((minutes.dates[day], minutes.symbols[stock], ours, theirs))
        elif gap > atol:
            worst = max(worst, gap / max(abs(ours), abs(theirs)))
    if wrong:
        lines = [f"  {date} {symbol}: factor {ours!r}, loop {theirs!r}" for date, symbol, ours, theirs in wrong[:5]]
        raise CheckFailed(
            f"{target.name} differs from its loop on {len(wrong):,} of {len(rows):,} stock-days:\n" + "\n".join(lines)
        )
    return CheckResult(target.name, len(rows), missing, worst)


def _call(loop: Callable[..., float], day: StockDay, where: str) -> float:
    names = list(inspect.signature(loop).parameters)
    known = (*FIELDS, "returns", "traded", *AROUND)
    if len(names) == 1 and names[0] not in known:
        return _number(loop, (day,), where)
    unknown = [n for n in names if n not in known]
    if unknown:
        raise DefinitionError(f"loop {loop.__name__!r}: argument {unknown[0]!r} is none of {', '.join(known)}.")
    return _number(loop, [getattr(around(day) if n in AROUND else day, n) for n in names], where)


def _number(loop: Callable[..., float], arguments: Sequence[Any], where: str) -> float:
    what = f"loop {getattr(loop, '__name__', loop)!r} on {where}"
    try:
        value = loop(*arguments)
    except Exception as error:
        raise CheckFailed(f"{what} raised {type(error).__name__}: {error}") from error
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise CheckFailed(f"{what} returned {value!r}; it must return a number, or NaN where there is none.")
    return float(value)


def _masked(factor: Factor, day: StockDay, value: float) -> float:
    """Apply to a user's loop what the definition only declares: enough traded bars, no infinity."""
    windows = [day.traded]
    if factor.window is not None:
        start, stop = factor.window
        windows.append(day.traded[start:stop])
    enough = all(sum(w) >= factor.min_bars for w in windows)
    return value if enough and math.isfinite(value) else math.nan
