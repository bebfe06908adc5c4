"""Where a stock's own last traded days lie: in a cube, or among those before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.cube.cube import MinuteCube

REACH = 30
"""Days of the input, back from a day, among which a stock's own last traded days are looked for."""

NONE = int(np.iinfo(np.int64).min)
"""Stands for a day that is not known."""

Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EarlierDays:
    """Each stock's last traded days before a cube's first, in the order of its symbols, oldest first.

    Attributes
    ----------
    back : numpy.ndarray of int64, shape (days, stocks)
        How many days of the input before the cube's first each is; 0 for one that is not known.
    close : numpy.ndarray of float64, shape (days, stocks)
        Close of each day's last minute.
    series : dict of str to numpy.ndarray of float64, shape (days, stocks, minutes)
        Filled series of some fields.
    """

    back: Days
    close: Floats
    series: dict[str, Floats]


def days_before(cube: MinuteCube, earlier: EarlierDays | None, number: int) -> Days:
    """Return where each stock's last traded days before each of a cube's days lie, oldest first.

    Parameters
    ----------
    cube : MinuteCube
        The cube.
    earlier : EarlierDays or None
        Days before its first.
    number : int
        How many days.

    Returns
    -------
    numpy.ndarray of int64, shape (days, number, stocks)
        A day of the cube by its number, one of `earlier` by -1 less its number; `NONE` where none is known, or it is
        more than `REACH` days of the input back.
    """
    stocks = len(cube.symbols)
    where, at = np.full((number, stocks), NONE), np.full((number, stocks), -REACH - 1)
    if earlier is not None and number:
        known = min(number, len(earlier.back))
        back = earlier.back[len(earlier.back) - known :]
        place = -1 - np.arange(len(earlier.back) - known, len(earlier.back))[:, None]
        where[number - known :] = np.where(back > 0, place, NONE)
        at[number - known :] = np.where(back > 0, -back, -REACH - 1)
    found = np.empty((len(cube.dates), number, stocks), np.int64)
    for day, traded in enumerate(cube.traded_days):
        found[day] = np.where(day - at <= REACH, where, NONE)
        for kept in (where, at):
            kept[:, traded] = np.roll(kept[:, traded], -1, axis=0)
            kept[-1:, traded] = day
    return found


def previous_close(cube: MinuteCube, earlier: EarlierDays | None = None) -> Floats:
    """Return the close of the last traded day before each stock-day, shape (days, stocks); missing where none is known.

    Of a cube of which no day traded, as of an index whose volumes are zeros, each delivered day counts.
    """
    traded = cube.traded_days
    if not traded.any():
        traded = np.any(cube.delivered.reshape(*cube.listed.shape, -1), axis=2)
    stocks = len(cube.symbols)
    close, at = np.full(stocks, np.nan), np.full(stocks, -REACH - 1)
    if earlier is not None and len(earlier.back):
        known = earlier.back[-1] > 0
        close, at = np.where(known, earlier.close[-1], np.nan), np.where(known, -earlier.back[-1], at)
    found = np.empty((len(cube.dates), stocks))
    for day in range(len(found)):
        found[day] = np.where(day - at <= REACH, close, np.nan)
        if day + 1 < len(found):
            close = np.where(traded[day], cube.last("close", day), close)
            at = np.where(traded[day], day, at)
    return found
