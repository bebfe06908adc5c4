"""What a stock-day takes from beyond itself: the days before, the other stocks, the market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.cube.days_before import NONE, Days, EarlierDays, days_before, previous_close
from factors.definitions.kinds import PAST
from factors.engine.planning.market import Market
from factors.engine.planning.plan import Plan
from factors.engine.planning.tiles import Tile
from factors.errors import NotInSession


@dataclass(frozen=True)
class ExternalInputs:
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
        By `CrossSection` and day: an array of the day's traded stocks, or of one row for all; None without any.
    earlier : EarlierDays or None
        The stocks' last traded days before the cube's first.
    place : int array, shape (days, stocks)
        Where each traded stock stands among those of its day; 0 for others.
    """

    cube: MinuteCube
    market: Market
    values: dict[str, Floats] = field(default_factory=dict)
    days: dict[str, list[Any]] = field(default_factory=dict)
    earlier: EarlierDays | None = None
    place: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    _before: dict[int, Days] = field(default_factory=dict, repr=False)

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

    def days_before(self, number: int) -> Days:
        """Return where the stocks' last traded days before each day lie, found once; as the function of that name."""
        if number not in self._before:
            self._before[number] = days_before(self.cube, self.earlier, number)
        return self._before[number]

    def _past(self, name: str, tile: Tile, days: int) -> Floats:
        """Return a field's series of the stocks' last traded days; each day has the width of the longest."""
        cube, past = self.cube, self.earlier
        at = cube.fields.index(name)
        kept = past.series[name] if past is not None and name in past.series else np.empty((0, 0, 0))
        width = max(cube.storage.shape[3], kept.shape[2])
        found = np.full((len(tile.day), days, width), np.nan)
        where = self.days_before(days)[tile.day, :, tile.stock]
        for day in np.unique(where[where != NONE]).tolist():
            rows, place = np.nonzero(where == day)
            stocks = tile.stock[rows]
            if day >= 0:
                minutes = cube.sessions[day].minutes
                found[rows, place, :minutes] = cube.storage[day, stocks // LANES, at, :minutes, stocks % LANES]
            elif kept.size:
                found[rows, place, : kept.shape[2]] = kept[-1 - day, stocks]
        return found.reshape(len(tile.day), days * width)


def resolve_inputs(
    plan: Plan,
    cube: MinuteCube,
    market: Market | None = None,
    known: Mapping[str, Floats] | None = None,
    earlier: EarlierDays | None = None,
) -> ExternalInputs:
    """Return what the input answers: all of it but what is made of a day's stocks."""
    given = ExternalInputs(cube, market or Market(), dict(known or {}), earlier=earlier)
    if "pre_close" in plan.given:
        given.values["pre_close"] = pre_close(cube, earlier)
    if "auction_volume" in plan.given:
        given.values["auction_volume"] = cube.auction_volume
    return given


def pre_close(cube: MinuteCube, earlier: EarlierDays | None = None) -> Floats:
    """Return the previous close of each stock-day, shape (days, stocks).

    That is the input's own where it has one, else the close of the stock's last traded day before, in the cube or in
    `earlier`; missing where none is known. Nothing adjusts it for dividends and splits.
    """
    return cube.pre_close if cube.pre_close is not None else previous_close(cube, earlier)
