"""Days gathered into cubes of a bounded size, in memory that is used again, on the host or on a GPU."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from factors.backends.cuda import CudaDevice
from factors.common.buffers import BufferPool
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.device.columns import CardColumns
from factors.data.rows import DayRows, InputReport

CHUNK = 96 * 2**20
"""Bytes of cube that are computed at once on the CPU."""

STORAGE = BufferPool(2 * CHUNK)
"""Storage of computed cubes, one of them between calls, for those to come."""

log = logging.getLogger("factors")


def chunk_days(
    days: Iterator[DayRows],
    chunk: int,
    duplicates: str,
    report: InputReport,
    clock: dict[str, float],
    on: CudaDevice | None = None,
) -> Iterator[MinuteCube]:
    """Gather days into cubes of about `chunk` bytes, in the storage of earlier ones, or in the memory of a GPU."""
    gathered: list[DayRows] = []
    stocks = 0

    def build() -> MinuteCube:
        begin = time.perf_counter()
        cube = make_cube(gathered, duplicates, report, on, STORAGE)
        gathered.clear()
        clock["prepare"] += time.perf_counter() - begin
        return cube

    while True:
        begin = time.perf_counter()
        day = next(days, None)
        clock["read"] += time.perf_counter() - begin
        if day is None:
            break
        stocks = max(stocks, len(day.symbols)) if gathered else len(day.symbols)
        size = (len(gathered) + 1) * (-(-stocks // LANES) * LANES) * day.session.minutes * len(day.fields) * 8
        if gathered and size > chunk:
            yield build()
            stocks = len(day.symbols)
        gathered.append(day)
        del day
    if gathered:
        yield build()


def make_cube(
    days: list[DayRows],
    duplicates: str,
    report: InputReport,
    on: CudaDevice | None = None,
    pool: BufferPool | None = None,
) -> MinuteCube:
    """Build a cube of some days: in a GPU's memory where that holds their numbers and has room, else on the host.

    Where it has no room, no day's numbers are left there. On the host its storage comes from `pool`, if there is one.
    """
    if on is not None and any(isinstance(day.fields, CardColumns) for day in days):
        try:
            return MinuteCube.from_days(days, duplicates=duplicates, report=report, card=on)
        except MemoryError as error:
            log.warning(
                "the GPU has no room for a cube of %d days (%s): it is built on the host", len(days), str(error)
            )
        for k, day in enumerate(days):
            if isinstance(day.fields, CardColumns):
                days[k] = replace(day, fields=day.fields.on_host())
    return MinuteCube.from_days(days, duplicates=duplicates, report=report, storage=pool)


def recycle(cube: MinuteCube) -> None:
    """Keep a computed cube's storage for the next one."""
    if cube.on_device_only:
        return
    whole = cube.storage if cube.storage.base is None else cube.storage.base
    if isinstance(whole, np.ndarray):
        STORAGE.give(whole)
