"""Numbers times a unit, such as prices counted in billionths, as the nearest float64."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats

WHOLE = 2.0**53
"""Whole numbers up to here are float64 numbers; of those beyond only some."""


@lru_cache(maxsize=64)
def divisor_of(unit: float) -> float:
    """Return the whole number of which a unit is the inverse, as it is written; 1 for any other unit.

    1e-9 is no float64 number, and a product with what stands for it is rounded twice; 1e9 is one.

    Examples
    --------
    >>> divisor_of(1e-9), divisor_of(0.05), divisor_of(100.0)
    (1000000000.0, 20.0, 1.0)
    """
    written = Fraction(repr(float(unit)))
    divisor = float(written.denominator)
    return divisor if written.numerator == 1 and divisor == written.denominator else 1.0


def in_units(values: npt.NDArray[Any], unit: float) -> Floats:
    """Return numbers of any type times a unit, as float64; without a copy where they are that already."""
    floats: Floats = values.astype(np.float64, copy=False)
    divisor = divisor_of(unit)
    if divisor == 1:
        return floats if unit == 1 else floats * unit
    found = floats / divisor
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        large = np.flatnonzero(np.abs(floats) >= WHOLE)  # rounded once already
        found[large] = [value / int(divisor) for value in values[large].tolist()]  # which Python rounds but once
    return found
