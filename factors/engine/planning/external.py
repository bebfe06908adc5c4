"""What a stock-day takes from beyond itself: the days before, the other stocks, the market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import EarlierDays, MinuteCube
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
        The days before the cube's first.
    place : int array, shape (days, stocks)
        Where each traded stock stands among those of its day; 0 for others.
    """

    cube: MinuteCube
    market: Market
    values: dict[str, Floats] = field(default_factory=dict)
    days: dict[str, list[Any]] = field(default_factory=dict)
    earlier: EarlierDays | None = None
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
        cube, past = self.cube, self.earlier
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

    That is the input's own where it has one, else the close of the day before, of the cube's first day the last of
    `earlier`; missing where no day is known before, and
    where the stock has no bar on the day before. Nothing adjusts it for dividends and splits.
    """
    if cube.pre_close is not None:
        return cube.pre_close
    found = np.full((len(cube.dates), len(cube.symbols)), np.nan)
    if earlier is not None and len(earlier.dates):
        found[0] = earlier.close[-1]
    for day in range(1, len(found)):
        found[day] = cube.last("close", day - 1)
    return found
