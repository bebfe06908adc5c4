"""Verbs that work minute by minute."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from factors.errors import ArgumentError
from factors.ops.verb import verb

Array = Any
"""An array of any library that follows the array API standard: (stocks, minutes) or (stocks, 1)."""


def namespace(*arrays: Array) -> ModuleType:
    """Return the array library of the first array among the arguments.

    Raises
    ------
    TypeError
        If none of them is an array.
    """
    for array in arrays:
        if hasattr(array, "__array_namespace__"):
            return array.__array_namespace__()  # type: ignore[no-any-return]
        if type(array).__module__.partition(".")[0] == "cupy":  # CuPy's arrays follow the standard but do not say so
            import cupy

            return cupy  # type: ignore[no-any-return]
    kinds = ", ".join(type(a).__name__ for a in arrays)
    raise TypeError(f"a verb of factors.ops takes at least one array (stocks, minutes), not {kinds}")


def constant(xp: ModuleType, like: Array, number: float) -> Array:
    """Return a 0-d float64 array on the device of `like`."""
    return xp.asarray(number, dtype=xp.float64, **on_device(like))


def on_device(like: Array) -> dict[str, Any]:
    """Return the keyword that makes a new array where `like` is; CuPy has one current device and takes none."""
    device = getattr(like, "device", "cpu")
    return {} if device == "cpu" or type(like).__module__.partition(".")[0] == "cupy" else {"device": device}


def numeric(x: Array) -> Array:
    """Return a mask as 1.0 and 0.0; other arrays as they are."""
    xp = namespace(x)
    return xp.where(x, constant(xp, x, 1.0), constant(xp, x, 0.0)) if x.dtype == xp.bool else x


@verb
def exists(x: Array) -> Array:
    """Return the mask of minutes at which `x` has a value."""
    return ~namespace(x).isnan(x)


@verb
def where(mask: Array, x: Array | float, other: Array | float = math.nan) -> Array:
    """Return `x` where the mask is true and `other` (default: missing) elsewhere."""
    xp = namespace(mask, x, other)
    if isinstance(x, int | float):
        x = constant(xp, mask, x)
    if isinstance(other, int | float):
        other = constant(xp, mask, other)
    return xp.where(mask, numeric(x), numeric(other))


@verb
def ratio(a: Array | float, b: Array) -> Array:
    """Return a / b, missing where b is 0.

    Plain ``/`` is enough where the denominator cannot be 0, or for the last step of a factor (an infinite result
    becomes NaN); inside a formula an infinity would go on, this does not.
    """
    xp = namespace(b)
    zero = b == 0
    return xp.where(zero, constant(xp, b, math.nan), a / xp.where(zero, constant(xp, b, 1.0), b))


@verb
def lag(x: Array, minutes: int = 1) -> Array:
    """Return the value `minutes` earlier, across the lunch break; missing in the first minutes."""
    return _shift(x, minutes, "lag")


@verb
def lead(x: Array, minutes: int = 1) -> Array:
    """Return the value `minutes` later, across the lunch break; missing in the last minutes."""
    return _shift(x, minutes, "lead")


def _shift(x: Array, minutes: int, verb: str) -> Array:
    if minutes < 1:
        raise ArgumentError(f"m.{verb}(x, {minutes}): the number of minutes must be 1 or more.")
    xp = namespace(x)
    x = numeric(x)
    rows, length = x.shape
    gap = xp.full((rows, min(minutes, length)), math.nan, dtype=x.dtype, **on_device(x))
    if minutes >= length:
        return gap
    return xp.concat([gap, x[:, :-minutes]] if verb == "lag" else [x[:, minutes:], gap], axis=1)


@verb
def abs(x: Array) -> Array:
    """Return the absolute value."""
    return namespace(x).abs(x)


@verb
def sign(x: Array) -> Array:
    """Return -1.0, 0.0 or 1.0; missing where `x` is."""
    return namespace(x).sign(x)


@verb
def sqrt(x: Array) -> Array:
    """Return the square root, missing where `x` is negative."""
    xp = namespace(x)
    return xp.sqrt(xp.where(x < 0, constant(xp, x, math.nan), x))


@verb
def log(x: Array) -> Array:
    """Return the natural logarithm, missing where `x` is not positive."""
    xp = namespace(x)
    return xp.log(xp.where(x > 0, x, constant(xp, x, math.nan)))


@verb
def exp(x: Array) -> Array:
    """Return e to the power of `x`."""
    return namespace(x).exp(x)


@verb
def floor(x: Array) -> Array:
    """Return the largest whole number not above `x`."""
    return namespace(x).floor(numeric(x))


@verb
def larger(a: Array | float, b: Array | float) -> Array:
    """Return the larger of two, minute by minute; missing where either is."""
    return _of_two(a, b, "maximum")


@verb
def smaller(a: Array | float, b: Array | float) -> Array:
    """Return the smaller of two, minute by minute; missing where either is."""
    return _of_two(a, b, "minimum")


def _of_two(a: Array | float, b: Array | float, verb: str) -> Array:
    xp = namespace(a, b)
    like = b if isinstance(a, int | float) else a
    a, b = (constant(xp, like, x) if isinstance(x, int | float) else numeric(x) for x in (a, b))
    return getattr(xp, verb)(a, b)
