"""Series as whole numbers of 32 bits: half the size, and the same float64 numbers when they are read.

A price is a whole number of ticks and a volume one of shares or lots wherever the market says so. What is no such
number is refused, not rounded. Amounts stay float64: in cents, a minute's do not fit 32 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.threads import spread
from factors.data.blocks.layout import LANES, CubeLike
from factors.data.native.passes import address, native
from factors.errors import InputError

WHOLE = ("open", "high", "low", "close", "volume", "trades")
"""Fields that markets count in whole numbers."""
MISSING = -(2**31)
"""Stands for NaN."""
MOST = 2**31 - 1
BLOCKS = 16
"""Blocks of stocks that a thread writes at least."""

Wholes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class FixedPoint:
    """What a whole number counts: a value is ``whole * up / down``.

    One of the two is 1, so the quotient is the float64 next to the decimal number that a file says.
    """

    up: float = 1.0
    down: float = 1.0


Encoding = tuple[FixedPoint | None, ...]
"""What the whole numbers of each field of a cube count; None for a field that stays float64."""

TICKS = (*(FixedPoint(down=10.0**k) for k in range(7)), FixedPoint(up=100.0), FixedPoint(up=10_000.0))
"""Tried in this order: units, tenths, ... of a price; lots where shares are too many."""


def ticks_of(cube: CubeLike) -> Encoding:
    """Return what the whole numbers of each of a cube's fields count; None for fields that stay float64.

    Raises
    ------
    InputError
        If a price, volume or number of trades is no whole number of anything, or too large; it is named.
    """
    return tuple(_tick_of(cube, k) if name in WHOLE else None for k, name in enumerate(cube.fields))


def write(values: Floats, tick: FixedPoint, out: Wholes) -> int:
    """Write values as whole numbers, NaN as `MISSING`.

    Parameters
    ----------
    values : float64 array, shape (blocks, ...)
        Of any distance between the blocks; a block itself is contiguous.
    tick : FixedPoint
        What to count.
    out : int32 array
        As many numbers, contiguous.

    Returns
    -------
    int
        The place of the first value that is no whole number of ticks or does not fit; -1 if there is none.
    """
    blocks, size = len(values), values[0].size
    passes = native(values.size)
    if passes is None or not out.flags.c_contiguous:
        return _write(values, tick, out)
    apart = values.strides[0] // 8

    def part(a: int, b: int) -> int:
        where = address(values) + 8 * a * apart
        found = passes.whole_ticks(where, b - a, apart, size, tick.up, tick.down, address(out) + 4 * a * size)
        return -1 if found < 0 else int(found) + a * size

    return next((found for found in spread(part, blocks, BLOCKS) if found >= 0), -1)


def _write(values: Floats, tick: FixedPoint, out: Wholes) -> int:
    """Do it with NumPy."""
    flat = values.reshape(-1)
    with np.errstate(invalid="ignore"):
        count = np.rint(flat * tick.down / tick.up)
        fits = (count * tick.up / tick.down == flat) & (np.abs(count) <= MOST)
        out.reshape(-1)[:] = np.where(np.isnan(flat), MISSING, np.where(fits, count, 0)).astype(np.int32)
    wrong = np.flatnonzero(~fits & ~np.isnan(flat))
    return int(wrong[0]) if len(wrong) else -1


def _tick_of(cube: CubeLike, field: int) -> FixedPoint:
    days, blocks, _, minutes, lanes = cube.storage.shape
    out = np.empty((blocks, minutes * lanes), np.int32)
    known, furthest = 0, (0, 0)
    for day in range(days):
        while (wrong := write(cube.storage[day, :, field], TICKS[known], out)) >= 0:
            furthest = max(furthest, (day, wrong))
            known += 1
            if known == len(TICKS):
                raise _refusal(cube, field, *furthest)
    for day in range(days if known else 0):  # earlier days may fit a coarser tick alone, and later ones a finer one
        if (wrong := write(cube.storage[day, :, field], TICKS[known], out)) >= 0:
            raise _refusal(cube, field, day, wrong)
    return TICKS[known]


def _refusal(cube: CubeLike, field: int, day: int, place: int) -> InputError:
    minutes = cube.storage.shape[3]
    block, rest = divmod(place, minutes * LANES)
    minute, lane = divmod(rest, LANES)
    value = float(cube.storage[day, block, field, minute, lane])
    clock = cube.sessions[day].clock()[minute]
    return InputError(
        f"storage='ticks': {cube.fields[field]} of {cube.symbols[block * LANES + lane]} on {cube.dates[day]} at "
        f"{clock} is {value!r}, which is no whole number of ticks, shares or lots that fits 32 bits. "
        "Take storage='float64'."
    )
