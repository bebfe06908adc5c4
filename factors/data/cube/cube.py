"""MinuteCube: minute bars as one dense block of memory, stocks x minutes x fields per day.

Storage is lane-blocked, (day, stock block, field, minute, lane): a block holds `LANES` stocks side by side, so that a
scan over the minutes is plain vector code and a block's day is one contiguous piece. The series are stored filled (a
minute without a bar, or with one without volume, carries the last close and no volume), because every definition reads
them so; the mask `present` keeps which bars were delivered. Before a stock's first traded bar, and in the padding of
the last block, everything is NaN. Without volumes, and on a stock-day without any, each delivered bar counts as traded.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.common.buffers import BufferPool
from factors.data.blocks.layout import LANES
from factors.data.calendar.session import Session
from factors.data.cube.build import build_arrays
from factors.data.cube.coverage import day_coverage
from factors.data.cube.series import CubeSeries
from factors.data.device.resident import Resident, resident
from factors.data.device.storage import CardStorage
from factors.data.rows import DayRows, InputReport
from factors.errors import ArgumentError, MissingFieldError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, init=False, eq=False, repr=False)
class MinuteCube:
    """Minute bars of one or more days on the session's grid.

    Made by `factors.cube`; use it as input of `factors.compute` as often as you like. Its attributes stay what they
    are; where the series lie is all that changes, by `upload` and where they come to the host.

    Attributes
    ----------
    dates : numpy.ndarray of datetime64[D], shape (days,)
        Trading days.
    symbols : numpy.ndarray of object, shape (stocks,)
        Symbols, sorted.
    sessions : tuple of Session
        Session of each day; a half day has its own.
    fields : tuple of str
        Fields held.
    storage : numpy.ndarray of float64, shape (days, blocks, fields, minutes, lanes)
        The filled series. Of a cube whose series lie in a GPU's memory only, they come to the host when this is asked
        for, and stay.
    layout : tuple of int
        Shape of the storage, for which nothing comes to the host.
    present : numpy.ndarray of bool, shape (days, blocks, minutes, lanes)
        Delivered bars.
    listed : numpy.ndarray of bool, shape (days, stocks)
        Stock-days with any row in the input.
    auction_volume : numpy.ndarray of float64, shape (days, stocks)
        Volume of a separate opening-auction bar that was merged into the first minute; NaN where there was none, or
        one without volume.
    report : InputReport or None
        How the input was understood.
    pre_close : numpy.ndarray of float64, shape (days, stocks), or None
        Previous close of each stock-day, where the input has it.
    resident : object or None
        What `upload` left on a GPU.
    """

    dates: npt.NDArray[np.datetime64]
    symbols: npt.NDArray[np.object_]
    sessions: tuple[Session, ...]
    fields: tuple[str, ...]
    present: npt.NDArray[np.bool_]
    listed: npt.NDArray[np.bool_]
    auction_volume: Floats
    report: InputReport | None
    pre_close: Floats | None
    _series: CubeSeries
    _traded_days: npt.NDArray[np.bool_] | None

    def __init__(
        self,
        dates: npt.NDArray[np.datetime64],
        symbols: npt.NDArray[np.object_],
        sessions: Sequence[Session],
        fields: Sequence[str],
        storage: Floats | CardStorage,
        present: npt.NDArray[np.bool_],
        listed: npt.NDArray[np.bool_],
        auction_volume: Floats,
        report: InputReport | None = None,
        pre_close: Floats | None = None,
        traded_days: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        vars(self).update(
            dates=dates, symbols=symbols, sessions=tuple(sessions), fields=tuple(fields), present=present,
            listed=listed, auction_volume=auction_volume, report=report, pre_close=pre_close,
            _series=CubeSeries(storage), _traded_days=traded_days,
        )  # fmt: skip

    def __copy__(self) -> MinuteCube:
        """Return a cube of the same arrays that is sent to a GPU, or taken from it, by itself."""
        found = object.__new__(type(self))
        vars(found).update(vars(self), _series=copy.copy(self._series))
        return found

    @classmethod
    def from_days(
        cls,
        days: Sequence[DayRows],
        *,
        duplicates: str = "error",
        report: InputReport | None = None,
        storage: Floats | BufferPool | None = None,
        card: CudaDevice | None = None,
    ) -> MinuteCube:
        """Build the cube from the rows of one or more days.

        Parameters
        ----------
        days : sequence of DayRows
            In date order, all with the same fields.
        duplicates : {"error", "first", "last"}
            What to do with different bars for one symbol and minute. Equal ones are dropped in any case.
        report : InputReport, optional
            Receives the counts of repaired rows; if the cube cannot be made, none.
        storage : numpy.ndarray or BufferPool, optional
            Storage of a cube that is no longer needed, used again if it is large enough, or where to take it from.
        card : CudaDevice, optional
            The GPU in whose memory the series are to lie; they come to the host when `storage` is asked for.

        Raises
        ------
        DuplicateBarsError
            If bars for one symbol and minute differ and `duplicates` is "error".
        MemoryError
            If the GPU has not so much room.
        """
        report = report if report is not None else InputReport()
        counts = InputReport()
        made = build_arrays(days, duplicates, counts, storage, card)
        report.merge(counts)
        dates = np.array([day.date for day in days], dtype="datetime64[D]")
        sessions = [day.session for day in days]
        return cls(
            dates, made.symbols, sessions, made.fields, made.series, made.present, made.listed, made.auction_volume,
            report, made.pre_close, made.traded_days,
        )  # fmt: skip

    @property
    def storage(self) -> Floats:
        """The filled series, on the host."""
        return self._series.host

    @property
    def layout(self) -> tuple[int, ...]:
        """Shape of the storage."""
        return self._series.shape

    @property
    def resident(self) -> Resident | None:
        """What lies on a GPU."""
        return self._series.resident

    @property
    def on_device_only(self) -> bool:
        """Whether the series lie in a GPU's memory and have not been asked for on the host."""
        return self._series.on_device_only

    @cached_property
    def symbol_index(self) -> pd.Index[Any]:
        """The symbols as a pandas index, made once."""
        import pandas as pd

        index: pd.Index[Any] = pd.Index(self.symbols.tolist())
        return index

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of days, stocks, minutes and fields."""
        return len(self.dates), len(self.symbols), self.layout[3], len(self.fields)

    @property
    def nbytes(self) -> int:
        """Bytes of storage and masks."""
        return 8 * math.prod(self.layout) + int(self.present.nbytes)

    def __getitem__(self, field: str) -> Floats:
        """Return a field's filled series, shape (days, stocks, minutes); (stocks, minutes) for a cube of one day.

        Raises
        ------
        MissingFieldError
            If the cube does not hold the field.
        """
        if field not in self.fields:
            raise MissingFieldError(
                f"the cube has no field {field!r}.{did_you_mean(str(field), self.fields)} "
                f"It holds {', '.join(self.fields)}."
            )
        return self._unblock(self.storage[:, :, self.fields.index(field)])

    def last(self, field: str, day: int) -> Floats:
        """Return a field's value in a day's last minute, shape (stocks,)."""
        _, _, fields, minutes, lanes = self.layout
        at, end = self.fields.index(field), self.sessions[day].minutes - 1
        block, lane = np.divmod(np.arange(len(self.symbols)), lanes)
        return self._series.pick(day, ((block * fields + at) * minutes + end) * lanes + lane)

    @property
    def delivered(self) -> npt.NDArray[np.bool_]:
        """Mask of delivered bars, shaped like a field."""
        mask: npt.NDArray[np.bool_] = self._unblock(self.present)
        return mask

    @property
    def traded(self) -> npt.NDArray[np.bool_]:
        """Mask of delivered bars with volume, shaped like a field; without a volume field, of delivered bars."""
        return self.delivered if "volume" not in self.fields else self["volume"] > 0

    @cached_property
    def traded_days(self) -> npt.NDArray[np.bool_]:
        """Stock-days with a traded bar, shape (days, stocks)."""
        if self._traded_days is not None:
            return self._traded_days
        traded: npt.NDArray[np.bool_] = np.any(self.traded.reshape(*self.listed.shape, -1), axis=2)
        return traded

    def upload(self, backend: Any = "gpu", storage: str = "float64") -> MinuteCube:
        """Keep the series on a GPU too, so that computing there sends nothing up again.

        What is written into `storage` afterwards is seen there by the next `upload` only.

        Parameters
        ----------
        backend : str or Backend
            Which GPU, as in `factors.compute`; None takes them from it.
        storage : {"float64", "ticks"}
            As ticks, prices and volumes take half the memory: whole numbers of 32 bits, exactly.

        Returns
        -------
        MinuteCube
            The cube itself.

        Raises
        ------
        ArgumentError
            If the backend is no GPU.
        InputError
            If a price or volume is no whole number of ticks, shares or lots.
        BackendUnavailable
            If it cannot be used.
        MemoryError
            If it has not so much memory.
        """
        self._series.take_down()
        if backend is not None:
            self._series.resident = resident(self, backend, storage)
        return self

    def coverage(self) -> dict[str, dict[str, float]]:
        """Return, by day, how much of the session the delivered bars cover, as shares of its minutes.

        Returns
        -------
        dict of str to dict
            ``reach``: minutes up to the last bar of any stock; ``coverage``: bars of the median stock.
        """
        return {day: dict(shares) for day, shares in self._coverage.items()}  # the caller's own

    @cached_property
    def _coverage(self) -> dict[str, dict[str, float]]:
        days = zip(self.dates, self.present, self.listed, self.sessions, strict=True)
        return {str(date): day_coverage(here, listed, session.minutes) for date, here, listed, session in days}

    def _unblock(self, blocked: npt.NDArray[Any]) -> npt.NDArray[Any]:
        days, blocks, minutes, lanes = blocked.shape
        rows = blocked.transpose(0, 1, 3, 2).reshape(days, blocks * lanes, minutes)[:, : len(self.symbols)]
        return np.ascontiguousarray(rows[0] if days == 1 else rows)  # a copy: the cube's storage is not to be edited

    def frame(self, symbol: str, date: str | None = None) -> Any:
        """Return one stock's filled bars of a day as a pandas frame indexed by clock minute, for a look.

        Raises
        ------
        ArgumentError
            If the cube does not hold the symbol or the date.
        """
        import pandas as pd

        where = np.flatnonzero(self.symbols == symbol)
        if not len(where):
            raise ArgumentError(
                f"symbol={symbol!r} is not in the cube.{did_you_mean(str(symbol), self.symbols.tolist())}"
            )
        if date is None and len(self.dates) > 1:
            raise ArgumentError(f"date=None: the cube holds {len(self.dates)} days; name one, such as {self.dates[0]}.")
        try:
            wanted = self.dates[0] if date is None else np.datetime64(date, "D")
        except ValueError:
            raise ArgumentError(f"date={date!r} is no day; write it as {str(self.dates[0])!r}.") from None
        day = int(np.searchsorted(self.dates, wanted))
        if day == len(self.dates) or self.dates[day] != wanted:
            raise ArgumentError(f"date={date!r} is not in the cube, which spans {self.dates[0]} to {self.dates[-1]}.")
        session = self.sessions[day]
        block, lane = divmod(int(where[0]), LANES)
        bars = self.storage[day, block, :, : session.minutes, lane]
        frame = pd.DataFrame(dict(zip(self.fields, bars, strict=True)), index=pd.Index(session.clock(), name="time"))
        frame["present"] = self.present[day, block, : session.minutes, lane]
        return frame

    def __repr__(self) -> str:
        days, stocks, minutes, _ = self.shape
        span = f"{self.dates[0]}" if days == 1 else f"{self.dates[0]} to {self.dates[-1]}"
        bars = int(self.present.sum())
        return (
            f"<MinuteCube {days} day{'s' if days > 1 else ''} ({span}) x {stocks} stocks x {minutes} minutes, "
            f"{', '.join(self.fields)}; {bars:,} bars, {self.nbytes / 1e6:.1f} MB, {self.sessions[0].name}>"
        )
