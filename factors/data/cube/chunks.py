"""Days gathered into cubes of a bounded size, in memory that is used again, on the host or on a GPU."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.device.columns import CardColumns
from factors.data.rows import DayRows, InputReport

CHUNK = 96 * 2**20
"""Bytes of cube that are computed at once on the CPU."""

_SPARE: list[Floats] = []  # storage of computed cubes, at most one between calls, for those to come

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
    held: list[DayRows] = []
    stocks = 0

    def build() -> MinuteCube:
        begin = time.perf_counter()
        made = make_cube(held, duplicates, report, on, _spare)
        held.clear()
        clock["prepare"] += time.perf_counter() - begin
        return made

    while True:
        begin = time.perf_counter()
        day = next(days, None)
        clock["read"] += time.perf_counter() - begin
        if day is None:
            break
        stocks = max(stocks, len(day.symbols)) if held else len(day.symbols)
        size = (len(held) + 1) * (-(-stocks // LANES) * LANES) * day.session.minutes * len(day.fields) * 8
        if held and size > chunk:
            yield build()
            stocks = len(day.symbols)
        held.append(day)
        del day
    if held:
        yield build()


def make_cube(
    held: list[DayRows],
    duplicates: str,
    report: InputReport,
    on: CudaDevice | None = None,
    spare: Callable[[], Floats | None] = lambda: None,
) -> MinuteCube:
    """Build a cube of some days: in a GPU's memory where that holds their numbers and has room, else on the host.

    Where it has no room, no day's numbers are left there. `spare` gives storage that may be used.
    """
    if on is not None and any(isinstance(day.fields, CardColumns) for day in held):
        try:
            return MinuteCube.from_days(held, duplicates=duplicates, report=report, card=on)
        except MemoryError as error:
            log.warning(
                "the GPU has no room for a cube of %d days (%s): it is built on the host", len(held), str(error)
            )
        for k, day in enumerate(held):
            if isinstance(day.fields, CardColumns):
                held[k] = replace(day, fields=day.fields.on_host())
    return MinuteCube.from_days(held, duplicates=duplicates, report=report, storage=spare())


def _spare() -> Floats | None:
    """Return storage that is no longer needed; another thread's call may be faster."""
    try:
        return _SPARE.pop()
    except IndexError:
        return None


def recycle(cube: MinuteCube) -> None:
    """Keep a computed cube's storage for the next one: fresh memory costs the system as much time as filling it."""
    if _SPARE or cube.on_device_only:
        return
    whole = cube.storage if cube.storage.base is None else cube.storage.base
    if isinstance(whole, np.ndarray) and whole.nbytes <= 2 * CHUNK:
        _SPARE.append(whole)
