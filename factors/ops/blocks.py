"""Verbs over blocks of minutes, buckets of weight, and frequencies."""

from __future__ import annotations

import math
from functools import lru_cache

from factors.ops.elementwise import Array, abs, constant, exists, namespace, numeric, on_device, ratio, smaller, where
from factors.ops.moving import whole_number
from factors.ops.reductions import is_constant, mean, sum
from factors.ops.scans import accumulate_sum
from factors.ops.verb import verb

__all__ = ["bucket_flow", "rescaled_range", "spectrum"]
DERIVED: list[str] = []
"""Those of `__all__` that are made of other verbs."""


@verb
def rescaled_range(x: Array, size: int) -> Array:
    """Return the mean over blocks of the range of the cumulated deviations over the population standard deviation.

    The blocks are whole ones of `size` existing values, in the order of time; blocks with values constant up
    to rounding are skipped; missing if none remains.

    Raises
    ------
    ArgumentError
        If the size is no whole number, 1 or more.
    """
    whole_number(f"m.rescaled_range(x, {size!r})", size)
    xp = namespace(x)
    rows, length = x.shape
    blocks = length // size
    if not blocks:
        return xp.full((rows, 1), math.nan, dtype=xp.float64, **on_device(x))
    block = xp.reshape(_moved_to_the_front(numeric(x))[:, : blocks * size], (rows, blocks, size))
    shifted = block - block[:, :, :1]
    centred = shifted - xp.sum(shifted, axis=-1, keepdims=True) / size
    cumulated = accumulate_sum(xp, centred)
    extent = xp.max(cumulated, axis=-1) - xp.min(cumulated, axis=-1)
    spread = xp.sqrt(xp.sum(centred * centred, axis=-1) / size)
    still = is_constant(xp.reshape(block, (rows * blocks, size)))
    return mean(where(xp.reshape(still, (rows, blocks)), math.nan, ratio(extent, spread)))


def _moved_to_the_front(x: Array) -> Array:
    """Return the values that exist, in the order of time, before those that do not."""
    xp = namespace(x)
    length = x.shape[-1]
    minute = xp.reshape(xp.arange(length, dtype=xp.float64, **on_device(x)), (1, length))
    return xp.take_along_axis(x, xp.argsort(xp.where(exists(x), minute, minute + length), axis=-1), axis=-1)


@verb
def bucket_flow(y: Array, weight: Array, n: int) -> Array:
    """Return the sum over `n` buckets of equal weight, in the order of time, of the absolute sum of `y` in each.

    A minute that lies in several buckets is divided in proportion to its weight; one without a weight above 0 takes
    no part, and a missing `y` counts as 0. Missing if there is no weight at all.

    Raises
    ------
    ArgumentError
        If `n` is no whole number, 1 or more.
    """
    whole_number(f"m.bucket_flow(y, weight, {n!r})", n)
    xp = namespace(y, weight)
    zero, one = constant(xp, weight, 0.0), constant(xp, weight, 1.0)
    room = where(weight > 0, weight, 0.0)
    until = accumulate_sum(xp, room)
    whole = until[:, -1:]
    y = where(weight > 0, y)
    found, before = 0.0 * whole, zero
    for bucket in range(1, n + 1):
        part = ratio(whole * bucket / n - (until - room), room)
        part = one if bucket == n else xp.where(part > 0, smaller(part, 1.0), zero)
        found = found + abs(sum(y * (part - before)))
        before = part
    return where(whole > 0, found)


@verb
def spectrum(x: Array, lines: int) -> Array:
    """Return the sum of the squared absolute Fourier coefficients 1..lines; a missing value counts as 0.

    Raises
    ------
    ArgumentError
        If the number of lines is no whole number, 1 or more.
    """
    whole_number(f"m.spectrum(x, {lines!r})", lines)
    xp = namespace(x)
    x = numeric(x)
    table = xp.asarray(_waves(x.shape[-1], lines), dtype=xp.float64, **on_device(x))
    rows = xp.where(exists(x), x, constant(xp, x, 0.0))[:, None, :]  # one product for each stock
    coefficients = xp.matmul(rows, table)[:, 0, :]
    return sum(coefficients * coefficients)


@lru_cache(maxsize=16)
def _waves(length: int, lines: int) -> list[list[float]]:
    """Return cos and sin of each line at each minute; angles reduced in whole numbers."""
    turns = [[k * t % length / length for k in range(1, lines + 1)] for t in range(length)]
    return [[f(2 * math.pi * turn) for f in (math.cos, math.sin) for turn in row] for row in turns]
