"""What a plan reads beyond its stock-days, made for a cube on arrays: the steps over all stocks run here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factors import backends
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.cube.days_before import EarlierDays
from factors.definitions.kinds import CrossSection
from factors.engine.matrix.evaluate import series
from factors.engine.planning.external import ExternalInputs, resolve_inputs
from factors.engine.planning.market import MARKET, Market
from factors.engine.planning.plan import Plan
from factors.engine.planning.tiles import Tile
from factors.errors import DefinitionError, NotInSession
from factors.ops.verb import Symbol

_ROWS = 512  # stocks whose inputs of a `CrossSection` are computed at once


def evaluate_cross_sections(
    plan: Plan,
    cube: MinuteCube,
    threads: int = 1,
    market: Market | None = None,
    known: Mapping[str, Floats] | None = None,
    earlier: EarlierDays | None = None,
) -> ExternalInputs:
    """Make what a plan reads beyond its stock-days.

    Parameters
    ----------
    plan : Plan
        What will run.
    cube : MinuteCube
        The bars: whole days with all their stocks, so that nothing crosses its edge but what `earlier` holds.
    threads : int
        CPU threads.
    market : Market, optional
        Where the market's return comes from; default: the mean over the stocks.
    known : dict of str to float64 array, shape (days, stocks), optional
        Shared values that another engine has made already.
    earlier : EarlierDays, optional
        The days before the cube's first.

    Raises
    ------
    DefinitionError
        If the body of a `CrossSection` fails or returns something of another shape.
    """
    given = resolve_inputs(plan, cube, market, known, earlier)
    if not plan.across:
        return given
    traded = _traded(cube)
    given = replace(given, place=np.cumsum(traded, axis=1) * traded - traded)
    for step in plan.across:
        given.days[step.name] = []  # what it reads itself is there before it
        found = [_run(plan, step, given, day, np.flatnonzero(traded[day]), threads) for day in range(len(cube.dates))]
        given.days[step.name] = found
    return given


def _traded(cube: MinuteCube) -> npt.NDArray[np.bool_]:
    """Return the stock-days with a traded bar: one without is no part of its day's market."""
    bars = cube.present
    if "volume" in cube.fields:
        bars = cube.storage[:, :, cube.fields.index("volume")] > 0
        for day, session in enumerate(cube.sessions):
            bars[day, :, session.minutes :] = False
    found: npt.NDArray[np.bool_] = bars.any(axis=2).reshape(len(cube.dates), -1)[:, : len(cube.symbols)] & cube.listed
    return found


def _run(
    plan: Plan, step: CrossSection, given: ExternalInputs, day: int, stocks: npt.NDArray[np.int64], threads: int
) -> Any:
    """Return a `CrossSection` of one day."""
    if given.market.answers(step.name):
        return given.market.of(step.name, given.cube.dates[day], given.cube.sessions[day])
    if not len(stocks):
        return None
    tiles = each(_inputs(plan, step, given), _parts(given.cube, day, stocks), threads)
    whole = [_joined(name, [tile[k] for tile in tiles]) for k, name in enumerate(step.inputs)]
    return evaluate_step(step, given, day, stocks, whole)


def evaluate_step(
    step: CrossSection, given: ExternalInputs, day: int, stocks: npt.NDArray[np.int64], whole: list[Any]
) -> Any:
    """Return a `CrossSection` of one day from its inputs over all traded stocks."""
    for value in whole:
        if isinstance(value, NotInSession):
            return value
    session = given.cube.sessions[day]
    try:
        with np.errstate(all="ignore"):
            if step.name in MARKET and given.market.how == "amount":
                found = given.market.weighted(whole[0], given.cube, day, stocks)
            else:
                found = step.call(*whole)
    except NotInSession as absent:
        return absent
    except Exception as error:
        raise DefinitionError(f"across {step.name!r} ({step.place}) failed: {type(error).__name__}: {error}") from error
    shape: tuple[int, ...] = getattr(found, "shape", ())
    if len(shape) != 2 or shape[0] not in (1, len(stocks)) or shape[1] not in (1, session.minutes):
        what = f"{type(found).__name__} {shape or ''}".strip()
        raise DefinitionError(
            f"across {step.name!r} ({step.place}) must return a series or value of the {len(stocks)} stocks, or one "
            f"row for all of them, not {what}."
        )
    return found if isinstance(found, Symbol) else np.asarray(found, dtype=np.float64)


def _inputs(plan: Plan, step: CrossSection, given: ExternalInputs) -> Callable[[Tile], list[Any]]:
    """Return a function that gives the inputs of a part of a day's stocks."""
    steps, cpu = plan.below(step, given.values), backends.get("cpu")
    return lambda tile: series(steps, step.inputs, given, tile, cpu)


def _parts(cube: MinuteCube, day: int, stocks: npt.NDArray[np.int64]) -> Iterator[Tile]:
    """Cut a day's stocks into tiles."""
    step = _ROWS // LANES
    for first in range(0, cube.storage.shape[1], step):
        stop = min(first + step, cube.storage.shape[1])
        own = stocks[(stocks >= first * LANES) & (stocks < stop * LANES)]
        if len(own):
            whole = np.full(len(own), day)
            yield Tile(slice(day, day + 1), slice(first, stop), own - first * LANES, whole, own, cube.sessions[day])


def _joined(name: str, parts: list[Any]) -> Any:
    if name in ("minute", "session") or len(parts) == 1 or isinstance(parts[0], NotInSession):
        return parts[0]
    return np.concatenate(parts)
