"""The registry of loops, and the rules that hold before a loop runs."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from factors.loops.day import StockDay
from factors.loops.moments import NAN

Window = tuple[int | None, int | None]
"""A stretch of the grid, written like a Python slice of the minutes 0..T−1."""

OPEN_30: Window = (None, 30)
LAST_30: Window = (-30, None)

Body = Callable[..., float]


class Declared(Protocol):
    """What a loop needs to know of a factor."""

    @property
    def name(self) -> str: ...
    @property
    def of(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    @property
    def min_bars(self) -> int: ...
    @property
    def window(self) -> tuple[int, int | None] | None: ...


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
    params : mapping
        Parameters of the formula: the body's keywords with their defaults, or other values for them.
    """

    body: Body
    inputs: tuple[str, ...]
    min_bars: int
    window: Window | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

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
        value = float(self.body(day, **self.params))
        return value if math.isfinite(value) else NAN


LOOPS: dict[str, Loop] = {}
"""Every loop by the name of its factor."""


def fits(window: Window, minutes: int) -> bool:
    """Whether a window lies inside a session of so many minutes."""
    return all(abs(edge) <= minutes for edge in window if edge is not None)


def loop(*, inputs: tuple[str, ...], min_bars: int = 1, window: Window | None = None) -> Callable[[Body], Loop]:
    """Register a loop under its function name; its arguments are the day, then parameters with their defaults."""

    def register(body: Body) -> Loop:
        keywords = list(inspect.signature(body).parameters.values())[1:]
        params = {p.name: p.default for p in keywords}
        LOOPS[body.__name__] = made = Loop(body, inputs, min_bars, window, params)
        return made

    return register


def loop_of(factor: Declared) -> Loop:
    """Return the loop of a factor with the factor's parameters; a variant brings its own `min_bars` and `window`."""
    found = LOOPS[factor.of or factor.name]
    if factor.of:
        found = replace(found, min_bars=factor.min_bars, window=factor.window)
    return replace(found, params={**found.params, **factor.params})
