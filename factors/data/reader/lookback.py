"""Earlier days of the input: what a chunk of days needs of those before it, kept when their cube is gone."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.cube import MinuteCube
from factors.data.cube.days_before import REACH, EarlierDays


class History:
    """Each stock's last traded days of the input, handed from one cube to the next.

    Parameters
    ----------
    days : int
        How many days of a stock are kept; 0 keeps nothing.
    fields : sequence of str
        Fields whose series are kept; of the close, the last one is kept in any case.

    Attributes
    ----------
    dates : deque of numpy.datetime64
        The last days of the input, as many as are kept of a stock.
    """

    def __init__(self, days: int, fields: Sequence[str] = ()) -> None:
        self.days, self.fields = days, tuple(fields)
        self.dates: deque[np.datetime64] = deque(maxlen=days)
        self._recorded = 0  # days of the input
        self._place: dict[str, int] = {}
        self._kept = np.zeros(0, np.int64)  # how many days of each stock were; the last lie in rings
        self._at = np.zeros((days, 0), np.int64)
        self._close = np.zeros((days, 0))
        self._series: dict[str, Floats] = {}

    def record(self, cube: MinuteCube) -> None:
        """Keep the last traded days of a cube's stocks."""
        if not self.days:
            return
        stocks = self._places(cube.symbols)
        later = np.cumsum(cube.traded_days[::-1], axis=0)[::-1]
        wanted = cube.traded_days & (later <= self.days)
        wanted[: max(0, len(wanted) - REACH)] = False
        for d, date in enumerate(cube.dates):
            self.dates.append(date)
            own = np.flatnonzero(wanted[d])
            if len(own):
                self._record_day(cube, d, own, stocks[own])
        self._recorded += len(cube.dates)

    def _record_day(
        self, cube: MinuteCube, day: int, own: npt.NDArray[np.int64], stocks: npt.NDArray[np.int64]
    ) -> None:
        slot = self._kept[stocks] % self.days
        self._at[slot, stocks] = self._recorded + day
        self._close[slot, stocks] = cube.last("close", day)[own]
        minutes = cube.sessions[day].minutes
        for name in self.fields:
            if name in cube.fields:
                series = self._room(name, minutes)
                block, lane = np.divmod(own, LANES)
                series[slot, stocks, :minutes] = cube.storage[day, block, cube.fields.index(name), :minutes, lane]
                series[slot, stocks, minutes:] = np.nan
        self._kept[stocks] += 1

    def look_back(self, minute_bars: Any, first: np.datetime64, options: ReadOptions) -> None:
        """Keep the last days of some bars that lie before `first`; the options are those of `open_bars`."""
        from factors.data.reader.reader import open_bars

        for day in open_bars(minute_bars, options, fields=("close", "volume", *self.fields)).days():
            if day.date >= first:
                break
            self.record(MinuteCube.from_days([day], duplicates=options.duplicates))

    def before(self, cube: MinuteCube) -> EarlierDays | None:
        """Return what was kept, in the order of a cube's symbols; None where nothing was."""
        if not self._recorded:
            return None
        stocks = np.array([self._place.get(symbol, -1) for symbol in cube.symbols.tolist()])
        known = np.flatnonzero(stocks >= 0)
        own = stocks[known]
        age = np.arange(self.days, 0, -1)[:, None]  # the oldest first
        there = self._kept[own] >= age
        slot = (self._kept[own] - age) % self.days
        back = np.zeros((self.days, len(stocks)), np.int64)
        back[:, known] = np.where(there, self._recorded - self._at[slot, own], 0)
        close = np.full(back.shape, np.nan)
        close[:, known] = self._close[slot, own]
        series = {name: np.full((*back.shape, kept.shape[2]), np.nan) for name, kept in self._series.items()}
        for name, kept in self._series.items():
            series[name][:, known] = kept[slot, own]
        return EarlierDays(back, close, series)

    def _places(self, symbols: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        """Return where the days of some stocks are kept, with room for those that are new."""
        places = np.array([self._place.setdefault(symbol, len(self._place)) for symbol in symbols.tolist()])
        more = len(self._place) - len(self._kept)
        if more:
            self._kept = np.concatenate([self._kept, np.zeros(more, np.int64)])
            self._at = np.concatenate([self._at, np.zeros((self.days, more), np.int64)], axis=1)
            self._close = np.concatenate([self._close, np.full((self.days, more), np.nan)], axis=1)
            for name, series in self._series.items():
                self._series[name] = np.concatenate([series, np.full((self.days, more, series.shape[2]), np.nan)], 1)
        return places

    def _room(self, name: str, minutes: int) -> Floats:
        """Return the rings of a field, for days of so many minutes at least."""
        held = self._series.get(name, np.empty((self.days, len(self._place), 0)))
        if held.shape[2] < minutes:
            self._series[name] = np.full((*held.shape[:2], minutes), np.nan)
            self._series[name][:, :, : held.shape[2]] = held
        return self._series[name]
