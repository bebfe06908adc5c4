"""Verbs that work minute by minute, and special functions from arithmetic and the exponential alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
        if _is_cupy(array):
            import cupy

            return cupy  # type: ignore[no-any-return]
    kinds = ", ".join(type(a).__name__ for a in arrays)
    raise TypeError(f"a verb of factors.ops takes at least one array (stocks, minutes), not {kinds}")


def constant(xp: ModuleType, like: Array, number: float) -> Array:
    """Return a 0-d float64 array on the device of `like`."""
    return xp.asarray(number, dtype=xp.float64, **on_device(like))


def on_device(like: Array) -> dict[str, Any]:
    """Return the keyword that makes a new array where `like` is; CuPy makes it on its current one."""
    device = getattr(like, "device", "cpu")
    return {} if device == "cpu" or _is_cupy(like) else {"device": device}


def _is_cupy(array: object) -> bool:
    """Whether an array is CuPy's, which follows the standard but does not say so, and takes no device."""
    return type(array).__module__.partition(".")[0] == "cupy"


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
def log1p(x: Array) -> Array:
    """Return the natural logarithm of 1 + `x`, exact for `x` next to 0 as well; missing where `x` is not above -1."""
    xp = namespace(x)
    return xp.log1p(xp.where(x > -1, x, constant(xp, x, math.nan)))


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


# Rational approximations of fdlibm's s_erf.c (Sun Microsystems, 1993), lowest power first.
ERX = 8.45062911510467529297e-01
PP = (
    1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02, -5.77027029648944159157e-03,
    -2.37630166566501626084e-05,
)  # fmt: skip
QQ = (
    1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03, 1.32494738004321644526e-04,
    -3.96022827877536812320e-06,
)  # fmt: skip
PA = (
    -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01, 3.18346619901161753674e-01,
    -1.10894694282396677476e-01, 3.54783043256182359371e-02, -2.16637559486879084300e-03,
)  # fmt: skip
QA = (
    1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02, 1.26171219808761642112e-01,
    1.36370839120290507362e-02, 1.19844998467991074170e-02,
)  # fmt: skip
RA = (
    -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01, -6.23753324503260060396e01,
    -1.62396669462573470355e02, -1.84605092906711035994e02, -8.12874355063065934246e01, -9.81432934416914548592e00,
)  # fmt: skip
SA = (
    1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02, 6.45387271733267880336e02,
    4.29008140027567833386e02, 1.08635005541779435134e02, 6.57024977031928170135e00, -6.04244152148580987438e-02,
)  # fmt: skip
RB = (
    -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01, -1.60636384855821916062e02,
    -6.37566443368389627722e02, -1.02509513161107724954e03, -4.83519191608651397019e02,
)  # fmt: skip
SB = (
    1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03, 3.19985821950859553908e03,
    2.55305040643316442583e03, 4.74528541206955367215e02, -2.24409524465858183362e01,
)  # fmt: skip


@verb
def erf(x: Array) -> Array:
    """Return the error function, to 2e-16."""
    xp = namespace(x)
    size = xp.abs(x)
    near = xp.where(size < 0.84375, x, constant(xp, x, 0.0))
    square = near * near
    small = near + near * (_polynomial(PP, square) / _polynomial(QQ, square))
    shifted = xp.where(size < 1.25, size, constant(xp, x, 1.0)) - 1.0
    middle = ERX + _polynomial(PA, shifted) / _polynomial(QA, shifted)
    far = xp.where(size > 1.25, size, constant(xp, x, 1.25))
    far = xp.where(far < 6.0, far, constant(xp, x, 6.0))  # 1 to the last bit from there on
    inverse = 1.0 / (far * far)
    near_tail = _polynomial(RA, inverse) / _polynomial(SA, inverse)
    far_tail = _polynomial(RB, inverse) / _polynomial(SB, inverse)
    tail = xp.where(far < 1 / 0.35, near_tail, far_tail)
    large = 1.0 - xp.exp(-far * far - 0.5625 + tail) / far
    found = xp.where(size < 1.25, middle, large)
    found = xp.where(x < 0, -found, found)
    found = xp.where(size < 0.84375, small, found)
    return xp.where(xp.isnan(x), x, found)


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    found: Array = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        found = found * x + c
    return found


@verb
def atan(x: Array) -> Array:
    """Return the arc tangent."""
    return namespace(x).atan(x)
