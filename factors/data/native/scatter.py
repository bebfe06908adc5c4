"""Scattering a day's rows into the lane-blocked cube in C++, from as many threads as there are cores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.fields import PRICES
from factors.common.scaling import divisor_of
from factors.common.threads import spread
from factors.data.native.passes import address, kind_of, pointers
from factors.data.native.passes import native as pays
from factors.data.rows import DayRows, InputReport, report_contradictions

RANGE = 100_000
"""Rows that a thread takes at least."""


def write(
    day: DayRows,
    code: npt.NDArray[np.int32],
    storage: Floats,
    present: npt.NDArray[np.bool_],
    stocks: int,
    report: InputReport,
) -> bool:
    """Do what `factors.data.blocks.scatter.write` does, all other cells made NaN; False if that has to do it.

    That is so without a compiler, for a few rows, and where two rows are one bar. Then nothing is reported, and
    `storage` and `present`, which comes empty, hold whatever they hold.
    """
    passes = pays(len(code))
    if passes is None:
        return False
    names = day.names
    blocks, fields, minutes, _ = storage.shape
    columns = [_pieces(day, name) for name in names]
    units = [u if isinstance(u := day.fields.units.get(name, 1.0), float) else 1.0 for name in names]
    up, down = np.array(units), np.array([divisor_of(unit) for unit in units])
    by_code = [_of_code(day, name, code, stocks) for name in names]
    is_price = np.array([name in PRICES for name in names], np.int32)
    at = [names.index(name) if name in names else -1 for name in ("close", "high", "low")]
    segments = _segments(columns, len(code))

    def scatter(begin: int, end: int) -> npt.NDArray[np.int64]:
        counts = np.zeros(2 * fields + 4, np.int64)
        for start, stop, data, kinds in segments:
            a, b = max(begin, start), min(end, stop)
            if a < b:
                passes.scatter(
                    address(data), address(kinds), address(up), address(down), address(of_code), address(is_price),
                    fields, *at, address(code) + 4 * start, address(day.minute) + 2 * start,
                    address(day.role) + start, a - start, b - start, minutes, address(storage), address(present),
                    address(counts),
                )  # fmt: skip
        return counts

    of_code = pointers(by_code)
    counts = np.sum(spread(scatter, len(code), RANGE), axis=0)
    cells = sum(spread(lambda a, b: passes.empty(address(storage), address(present), a, b, fields, minutes), blocks))
    if cells != counts[-1]:
        return False  # equal bars, or such as differ, of which NumPy finds the one to keep or to name
    for f, name in enumerate(names):
        report.count(f"{name} infinite", counts[2 * f])
        report.count(f"{name} <= 0" if name in PRICES else f"{name} < 0", counts[2 * f + 1])
    report_contradictions(day, int(counts[-4]), int(counts[-3]), report)
    report.count("bars without a close", counts[-2])
    return True


def fill(
    storage: Floats, present: npt.NDArray[np.bool_], traded: npt.NDArray[np.bool_], names: Sequence[str], used: int
) -> bool:
    """Do what `factors.data.blocks.scatter.fill` does; False if that has to do it."""
    passes = pays(storage.size // len(names))
    if passes is None:
        return False
    _, fields, minutes, _ = storage.shape
    is_price = np.array([name in PRICES for name in names], np.int32)
    close, volume = names.index("close"), names.index("volume") if "volume" in names else -1
    of_lanes = np.empty(len(storage) * storage.shape[3], np.bool_)
    spread(
        lambda begin, end: passes.fill(
            address(storage), address(present), address(of_lanes), begin, end, fields, close, volume,
            address(is_price), used, minutes,
        ),
        len(storage),
    )  # fmt: skip
    traded[:] = of_lanes[: len(traded)]
    return True


def _pieces(day: DayRows, name: str) -> list[npt.NDArray[Any]]:
    """Return a field's pieces, as float64 where their type is no plain number."""
    return [
        piece if kind_of(piece) is not None else np.ascontiguousarray(piece, np.float64)
        for piece in day.fields.pieces[name]
    ]


def _of_code(day: DayRows, name: str, code: npt.NDArray[np.int32], stocks: int) -> Floats | None:
    """Return a unit by the cube's codes, where it depends on the symbol."""
    unit = day.fields.units.get(name, 1.0)
    if not isinstance(unit, np.ndarray):
        return None
    found = np.ones(stocks)
    found[code] = unit[day.code]
    return found


def _segments(
    columns: Sequence[Sequence[npt.NDArray[Any]]], rows: int
) -> list[tuple[int, int, npt.NDArray[np.int64], npt.NDArray[np.int32]]]:
    """Cut the rows where any column's piece ends; return each segment with its columns' addresses and types."""
    starts = [np.cumsum([0, *map(len, pieces)]).tolist() for pieces in columns]
    found = []
    for a, b in pairwise(sorted({0, rows, *(start for edges in starts for start in edges)})):
        data, kinds = [], []
        for pieces, edges in zip(columns, starts, strict=True):
            k = int(np.searchsorted(edges, a, side="right")) - 1
            data.append(address(pieces[k]) + (a - edges[k]) * pieces[k].itemsize)
            kinds.append(kind_of(pieces[k]))
        found.append((a, b, np.array(data, np.int64), np.array(kinds, np.int32)))
    return found
