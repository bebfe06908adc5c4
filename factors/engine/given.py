"""What a stock-day takes from beyond itself: the day before, the other stocks, the market.

1. A `DayInput` is a name that the input answers: the previous close, the auction's volume, earlier days' series.
2. An `Across` definition runs once per day on all its traded stocks, on the CPU, before the engine.
3. `prepare` makes all of it for a cube; an engine then reads it like a field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from factors import backends
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.data.session import NotInSession
from factors.definition_checks import parts_of
from factors.definition_kinds import Body, Definition, Shared
from factors.engine.market import MARKET, Market
from factors.engine.tiles import Tile
from factors.errors import DefinitionError
from factors.ops.verb import Symbol
from factors.registry import REGISTRY
from factors.threads import each

if TYPE_CHECKING:
    from factors.engine.plan import Plan

PAST = "past_"
_ROWS = 512  # stocks whose inputs of an `Across` are computed at once


@dataclass(frozen=True, eq=False)
class DayInput(Shared):
    """A name that the input answers, not the stock-day's own bars; its inputs are the fields it is read from.

    `pre_close` and `auction_volume` are values; `past_<field>` is the field's series of as many days before as the
    factor's `history` says, oldest first and side by side, missing where the day or the stock is.
    """

    @property
    def kind(self) -> str:
        """``"input"``."""
        return "input"


@dataclass(frozen=True, eq=False)
class Across(Shared):
    """A series, a value, or one row for all, made from the series of all traded stocks of a day at once."""

    @property
    def kind(self) -> str:
        """``"across"``."""
        return "across"

    def __repr__(self) -> str:
        return f"<across {self.name}({', '.join(self.inputs)})>"


def day_input(body: Body) -> DayInput:
    """Register a name that the input answers."""
    new = DayInput(**parts_of(body))
    REGISTRY.add(new)
    return new


def across(body: Body) -> Across:
    """Make a function of the whole day's series one that runs once per day, over all its stocks.

    Its arguments are what a factor's are, as arrays of all traded stocks of the day, (stocks, minutes) or (stocks, 1).
    It returns a series, a value per stock, or one row for all of them, (1, minutes) or (1, 1), and uses operators,
    verbs and the functions of `factors.ops.across`.

    Raises
    ------
    DefinitionError
        If the function cannot be a definition, or its name is taken.
    """
    new = Across(**parts_of(body.body if isinstance(body, Definition) else body))
    REGISTRY.add(new)
    return new


def beyond(definition: Definition) -> str:
    """Return what a step reads beyond its stock-day, in words; empty for one that reads nothing of the kind."""
    if isinstance(definition, Across):
        return f"{definition.name} is made of all the day's stocks"
    return f"{definition.name} is not among the day's own bars" if isinstance(definition, DayInput) else ""


@dataclass(frozen=True)
class Given:
    """What the stock-days of a cube take from beyond themselves.

    Attributes
    ----------
    cube : MinuteCube
        Their cube.
    market : Market
        Where the market's return comes from.
    values : dict of str to float64 array, shape (days, stocks)
        Values per stock-day.
    days : dict of str to list
        By `Across` and day: an array of the day's traded stocks, or of one row for all; None where there are none.
    place : int array, shape (days, stocks)
        Where each traded stock stands among those of its day; 0 for others.
    """

    cube: MinuteCube
    market: Market
    values: dict[str, Floats] = field(default_factory=dict)
    days: dict[str, list[Any]] = field(default_factory=dict)
    place: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    def __contains__(self, name: object) -> bool:
        return name in self.values or name in self.days or (isinstance(name, str) and name.startswith(PAST))

    def rows(self, name: str, tile: Tile, history: int) -> Floats | NotInSession:
        """Return an input of a tile's stock-days, shape (stock-days, minutes), (stock-days, 1) or, past, wider."""
        if name in self.values:
            return np.asarray(self.values[name][tile.day, tile.stock])[:, None]
        if name not in self.days:
            return self._past(name.removeprefix(PAST), tile, history)
        parts: list[Floats] = []
        wide = any(one.shape[1] > 1 for one in self.days[name] if isinstance(one, np.ndarray))
        for day in range(tile.days.start, tile.days.stop):
            stocks, found = tile.stock[tile.day == day], self.days[name][day]
            if isinstance(found, NotInSession):
                return found
            if found is None:
                parts.append(np.full((len(stocks), tile.session.minutes if wide else 1), np.nan))
            elif len(found) == 1:
                parts.append(np.repeat(found, len(stocks), axis=0))
            else:
                parts.append(found[self.place[day, stocks]])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _past(self, name: str, tile: Tile, days: int) -> Floats:
        """Return a field's series of the days before; each day has the width of the longest."""
        cube, past = self.cube, self.cube.past
        at = cube.fields.index(name)
        before = 0 if past is None else len(past.dates)
        kept = past.series[name] if past is not None and name in past.series else np.empty((before, 0, 0))
        width = max(cube.storage.shape[3], kept.shape[2])
        found = np.full((len(tile.day), days, width), np.nan)
        for day in range(tile.days.start, tile.days.stop):
            rows = np.flatnonzero(tile.day == day)
            stocks = tile.stock[rows]
            for back in range(1, days + 1):
                earlier = day - back
                if earlier >= 0:
                    minutes = cube.sessions[earlier].minutes
                    series = cube.storage[earlier, stocks // LANES, at, :minutes, stocks % LANES]
                elif kept.size and earlier + before >= 0:
                    series = kept[earlier + before, stocks]
                else:
                    continue
                found[rows, days - back, : series.shape[1]] = series
        return found.reshape(len(tile.day), days * width)


def prepare(
    plan: Plan,
    cube: MinuteCube,
    threads: int = 1,
    market: Market | None = None,
    known: Mapping[str, Floats] | None = None,
) -> Given:
    """Make what a plan reads beyond its stock-days.

    Parameters
    ----------
    plan : Plan
        What will run.
    cube : MinuteCube
        The bars: whole days with all their stocks, so that nothing crosses its edge but what `cube.past` holds.
    threads : int
        CPU threads.
    market : Market, optional
        Where the market's return comes from; default: the mean over the stocks.
    known : dict of str to float64 array, shape (days, stocks), optional
        Shared values that another engine has made already.

    Raises
    ------
    DefinitionError
        If the body of an `Across` fails or returns something of another shape.
    """
    given = answered(plan, cube, market, known)
    if not plan.across:
        return given
    traded = _traded(cube)
    given = Given(cube, given.market, given.values, {}, np.cumsum(traded, axis=1) * traded - traded)
    for step in plan.across:
        given.days[step.name] = []  # what it reads itself is there before it
        found = [_run(plan, step, given, day, np.flatnonzero(traded[day]), threads) for day in range(len(cube.dates))]
        given.days[step.name] = found
    return given


def answered(
    plan: Plan, cube: MinuteCube, market: Market | None = None, known: Mapping[str, Floats] | None = None
) -> Given:
    """Return what the input answers: all of it but what is made of a day's stocks."""
    given = Given(cube, market or Market(), dict(known or {}))
    if "pre_close" in plan.given:
        given.values["pre_close"] = pre_close(cube)
    if "auction_volume" in plan.given:
        given.values["auction_volume"] = cube.auction_volume
    return given


def pre_close(cube: MinuteCube) -> Floats:
    """Return the previous close of each stock-day, shape (days, stocks).

    That is the input's own where it has one, else the close of the input's previous day; missing on the first day and
    where the stock has no bar on the day before. Nothing adjusts it for dividends and splits.
    """
    if cube.pre_close is not None:
        return cube.pre_close
    found = np.full((len(cube.dates), len(cube.symbols)), np.nan)
    if cube.past is not None and len(cube.past.dates):
        found[0] = cube.past.close[-1]
    for day in range(1, len(found)):
        found[day] = cube.last("close", day - 1)
    return found


def _traded(cube: MinuteCube) -> npt.NDArray[np.bool_]:
    """Return the stock-days with a traded bar: one without is no part of its day's market."""
    bars = cube.present
    if "volume" in cube.fields:
        bars = cube.storage[:, :, cube.fields.index("volume")] > 0
        for day, session in enumerate(cube.sessions):
            bars[day, :, session.minutes :] = False
    found: npt.NDArray[np.bool_] = bars.any(axis=2).reshape(len(cube.dates), -1)[:, : len(cube.symbols)] & cube.listed
    return found


def _run(plan: Plan, step: Across, given: Given, day: int, stocks: npt.NDArray[np.int64], threads: int) -> Any:
    """Return an `Across` of one day."""
    if given.market.answers(step.name):
        return given.market.of(step.name, given.cube.dates[day], given.cube.sessions[day])
    if not len(stocks):
        return None
    tiles = each(_inputs(plan, step, given), _parts(given.cube, day, stocks), threads)
    whole = [_joined(name, [tile[k] for tile in tiles]) for k, name in enumerate(step.inputs)]
    return made(step, given, day, stocks, whole)


def made(step: Across, given: Given, day: int, stocks: npt.NDArray[np.int64], whole: list[Any]) -> Any:
    """Return an `Across` of one day from its inputs over all traded stocks."""
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


def _inputs(plan: Plan, step: Across, given: Given) -> Callable[[Tile], list[Any]]:
    """Return a function that gives the inputs of a part of a day's stocks."""
    from factors.engine.matrix import series

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
