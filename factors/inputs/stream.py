"""Minute bars of any kind as cubes of some days each, one after the other, with the days before them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from factors.backends import Backend
from factors.common.threads import prefetch
from factors.data.calendar.session import Session
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.chunks import CHUNK, chunk_days, recycle
from factors.data.cube.cube import MinuteCube
from factors.data.cube.days_before import EarlierDays
from factors.data.reader.lookback import History
from factors.data.rows import InputReport
from factors.engine.planning.market import fields_to_load
from factors.engine.planning.plan import Plan
from factors.errors import ArgumentError
from factors.inputs.cube import refuse_options

MOST = 2**30
"""Bytes of cube that are in memory at once for a GPU, at most."""


class InputStream(ABC):
    """Minute bars, opened: what they are, and then their days.

    Attributes
    ----------
    fields : sequence of str
        Fields that the input has.
    session : Session
        The longest of its days' sessions.
    report : InputReport
        How the input was understood.
    kind : str
        What results are given back as, where the kind of the input is asked for.
    seconds : dict of str to float
        Time spent on reading and on making cubes.
    days_before : int
        Days before the first that look-back bars gave.
    is_cube : bool
        Whether it is a cube of the caller's, who may compute from it again.
    """

    fields: Sequence[str]
    session: Session
    report: InputReport
    kind: str
    seconds: dict[str, float]
    days_before: int = 0
    is_cube = False

    @property
    @abstractmethod
    def has_pre_close(self) -> bool:
        """Whether the input itself says the previous closes."""

    @abstractmethod
    def cubes(self, plan: Plan) -> Iterator[tuple[MinuteCube, EarlierDays | None]]:
        """Yield the days in cubes for a plan, and the days before each; it is done with when the next is asked for."""

    def days_needed(self, plan: Plan) -> int:
        """Return how many days a plan reads before a stock-day's own."""
        return max(plan.history, int("pre_close" in plan.given and not self.has_pre_close))


class CubeStream(InputStream):
    """A cube that the caller made: each of its days sees those before it."""

    is_cube = True

    def __init__(self, cube: MinuteCube, options: ReadOptions, lookback: Any = None) -> None:
        refuse_options(options)
        if lookback is not None:
            raise ArgumentError("lookback= has no effect on a MinuteCube: each of its days sees those before it.")
        self._cube = cube
        self.fields = cube.fields
        self.session = max(cube.sessions, key=lambda session: session.minutes)
        self.report = cube.report or InputReport()
        self.kind = "pandas"
        self.seconds = {"read": 0.0, "prepare": 0.0}

    @property
    def has_pre_close(self) -> bool:
        """Whether the cube has the previous closes."""
        return self._cube.pre_close is not None

    def cubes(self, plan: Plan) -> Iterator[tuple[MinuteCube, EarlierDays | None]]:
        """Yield the cube."""
        yield self._cube, None


class BarStream(InputStream):
    """Minute bars that are read a day at a time and gathered into cubes, so that any number of days fits in memory.

    Parameters
    ----------
    minute_bars : frame, table, path, glob or list of paths
        As in `factors.compute`.
    options : ReadOptions
        How they are to be read.
    plan : Plan
        What is to be computed, whatever the input has: what it reads is loaded.
    market : object
        The market's return, as in `factors.compute`.
    device : Backend
        Where it is computed.
    on_device : bool
        Whether the series may lie in the device's memory only.
    lookback : object, optional
        Bars of the days before.
    """

    def __init__(
        self, minute_bars: Any, options: ReadOptions, plan: Plan, market: Any, device: Backend,
        on_device: bool = False, lookback: Any = None,
    ) -> None:  # fmt: skip
        from factors.data.reader.reader import open_bars

        begin = time.perf_counter()
        self._options, self._lookback = options, lookback
        self._bars = open_bars(
            minute_bars, options, fields=fields_to_load(plan, market), on=device if on_device else None
        )
        self._own_close = "pre_close" in plan.given and self._bars.add_pre_close()
        # a GPU takes as many days at once as leave room for the temporaries; a CPU what stays near its caches
        self._chunk = CHUNK if device.block is not None else max(CHUNK, min(MOST, device.free_bytes() // 16))
        self.fields, self.session = self._bars.available, self._bars.session
        self.report, self.kind = self._bars.report, self._bars.kind
        self.seconds = {"read": time.perf_counter() - begin, "prepare": 0.0}

    @property
    def has_pre_close(self) -> bool:
        """Whether a column of the input has the previous closes."""
        return self._own_close

    def cubes(self, plan: Plan) -> Iterator[tuple[MinuteCube, EarlierDays | None]]:
        """Yield the days in cubes of a bounded size, each with what the plan reads of the days before it."""
        history = History(self.days_needed(plan), plan.past)
        first = True
        days, options = self._bars.days(), self._options
        for cube in prefetch(
            chunk_days(days, self._chunk, options.duplicates, self.report, self.seconds, self._bars.on)
        ):
            if history.days:
                if first and self._lookback is not None:
                    history.look_back(self._lookback, cube.dates[0], options)
                if first:
                    self.days_before = len(history.dates)
            first, was_on_device = False, cube.on_device_only
            yield cube, history.before(cube) if history.days else None
            history.record(cube)
            if was_on_device and not cube.on_device_only:
                self.report.count("days whose series came from the GPU to the host", len(cube.dates))
            recycle(cube)
            del cube
