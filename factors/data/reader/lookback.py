"""Earlier days of the input: what a chunk of days needs of those before it, kept when their cube is gone."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.cube import EarlierDays, MinuteCube


@dataclass(frozen=True)
class _Day:
    """What is kept of a day: copies, as a cube's storage is used again."""

    date: np.datetime64
    symbols: npt.NDArray[np.object_]
    close: Floats
    series: dict[str, Floats]


class History:
    """The last days of the input, handed from one cube to the next.

    Parameters
    ----------
    days : int
        How many are kept; 0 keeps nothing.
    fields : sequence of str
        Fields whose series are kept; of the close, the last one is kept in any case.
    """

    def __init__(self, days: int, fields: Sequence[str] = ()) -> None:
        self.days, self.fields = days, tuple(fields)
        self._kept: deque[_Day] = deque(maxlen=days)

    @property
    def dates(self) -> list[np.datetime64]:
        """Days that are kept, oldest first."""
        return [day.date for day in self._kept]

    def record(self, cube: MinuteCube) -> None:
        """Keep the last days of a cube."""
        fields = [name for name in self.fields if name in cube.fields]
        for d in range(max(0, len(cube.dates) - self.days), len(cube.dates) if self.days else 0):
            symbols, minutes = len(cube.symbols), cube.sessions[d].minutes
            last = cube.last("close", d).copy()
            series = {name: _rows(cube, d, name, minutes)[:symbols] for name in fields}
            self._kept.append(_Day(cube.dates[d], cube.symbols, last, series))

    def look_back(self, minute_bars: Any, first: np.datetime64, options: ReadOptions, fields: Sequence[str]) -> None:
        """Keep the last days of some bars that lie before `first`; options and fields are those of `open_bars`."""
        from factors.data.reader.reader import open_bars

        for day in open_bars(minute_bars, options, fields=fields).days():
            if day.date >= first:
                break
            self.record(MinuteCube.from_days([day], duplicates=options.duplicates))

    def before(self, cube: MinuteCube) -> EarlierDays | None:
        """Return what was kept, in the order of a cube's symbols; None where nothing was."""
        if not self._kept:
            return None
        number = {symbol: k for k, symbol in enumerate(cube.symbols.tolist())}
        close = np.full((len(self._kept), len(number)), np.nan)
        widths = {name: max(day.series[name].shape[1] for day in self._kept) for name in self._kept[0].series}
        series = {name: np.full((len(self._kept), len(number), width), np.nan) for name, width in widths.items()}
        for d, day in enumerate(self._kept):
            pairs = [(number[symbol], k) for k, symbol in enumerate(day.symbols.tolist()) if symbol in number]
            if not pairs:
                continue
            in_cube, in_day = np.array(pairs).T
            close[d, in_cube] = day.close[in_day]
            for name, rows in day.series.items():
                series[name][d, in_cube, : rows.shape[1]] = rows[in_day]
        return EarlierDays(np.array(self.dates, dtype="datetime64[D]"), close, series)


def _rows(cube: MinuteCube, day: int, name: str, minutes: int) -> Floats:
    """Return a copy of a field's series of a day, shape (stocks and padding, minutes)."""
    blocked = cube.storage[day, :, cube.fields.index(name), :minutes]
    return np.array(blocked.transpose(0, 2, 1).reshape(len(blocked) * LANES, minutes))
