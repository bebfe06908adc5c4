"""The loop engine: every factor as plain Python over one stock's day. Slow; the others are held to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from factors.backends.base import Backend
from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.cube.days_before import NONE
from factors.engine.planning.external import ExternalInputs, pre_close
from factors.engine.planning.market import MARKET, Market
from factors.engine.planning.plan import Plan
from factors.errors import DefinitionError
from factors.loops import LOOPS, StockDay, loop_compute
from factors.loops.cross_section.neighbours import Around, MarketDay, PlacedDay


def run(
    plan: Plan, cube: MinuteCube, backend: Backend, threads: int = 1, notes: dict[str, str] | None = None,
    given: ExternalInputs | None = None,
) -> Floats:  # fmt: skip
    """Compute the plan's factors, one stock-day after the other.

    Parameters, returned array and units are those of the matrix engine; `threads` and `notes` are not used.

    Raises
    ------
    DefinitionError
        If a factor has no loop.
    """
    wanted = [f for f in plan.factors if f.name not in plan.missing]
    without = [f.name for f in wanted if (f.of or f.name) not in LOOPS]
    if without:
        raise DefinitionError(
            f"engine='loop': {', '.join(without)} {'has' if len(without) == 1 else 'have'} no loop. Custom factors run "
            "on engine='matrix'; factors.check_factor(factor, loop=...) holds one to a loop of your own."
        )
    found = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    columns = [i for i, f in enumerate(plan.factors) if f.name not in plan.missing]
    storage = backend.put(cube.storage)
    beyond = bool(plan.across or plan.given)
    for day in range(len(cube.dates)):
        for stock, one in (placed_days if beyond else plain_days)(cube, storage, day, plan.history, given):
            values = loop_compute(one, wanted)
            found[day, stock, columns] = [values[f.name] for f in wanted]
    return found


def plain_days(cube: MinuteCube, storage: Any, day: int, *_: Any) -> Iterator[tuple[int, StockDay]]:
    """Yield a day's stocks, each by itself."""
    for stock in np.flatnonzero(cube.listed[day]).tolist():
        yield stock, stock_day(cube, storage, day, stock)


def placed_days(
    cube: MinuteCube, storage: Any, day: int, history: int = 0, given: ExternalInputs | None = None
) -> Iterator[tuple[int, StockDay]]:
    """Yield a day's stocks with what they have around them: the days before, the other stocks, the market."""
    alone = dict(plain_days(cube, storage, day))
    market = MarketDay(list(alone.values()), *_market(cube, day, given))
    given = given or ExternalInputs(cube, Market())
    closes = pre_close(cube, given.earlier)
    own_days = given.days_before(history)[day]
    placed = {}
    for stock, one in alone.items():
        before = tuple(_earlier(given, storage, int(own), stock) for own in own_days[:, stock])
        around = Around(float(closes[day, stock]), float(cube.auction_volume[day, stock]), before, market)
        placed[stock] = PlacedDay(one.raw, one.minutes, one.lunch, around, one.present)
    market.days = list(placed.values())
    yield from placed.items()


def _market(cube: MinuteCube, day: int, given: ExternalInputs | None) -> tuple[tuple[list[float], float] | None, bool]:
    """Return the market that is given for a day, and whether stocks are weighted by their amounts."""
    if given is None or given.market.bars is None:
        return None, given is not None and given.market.how == "amount"
    date, session = cube.dates[day], cube.sessions[day]
    minutes, whole = (given.market.of(name, date, session) for name in MARKET)
    if minutes is None or whole is None:
        return ([float("nan")] * session.minutes, float("nan")), False
    return (minutes[0].tolist(), float(whole[0, 0])), False


def _earlier(given: ExternalInputs, storage: Any, day: int, stock: int) -> dict[str, list[float]] | None:
    """Return a stock's filled series of an earlier day, given as by `days_before`; None if it is not known."""
    if day >= 0:
        one = stock_day(given.cube, storage, day, stock)
        return {name: getattr(one, name) for name in given.cube.fields}
    if day == NONE or given.earlier is None:
        return None
    return {name: series[-1 - day, stock].tolist() for name, series in given.earlier.series.items()}


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
    return StockDay(series, session.minutes, session.lunch if session.has_lunch else None, delivered)
