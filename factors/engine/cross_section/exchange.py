"""Between two stages: the steps over all stocks of a day, and the buffer beside the storage that they read and write.

For each block of stocks the buffer holds the series, minutes and lanes as in the storage, then the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from factors.common.arrays import Floats
from factors.common.buffers import BufferPool
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.definitions.kinds import CrossSection
from factors.engine.cross_section.lookback import quantiles
from factors.engine.cross_section.passes import Stocks, traded
from factors.engine.cross_section.series import DaySeries
from factors.engine.cross_section.stages import ABSENT, StagePlan, kind_of
from factors.engine.ir.graph import SERIES, VALUE
from factors.engine.ir.trace import BROADCAST
from factors.engine.matrix.across import evaluate_step
from factors.engine.planning.external import ExternalInputs
from factors.errors import DefinitionError, NotInSession
from factors.ops.verb import Symbol

ROOM = 64 << 20
"""Bytes of the buffer: of so many days as fit it, one at least, all stages are run before the next."""
ROOM_OF_CARD = 1 << 30
"""The same where a GPU computes, which wants many stock-days at once."""
BUFFERS = BufferPool(2 * ROOM)
"""The buffer of earlier days, for those to come."""


class ShapeMismatch(Exception):
    """A result of another shape than that of the probe."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def block_size(stage_plan: StagePlan, cube: MinuteCube) -> int:
    """Return how many doubles lie beside each block of a cube."""
    _, _, _, minutes, lanes = cube.layout
    size: int = (len(stage_plan.names(SERIES)) * minutes + len(stage_plan.names(VALUE))) * lanes
    return size


