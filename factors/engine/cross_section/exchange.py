"""Between two stages: the steps over all stocks of a day, and the buffer beside the storage that they read and write.

For each block of stocks the buffer holds the given series, minutes and lanes as in the storage, then the given values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.definitions.kinds import CrossSection
from factors.engine.cross_section.lookback import quantiles
from factors.engine.cross_section.series import DaySeries, Stocks, traded
from factors.engine.cross_section.stages import ABSENT, StagePlan, kind_of
from factors.engine.ir.trace import BROADCAST, SERIES, VALUE
from factors.engine.matrix.across import evaluate_step
from factors.engine.planning.external import ExternalInputs
from factors.errors import DefinitionError, NotInSession
from factors.ops.verb import Symbol

ROOM = 64 << 20
"""Bytes of the buffer: of so many days as fit it, one at least, all stages are run before the next."""
ROOM_OF_CARD = 1 << 30
"""The same where a GPU computes, which wants many stock-days at once."""
_SPARE: list[Floats] = []  # a buffer that is no longer needed: fresh memory costs as much time as filling it


class ShapeMismatch(Exception):
    """A result of another shape than that of the trial."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def block_size(crossing: StagePlan, cube: MinuteCube) -> int:
    """Return how many doubles lie beside each block of a cube."""
    _, _, _, minutes, lanes = cube.layout
    size: int = (len(crossing.names(SERIES)) * minutes + len(crossing.names(VALUE))) * lanes
    return size


