"""Cases: what a factor is on a stock-day, and what everybody says it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

CANCELS = 2e-2
"""A value below this share of the terms it is the sum of is a cancellation."""
ROUNDED = 1e-14
"""A value that the rounding of its series to float64 alone moves by more is as sensitive as one."""


@dataclass(frozen=True)
class Exact:
    """What a factor is on a stock-day.

    Attributes
    ----------
    value : float
        The nearest float64; NaN where the factor has no value.
    rest : float
        What is left of the exact value.
    terms : float
        Size of the terms that are summed.
    """

    value: float
    rest: float = 0.0
    terms: float = 0.0

    @property
    def cancels(self) -> bool:
        """Whether the value is a cancellation."""
        return abs(self.value) < CANCELS * self.terms

    @property
    def scale(self) -> float:
        """What errors are relative to."""
        return self.terms if self.cancels else abs(self.value)


@dataclass
class Case:
    """One factor on one stock-day.

    Attributes
    ----------
    factor, kind, minutes, stock : str or int
        Which.
    exact : Exact
        The exact value.
    values : dict of str to float
        Engine or library -> its value.
    moved : float
        How far the exact value moves, relative to its scale, when computed series are rounded to float64; 0 where
        nobody asked.
    """

    factor: str
    kind: str
    minutes: int
    stock: str
    exact: Exact
    values: dict[str, float]
    moved: float = 0.0

    @property
    def where(self) -> str:
        """The stock-day in words."""
        return f"{self.kind}, {self.minutes} minutes, {self.stock}"

    @property
    def apart(self) -> bool:
        """Whether float64 series do not determine the value to 1e-14: a cancellation, or as sensitive as one."""
        return self.exact.cancels or self.moved > ROUNDED

    def differs(self, who: str) -> bool:
        """Whether a value is missing where the exact one is not, or the other way round."""
        return math.isnan(self.values[who]) != math.isnan(self.exact.value)

    def error(self, who: str) -> float:
        """Return an error relative to the scale; 0 where either value is missing."""
        mine, exact = self.values[who], self.exact.value
        return 0.0 if math.isnan(mine) or math.isnan(exact) else self._relative(mine - exact - self.exact.rest)

    def spread(self, names: Iterable[str]) -> float:
        """Return how far values are apart, relative to the scale; infinite where some are NaN."""
        found = [self.values[name] for name in names]
        if any(math.isnan(x) for x in found):
            return 0.0 if all(math.isnan(x) for x in found) else math.inf
        return self._relative(max(found) - min(found))

    def _relative(self, difference: float) -> float:
        if difference == 0:
            return 0.0
        scale = max(map(abs, self.values.values())) if math.isnan(self.exact.value) else self.exact.scale
        return abs(difference) / scale if scale > 0 else math.inf


@dataclass
class Measured:
    """All cases, and the names of the engines and libraries they have values of."""

    cases: list[Case] = field(default_factory=list)
    engines: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
