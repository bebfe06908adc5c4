"""The registry of loops, and the rules that hold before a loop runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from factors.loops.day import StockDay
from factors.loops.moments import NAN

Window = tuple[int | None, int | None]
"""A stretch of the grid, written like a Python slice of the minutes 0..T−1."""

OPEN_30: Window = (None, 30)
LAST_30: Window = (-30, None)

Body = Callable[[StockDay], float]


@dataclass(frozen=True)
class Loop:
    """A factor over one stock's day: the formula as a loop, and what it needs.

    Parameters
    ----------
    body : callable
        The formula.
    inputs : tuple of str
        Fields the formula reads; without one of them the factor is NaN.
    min_bars : int
        Least number of traded bars of the day; below it the factor is NaN.
    window : Window, optional
        Stretch of the grid that must fit into the session and hold `min_bars` traded bars of its own.
    """

    body: Body
    inputs: tuple[str, ...]
    min_bars: int
    window: Window | None = None

    @property
    def name(self) -> str:
        """Name of the factor."""
        return self.body.__name__

    def __call__(self, day: StockDay) -> float:
        """Return the factor of the day, NaN where it does not exist; never an infinity."""
        if not day.has(self.inputs):
            return NAN
        traded = day.traded_minutes
        if len(traded) < max(1, self.min_bars):
            return NAN
        if self.window is not None:
            start, stop = self.window
            if not fits(self.window, day.minutes):
                return NAN
            inside = range(day.minutes)[start:stop]
            if sum(t in inside for t in traded) < self.min_bars:
                return NAN
        value = float(self.body(day))
        return value if math.isfinite(value) else NAN


LOOPS: dict[str, Loop] = {}
"""Every loop by the name of its factor."""


def fits(window: Window, minutes: int) -> bool:
    """Whether a window lies inside a session of so many minutes."""
    return all(abs(edge) <= minutes for edge in window if edge is not None)


def loop(*, inputs: tuple[str, ...], min_bars: int = 1, window: Window | None = None) -> Callable[[Body], Loop]:
    """Register a loop under its function name."""

    def register(body: Body) -> Loop:
        LOOPS[body.__name__] = made = Loop(body, inputs, min_bars, window)
        return made

    return register