def parts(crossing: StagePlan, cube: MinuteCube, days: slice, on_card: bool = False) -> Iterator[slice]:
    """Cut some days into such as the buffer is for."""
    room = ROOM_OF_CARD if on_card else ROOM
    step = max(1, room // max(1, 8 * cube.layout[1] * block_size(crossing, cube)))
    for first in range(days.start, days.stop, step):
        yield slice(first, min(first + step, days.stop))


def _room(shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return a buffer, and its part of a shape."""
    size = int(np.prod(shape))
    try:
        whole = _SPARE.pop()  # another thread's call may be faster
    except IndexError:
        whole = np.empty(size)
    if whole.size < size:
        whole = np.empty(size)
    return whole, whole[:size].reshape(shape)


class StageBuffer:
    """What is given to the stages of some days of one session.

    Parameters
    ----------
    crossing : StagePlan
        Where everything lies.
    given : ExternalInputs
        The cube, where the market's return comes from, and the values that are known.
    days : slice
        The days.
    threads : int
        CPU threads.
    """

    def __init__(self, crossing: StagePlan, given: ExternalInputs, days: slice, threads: int) -> None:
        self.crossing, self.days, self.threads = crossing, days, threads
        self.cube: MinuteCube = given.cube
        _, self._blocks, _, minutes, lanes = self.cube.layout
        self._field = minutes * lanes
        self._session = crossing.session
        self._series = len(crossing.names(SERIES))
        self._values = crossing.names(VALUE)
        number = days.stop - days.start
        self.size = block_size(crossing, self.cube)
        self._whole, self.buffer = _room((number, self._blocks, self.size))
        self.profiles = np.full((number, max(1, len(crossing.names(BROADCAST))), self._session.minutes), np.nan)
        self.given = given
        for name in self._values:
            if name in given.values:
                self.keep(name, given.values[name][days])
        for name, (field, q, back) in crossing.lookback_quantiles.items():
            each_day = [
                quantiles(self.cube, field, q, back, day, threads, given.earlier)
                for day in range(days.start, days.stop)
            ]
            self.keep(name, np.array(each_day))
        self._stocks: dict[int, Stocks] = {}

    def kernel_arguments(self, first: int) -> tuple[int, ...]:
        """Return what a text that counts from a day is told of the buffer and of the profiles.

        Their addresses, as if they began on that day, sizes of a block and of a day's profiles, and blocks of a day.
        """
        profiles, before = self.profiles, 8 * (self.days.start - first)
        return (
            self.buffer.ctypes.data - before * self._blocks * self.size, self.size,
            profiles.ctypes.data - before * profiles[0].size, profiles[0].size, self._blocks,
        )  # fmt: skip

    def close(self) -> None:
        """Leave the buffer to the next days."""
        if not _SPARE and self._whole.nbytes <= 2 * ROOM:
            _SPARE.append(self._whole)

    def keep(self, name: str, values: Floats) -> None:
        """Give later stages a value of each stock-day, (days, stocks), with or without what fills the last block."""
        cells = self._lanes(name)
        whole = np.full((len(values), self._blocks * LANES), np.nan)
        whole[:, : values.shape[1]] = values
        cells[:] = whole.reshape(cells.shape)

    def run(self, stage: int) -> None:
        """Run what stands before a stage.

        Raises
        ------
        ShapeMismatch
            If something is given in another shape than it was in the trial.
        DefinitionError
            If a body fails.
        """
        for step in self.crossing.before(stage):
            for day in range(self.days.start, self.days.stop):
                self._take(step, day, self._run(step, day))

    def _run(self, step: CrossSection, day: int) -> Any:
        if self.given.market.answers(step.name):
            return self.given.market.of(step.name, self.cube.dates[day], self._session)
        stocks = self._of(day)
        if not len(stocks.numbers):
            return None
        inputs = [self._input(step, name, day, stocks) for name in step.inputs]
        try:
            return evaluate_step(step, self.given, day, stocks.numbers, inputs)
        except DefinitionError:
            if not any(isinstance(x, Symbol) for x in inputs):
                raise
        inputs = [x.array() if isinstance(x, DaySeries) else x for x in inputs]
        for x in inputs:
            if isinstance(x, np.ndarray):
                x.flags.writeable = False
        return evaluate_step(step, self.given, day, stocks.numbers, inputs)

    def _of(self, day: int) -> Stocks:
        if day not in self._stocks:
            volume = self.cube.storage[day, :, self.cube.fields.index("volume"), : self._session.minutes]
            some = traded(volume, self.threads)[: len(self.cube.symbols)] & self.cube.listed[day]
            self._stocks[day] = Stocks.of(np.flatnonzero(some), self._blocks, self.threads)
        return self._stocks[day]

    def _input(self, step: CrossSection, name: str, day: int, stocks: Stocks) -> Any:
        """Return an input of a step over all stocks."""
        kind = self.crossing.kinds.get(name)
        room: Callable[[], Floats] | None = None
        if self.crossing.kinds[step.name] == SERIES:
            room = lambda: self._part(step.name, day)  # noqa: E731
        if name == "session":
            return self._session
        if name == "minute":
            return np.arange(1.0, self._session.minutes + 1)[None, :]
        if name == "traded":
            return self._storage("volume", day, stocks, None).array() > 0
        if kind is None:
            return self._storage(name, day, stocks, room)
        if kind == SERIES:
            return DaySeries(self._part(name, day), stocks, name in self.crossing.masks, room)
        if kind == BROADCAST:
            return self.profiles[day - self.days.start, self.crossing.places[name]][None, :].copy()
        return self._lanes(name)[day - self.days.start].reshape(-1)[stocks.numbers][:, None]

    def _storage(self, name: str, day: int, stocks: Stocks, room: Callable[[], Floats] | None) -> DaySeries:
        at = self.cube.fields.index(name)
        return DaySeries(self.cube.storage[day, :, at, : self._session.minutes], stocks, room=room)

    def _part(self, name: str, day: int) -> Floats:
        """Return where a series of a day lies, shape (blocks, minutes, lanes)."""
        begin = self.crossing.places[name] * self._field
        part = self.buffer[day - self.days.start, :, begin : begin + self._session.minutes * LANES]
        return part.reshape(self._blocks, self._session.minutes, LANES)

    def _lanes(self, name: str) -> Floats:
        """Return where a value lies, shape (days, blocks, lanes)."""
        begin = self._series * self._field + self.crossing.places[name] * LANES
        return self.buffer[:, :, begin : begin + LANES]

    def _take(self, step: CrossSection, day: int, found: Any) -> None:
        """Write what a step gives to where the stages read it."""
        kind, place = self.crossing.kinds[step.name], self.crossing.places.get(step.name, 0)
        minutes, stocks = self._session.minutes, self._of(day).numbers
        if isinstance(found, NotInSession) and kind == ABSENT:
            return
        number = day - self.days.start
        if found is None:
            found = np.full((1, 1 if kind == VALUE else minutes), np.nan)
        got = kind_of(found.shape, len(stocks), minutes) if hasattr(found, "shape") else None
        if (
            got is None
            or kind == ABSENT
            or (kind == VALUE) != (got == VALUE)
            or (kind == BROADCAST and len(found) != 1)
        ):
            raise ShapeMismatch(step.name)
        if kind == BROADCAST:
            self.profiles[number, place] = found[0]
        elif isinstance(found, DaySeries):
            to = self._part(step.name, day)
            if found.x.ctypes.data != to.ctypes.data:
                to[:] = found.x
        elif kind == VALUE:
            cells = np.full(self._blocks * LANES, np.nan)
            cells[stocks] = found[:, 0]
            self._lanes(step.name)[number] = cells.reshape(self._blocks, LANES)
        else:
            whole = np.full((self._blocks * LANES, minutes), np.nan)
            whole[stocks] = found
            self._part(step.name, day)[:] = whole.reshape(self._blocks, LANES, minutes).transpose(0, 2, 1)
