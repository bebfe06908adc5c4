"""The loop engine: every factor as plain Python over one stock's day. Slow; the others are held to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from factors.backends.base import Backend
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.engine.plan import Plan
from factors.errors import DefinitionError
from factors.loops import LOOPS, StockDay, loop_compute


def run(
    plan: Plan, cube: MinuteCube, backend: Backend, threads: int = 1, notes: dict[str, str] | None = None
) -> Floats:
    """Compute the plan's factors, one stock-day after the other.

    Parameters, returned array and units are those of the matrix engine; `threads` and `notes` are not used.

    Raises
    ------
    DefinitionError
        If a factor has no loop.
    """
    names = [f.name for f in plan.factors if f.name not in plan.missing]
    without = [name for name in names if name not in LOOPS]
    if without:
        raise DefinitionError(
            f"engine='loop': {', '.join(without)} {'has' if len(without) == 1 else 'have'} no loop. Custom factors run "
            "on engine='matrix'; factors.check_factor(factor, loop=...) holds one to a loop of your own."
        )
    found = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    columns = [i for i, f in enumerate(plan.factors) if f.name not in plan.missing]
    storage = backend.put(cube.storage)
    for day, stock in zip(*np.nonzero(cube.listed), strict=True):
        values = loop_compute(stock_day(cube, storage, int(day), int(stock)), names)
        found[day, stock, columns] = [values[name] for name in names]
    return found


def stock_day(cube: MinuteCube, storage: Any, day: int, stock: int) -> StockDay:
    """Return one stock's day as delivered: minutes without a bar are missing again.

    `storage` is the cube's, or its copy on a device; the loops then read elements from there.
    """
    session = cube.sessions[day]
    block, lane = divmod(stock, LANES)
    delivered = cube.present[day, block, : session.minutes, lane].tolist()
    series: dict[str, list[Any]] = {}
    for f, name in enumerate(cube.fields):
        column = storage[day, block, f, : session.minutes, lane]
        elements = column.tolist() if isinstance(column, np.ndarray) else [column[t] for t in range(session.minutes)]
        series[name] = [x if bar else float("nan") for x, bar in zip(elements, delivered, strict=True)]
    return StockDay(series, session.minutes, session.lunch if session.has_lunch else None)
