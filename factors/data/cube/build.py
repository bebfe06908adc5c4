"""The series and masks of a cube, made from the rows of its days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.common.buffers import BufferPool
from factors.common.fields import FIELDS
from factors.data.blocks.layout import LANES
from factors.data.blocks.scatter import check_duplicates, scatter
from factors.data.device.storage import CardStorage
from factors.data.rows import DayRows, InputReport
from factors.errors import ArgumentError


@dataclass(frozen=True)
class CubeArrays:
    """What a cube is made of, each as the cube's attribute of that name; `series` are its storage."""

    symbols: npt.NDArray[np.object_]
    fields: tuple[str, ...]
    series: Floats | CardStorage
    present: npt.NDArray[np.bool_]
    listed: npt.NDArray[np.bool_]
    traded_days: npt.NDArray[np.bool_]
    auction_volume: Floats
    pre_close: Floats | None


def build_arrays(
    days: Sequence[DayRows],
    duplicates: str,
    report: InputReport,
    storage: Floats | BufferPool | None = None,
    card: CudaDevice | None = None,
) -> CubeArrays:
    """Write the rows of some days into series and masks.

    Parameters and errors are those of `MinuteCube.from_days`; `report` receives the counts of repaired rows, whole only
    if nothing fails.
    """
    if not days:
        raise ArgumentError("days=[]: a cube needs at least one day.")
    check_duplicates(duplicates)
    symbols = days[0].symbols
    if len(days) > 1:
        symbols = np.array(sorted({s for day in days for s in day.symbols.tolist()}), dtype=object)
    number = {symbol: k for k, symbol in enumerate(symbols.tolist())} if len(days) > 1 else {}
    fields = tuple(f for f in FIELDS if f in days[0].fields)
    blocks, stocks = -(-len(symbols) // LANES), len(symbols)
    minutes = max(day.session.minutes for day in days)
    series = _room((len(days), blocks, len(fields), minutes, LANES), storage, card)
    present = np.zeros((len(days), blocks, minutes, LANES), dtype=bool)
    listed, traded = np.zeros((len(days), stocks), dtype=bool), np.zeros((len(days), stocks), dtype=bool)
    auction_volume = np.full((len(days), stocks), np.nan)
    pre_close = np.full((len(days), stocks), np.nan) if "pre_close" in days[0].fields else None
    for d, day in enumerate(days):
        numbers = np.arange(stocks, dtype=np.int32)
        if day.symbols is not symbols:
            numbers = np.array([number[symbol] for symbol in day.symbols.tolist()], np.int32)
        listed[d, numbers] = True
        code = day.code if len(numbers) == stocks else numbers[day.code]
        results = (present[d], traded[d], auction_volume[d], duplicates, report)
        if isinstance(series, CardStorage):
            series.scatter(d, day, code, numbers, symbols, *results)
        else:
            scatter(day, code, symbols, series[d], *results)
        if pre_close is not None:
            pre_close[d] = _first_values(day, "pre_close", code, stocks)
    return CubeArrays(symbols, fields, series, present, listed, traded, auction_volume, pre_close)


def _room(shape: tuple[int, ...], storage: Floats | BufferPool | None, card: CudaDevice | None) -> Floats | CardStorage:
    """Return where the series are to lie; storage that is no longer needed is used if it is large enough."""
    if card is not None:
        return CardStorage(card, shape)
    size = math.prod(shape)
    if isinstance(storage, BufferPool):
        storage = storage.take(size)
    elif storage is None or storage.size < size:
        storage = np.empty(size)
    return storage.reshape(-1)[:size].reshape(shape)


def _first_values(day: DayRows, name: str, code: npt.NDArray[np.int32], stocks: int) -> Floats:
    """Return each stock's earliest value above 0 of a field that belongs to the day.

    A vendor's minute bars may name by it the close of the minute before, which in the first is that of the day before.
    Of several the earliest traded bar's counts, where there is one.
    """
    values = day.fields[name]
    rows = np.flatnonzero((values > 0) & (values < np.inf))
    found = np.full(stocks, np.nan)
    found[code[rows]] = values[rows]
    if not (found[code[rows]] == values[rows]).all():
        empty = ~(day.fields.pick("volume", rows) > 0) if "volume" in day.fields else np.zeros(len(rows), bool)
        rows = rows[np.lexsort((np.arange(len(rows)), day.clock[rows], empty))[::-1]]
        found[code[rows]] = values[rows]  # of several the one written last stays: the earliest
    return found