def parts(stage_plan: StagePlan, cube: MinuteCube, days: slice, on_card: bool = False) -> Iterator[slice]:
    """Cut some days into such as the buffer is for."""
    room = ROOM_OF_CARD if on_card else ROOM
    step = max(1, room // max(1, 8 * cube.layout[1] * block_size(stage_plan, cube)))
    for first in range(days.start, days.stop, step):
        yield slice(first, min(first + step, days.stop))


class StageBuffer:
    """What crosses between the stages of some days of one session; a context, with which the memory goes back.

    Parameters
    ----------
    stage_plan : StagePlan
        Where everything lies.
    external : ExternalInputs
        The cube, where the market's return comes from, and the values that are known.
    days : slice
        The days.
    threads : int
        CPU threads.
    """

    def __init__(self, stage_plan: StagePlan, external: ExternalInputs, days: slice, threads: int) -> None:
        self.stage_plan, self.days, self.threads = stage_plan, days, threads
        self.external, self.cube = external, external.cube
        _, self._blocks, _, minutes, lanes = self.cube.layout
        self._field = minutes * lanes
        self._session = stage_plan.session
        self._series = len(stage_plan.names(SERIES))
        self._values = stage_plan.names(VALUE)
        number = days.stop - days.start
        self.size = block_size(stage_plan, self.cube)
        total = number * self._blocks * self.size
        self._whole = BUFFERS.take(total)
        self.buffer = self._whole[:total].reshape(number, self._blocks, self.size)
        self.profiles = np.full((number, max(1, len(stage_plan.names(BROADCAST))), self._session.minutes), np.nan)
        for name in self._values:
            if name in external.values:
                self.keep(name, external.values[name][days])
        for name, (field, q, back) in stage_plan.lookback_quantiles.items():
            each_day = [quantiles(external, field, q, back, day, threads) for day in range(days.start, days.stop)]
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

    def __enter__(self) -> StageBuffer:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the memory to the next days."""
        BUFFERS.give(self._whole)

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
            If a result has another shape than it had in the probe.
        DefinitionError
            If a body fails.
        """
        for step in self.stage_plan.before(stage):
            for day in range(self.days.start, self.days.stop):
                self._take(step, day, self._run(step, day))

    def _run(self, step: CrossSection, day: int) -> Any:
        if self.external.market.answers(step.name):
            return self.external.market.of(step.name, self.cube.dates[day], self._session)
        stocks = self._of(day)
        if not len(stocks.numbers):
            return None
        inputs = [self._input(step, name, day, stocks) for name in step.inputs]
        try:
            return evaluate_step(step, self.external, day, stocks.numbers, inputs)
        except DefinitionError:
            if not any(isinstance(x, Symbol) for x in inputs):
                raise
        inputs = [x.array() if isinstance(x, DaySeries) else x for x in inputs]
        for x in inputs:
            if isinstance(x, np.ndarray):
                x.flags.writeable = False
        return evaluate_step(step, self.external, day, stocks.numbers, inputs)

    def _of(self, day: int) -> Stocks:
        if day not in self._stocks:
            volume = self.cube.storage[day, :, self.cube.fields.index("volume"), : self._session.minutes]
            present = traded(volume, self.threads)[: len(self.cube.symbols)] & self.cube.listed[day]
            self._stocks[day] = Stocks.of(np.flatnonzero(present), self._blocks, self.threads)
        return self._stocks[day]

    def _input(self, step: CrossSection, name: str, day: int, stocks: Stocks) -> Any:
        """Return an input of a step over all stocks."""
        kind = self.stage_plan.kinds.get(name)
        room: Callable[[], Floats] | None = None
        if self.stage_plan.kinds[step.name] == SERIES:
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
            return DaySeries(self._part(name, day), stocks, name in self.stage_plan.masks, room)
        if kind == BROADCAST:
            return self.profiles[day - self.days.start, self.stage_plan.places[name]][None, :].copy()
        return self._lanes(name)[day - self.days.start].reshape(-1)[stocks.numbers][:, None]

    def _storage(self, name: str, day: int, stocks: Stocks, room: Callable[[], Floats] | None) -> DaySeries:
        at = self.cube.fields.index(name)
        return DaySeries(self.cube.storage[day, :, at, : self._session.minutes], stocks, room=room)

    def _part(self, name: str, day: int) -> Floats:
        """Return where a series of a day lies, shape (blocks, minutes, lanes)."""
        begin = self.stage_plan.places[name] * self._field
        part = self.buffer[day - self.days.start, :, begin : begin + self._session.minutes * LANES]
        return part.reshape(self._blocks, self._session.minutes, LANES)

    def _lanes(self, name: str) -> Floats:
        """Return where a value lies, shape (days, blocks, lanes)."""
        begin = self._series * self._field + self.stage_plan.places[name] * LANES
        return self.buffer[:, :, begin : begin + LANES]

    def _take(self, step: CrossSection, day: int, result: Any) -> None:
        """Write the result of a step to where the stages read it."""
        kind, place = self.stage_plan.kinds[step.name], self.stage_plan.places.get(step.name, 0)
        minutes, stocks = self._session.minutes, self._of(day).numbers
        if isinstance(result, NotInSession) and kind == ABSENT:
            return
        number = day - self.days.start
        if result is None:
            result = np.full((1, 1 if kind == VALUE else minutes), np.nan)
        actual = kind_of(result.shape, len(stocks), minutes) if hasattr(result, "shape") else None
        if (
            actual is None
            or kind == ABSENT
            or (kind == VALUE) != (actual == VALUE)
            or (kind == BROADCAST and len(result) != 1)
        ):
            raise ShapeMismatch(step.name)
        if kind == BROADCAST:
            self.profiles[number, place] = result[0]
        elif isinstance(result, DaySeries):
            to = self._part(step.name, day)
            if result.x.ctypes.data != to.ctypes.data:
                to[:] = result.x
        elif kind == VALUE:
            cells = np.full(self._blocks * LANES, np.nan)
            cells[stocks] = result[:, 0]
            self._lanes(step.name)[number] = cells.reshape(self._blocks, LANES)
        else:
            whole = np.full((self._blocks * LANES, minutes), np.nan)
            whole[stocks] = result
            self._part(step.name, day)[:] = whole.reshape(self._blocks, LANES, minutes).transpose(0, 2, 1)
