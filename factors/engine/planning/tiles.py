"""Cutting a cube into tiles of stock-days that an engine takes one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.data.blocks.layout import LANES
from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube


@dataclass(frozen=True)
class Tile:
    """Stock-days that share a session: a range of days times a range of stock blocks.

    Attributes
    ----------
    days, blocks : slice
        The part of the cube's storage.
    rows : numpy.ndarray of int64 or None
        Which of the days x blocks x lanes rows are stock-days of the input; None where all are.
    day, stock : numpy.ndarray of int64
        Day and stock of each row that is kept.
    session : Session
        The days' session.
    """

    days: slice
    blocks: slice
    rows: npt.NDArray[np.int64] | None
    day: npt.NDArray[np.int64]
    stock: npt.NDArray[np.int64]
    session: Session


def tiles(cube: MinuteCube, rows: int | None) -> Iterator[Tile]:
    """Yield tiles of about `rows` stock-days each (None: as large as the sessions allow).

    Few stocks over many days make tiles of many days, many stocks make tiles of one day's blocks, so that a tile has
    enough rows for batched matrix operations either way.
    """
    days, _, _, _ = cube.shape
    blocks = cube.storage.shape[1]
    start = 0
    while start < days:
        stop = start + 1
        while stop < days and cube.sessions[stop] == cube.sessions[start]:
            stop += 1
        per_day = blocks * LANES
        day_step = stop - start if rows is None else max(1, rows // per_day)
        block_step = blocks if rows is None or per_day <= rows else max(1, rows // LANES)
        for d in range(start, stop, day_step):
            for b in range(0, blocks, block_step):
                tile = _tile(cube, slice(d, min(d + day_step, stop)), slice(b, min(b + block_step, blocks)))
                if len(tile.day):
                    yield tile
        start = stop


def _tile(cube: MinuteCube, days: slice, blocks: slice) -> Tile:
    listed = cube.listed[days, blocks.start * LANES : blocks.stop * LANES]
    width = (blocks.stop - blocks.start) * LANES
    day, stock = np.nonzero(listed)
    rows: npt.NDArray[np.int64] | None = day * width + stock
    if len(day) == listed.shape[0] * width:
        rows = None
    return Tile(days, blocks, rows, day + days.start, stock + blocks.start * LANES, cube.sessions[days.start])
