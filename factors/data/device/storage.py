"""Long rows in a GPU's memory, written into a cube's storage there as `factors.data.blocks.scatter` does on the host.

The columns stay where they are. What goes up is where each row belongs, seven bytes of it; what comes down is a byte
for each minute that says whether its bar was delivered, and the counts of repaired rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.common.fields import PRICES
from factors.common.scaling import divisor_of
from factors.data.blocks.layout import LANES
from factors.data.blocks.scatter import scatter as on_host
from factors.data.calendar.session import BEFORE, CLOCKS, OWN
from factors.data.device.columns import CardColumns
from factors.data.device.packing import Packing
from factors.data.device.resident import Resident
from factors.data.device.transfer import HOW, CardPiece, Queue, gather, kind_number
from factors.data.rows import DayRows, InputReport, report_contradictions

Rows = npt.NDArray[np.int64]


class CardStorage:
    """Storage of a cube that lies in a GPU's memory only.

    Parameters
    ----------
    card : CudaDevice
        The GPU.
    shape : tuple of int
        (days, blocks, fields, minutes, lanes).

    Raises
    ------
    MemoryError
        If the device has not so much room.
    """

    def __init__(self, card: CudaDevice, shape: tuple[int, ...]) -> None:
        self.card, self.shape = card, shape
        self._each = int(np.prod(shape[1:]))
        self.buffer = card.buffer(shape[0] * self._each)

    def scatter(
        self, number: int, day: DayRows, code: npt.NDArray[np.int32], own: npt.NDArray[np.int32],
        symbols: npt.NDArray[np.object_], present: npt.NDArray[np.bool_], traded: npt.NDArray[np.bool_],
        auction_volume: Floats, duplicates: str, report: InputReport,
    ) -> None:  # fmt: skip
        """Write a day's rows, wherever they lie; as `factors.data.blocks.scatter.scatter`.

        `own` is the place among `symbols` of each of the day's. A day with two rows for one bar is written on the host,
        where they are compared.
        """
        if isinstance(day.fields, CardColumns):
            if self._write(number, day, own, present, traded, auction_volume, report):
                return
            report.count("days with bars given twice, written on the host", 1)
            day = replace(day, fields=day.fields.on_host())
        storage = np.empty(self.shape[1:])
        on_host(day, code, symbols, storage, present, traded, auction_volume, duplicates, report)
        asked = Queue(self.card)
        memory = self.card.pinned(self._each)
        memory[:] = storage.reshape(-1)
        asked.upload(self.buffer, memory, number * self._each)
        asked.run()

    def resident(self) -> Resident:
        """Return the series as what computing finds there."""
        days, blocks, fields, minutes, lanes = self.shape
        return Resident(self.card, self.buffer, days * blocks, Packing(range(fields), minutes * lanes))

    def pick(self, day: int, cells: Rows) -> Floats:
        """Return some numbers of a day, given by where they lie in it."""
        whole = self.buffer[day * self._each : (day + 1) * self._each]
        try:
            return gather(self.card, whole, cells)
        except MemoryError:
            found: Floats = self.card.host(whole)[cells]
            return found

    def host(self) -> Floats:
        """Return a copy on the host."""
        whole: Floats = self.card.host(self.buffer)
        return whole.reshape(self.shape)

    def _write(
        self, number: int, day: DayRows, own: npt.NDArray[np.int32], present: npt.NDArray[np.bool_],
        traded: npt.NDArray[np.bool_], auction_volume: Floats, report: InputReport,
    ) -> bool:  # fmt: skip
        """Write a day on the device; False where two rows are one bar, and nothing has been reported."""
        merged = np.flatnonzero(day.role != OWN)
        clocks = day.clock[merged]
        keys = day.code[merged].astype(np.int64) * CLOCKS + clocks
        if len(np.unique(keys)) < len(keys):
            return False
        found = _Day(self, number, day, own).write(merged, clocks, len(auction_volume))
        if found is None:
            return False
        counts, mask, trades, auction = found
        present[:] = mask.reshape(present.shape)
        traded[:] = (trades if "volume" in day.names else present.any(axis=1).reshape(-1))[: len(traded)]
        auction_volume[:] = auction
        report.rows += len(day.code)
        for f, name in enumerate(day.names):
            report.count(f"{name} infinite", int(counts[2 * f]))
            report.count(f"{name} <= 0" if name in PRICES else f"{name} < 0", int(counts[2 * f + 1]))
        report_contradictions(day, int(counts[-4]), int(counts[-3]), report)
        report.count("bars without a close", int(counts[-2]))
        report.count("auction and closing bars merged", int(counts[-1]))
        return True


class _Day:
    """A day on its way into the storage."""

    def __init__(self, to: CardStorage, number: int, day: DayRows, own: npt.NDArray[np.int32]) -> None:
        assert isinstance(day.fields, CardColumns)
        self.asked, self.day, self.fields = Queue(to.card), day, day.fields
        asked = self.asked
        _, self.blocks, _, self.minutes, _ = to.shape
        self.row = self.minutes * LANES
        self.size = len(day.names) * self.row
        self.storage = to.buffer[number * to._each : (number + 1) * to._each]
        self.marks = self.blocks * self.row
        self.owner, self.alive = asked.room(4 * self.marks), asked.room(len(day.code))
        self.traded = asked.room(self.blocks * LANES)
        self.places = [asked.send(array) for array in (day.code, day.minute, day.role, own)]
        self.pieces = self.fields.table.pieces
        self.starts = self.fields.table.starts
        index = [np.zeros(len(p), np.int32) if isinstance(p.rows, slice) else p.rows for p in self.pieces]
        some = any(not isinstance(p.rows, slice) for p in self.pieces)
        self.rows = (
            asked.send(np.concatenate(index).astype(np.int32)) if some else self.places[0]
        )  # never read where all are slices
        self.units = {name: self._unit(name, own) for name in day.names}

    def _unit(self, name: str, own: npt.NDArray[np.int32]) -> tuple[float, float, Any, int]:
        """Return a field's unit, what to divide by instead, that of each stock, and whether it depends on the stock."""
        unit = self.fields.units.get(name, 1.0)
        if not isinstance(unit, np.ndarray):
            return float(unit), divisor_of(float(unit)), self.places[0], 0
        of_stock = np.ones(self.blocks * LANES)
        of_stock[own] = unit
        return 1.0, 1.0, self.asked.send(of_stock), 1

    def _column(self, piece: CardPiece, name: str) -> tuple[Any, ...]:
        values = piece.columns[self.fields.columns[name]]
        return (values, kind_number(values), *self.units[name], int(name in PRICES))

    def _where(self, piece: CardPiece) -> tuple[Any, int]:
        return self.rows, piece.rows.start if isinstance(piece.rows, slice) else -1

    def write(
        self, merged: Rows, clocks: npt.NDArray[np.int32], stocks: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_], Floats] | None:
        """Write everything; return counts, the last being that of merged bars, mask, traded stocks and auction volume.

        None where two rows are one bar.
        """
        names, asked = self.day.names, self.asked
        counters = 2 * len(names) + 4
        counts, auction = asked.room(8 * counters), asked.room(8 * stocks)
        lanes = self.blocks * LANES
        whole = max(self.marks, lanes, counters)
        cleared = (self.owner, self.marks, self.traded, lanes, auction, stocks, counts, counters)
        asked.launch("clear_day", whole, *cleared)
        for piece, begin in zip(self.pieces, self.starts, strict=False):
            here = (*self._where(piece), begin)
            for name in ("close", *(name for name in names if name != "close")):
                cube = (self.storage, self.owner, names.index(name), self.size, self.row, self.alive, counts)
                given = (*self._column(piece, name), *here, *self.places, *cube)
                if name == "close":
                    asked.launch("write_close", len(piece), *given, len(names))
                    self._judge(piece, here, counts)
                else:
                    asked.launch("write_field", len(piece), *given, int(name in ("high", "low")))
        if "volume" in names:
            self._drop_empty()
        self._merge(merged, clocks, auction)
        prices = sum(1 << f for f, name in enumerate(names) if name in PRICES)
        mask = asked.room(self.marks)
        used = self.day.session.minutes
        given = (self.storage, self.owner, mask, len(names), names.index("close"), prices, used, self.minutes)
        asked.launch("fill_day", lanes * len(names), *given)
        alive = asked.fetch(self.alive, len(self.day.code)) if len(merged) else np.empty(0, np.uint8)
        sizes = ((counts, 8 * counters), (mask, self.marks), (self.traded, lanes), (auction, 8 * stocks))
        down = [asked.fetch(*what) for what in sizes]
        asked.run()
        found = down[0].view(np.int64).copy()
        if found[-1]:
            return None
        found[-1] = np.count_nonzero(alive[merged] & 1)
        return found, down[1].view(np.bool_), down[2].view(np.bool_), down[3].view(np.float64)

    def _drop_empty(self) -> None:
        """Find the stocks that traded, and take their bars without volume for absent ones."""
        for kernel, to in (("note_traded", ()), ("drop_empty", (self.owner, self.row))):
            for piece, begin in zip(self.pieces, self.starts, strict=False):
                given = (*self._column(piece, "volume"), *self._where(piece), begin, *self.places)
                self.asked.launch(kernel, len(piece), *given, *to, self.alive, self.traded)

    def _judge(self, piece: CardPiece, here: tuple[Any, ...], counts: Any) -> None:
        """Mark the rows whose high and low contradict their close or each other."""
        ends: list[Any] = []
        for name in ("high", "low"):
            there = name in self.day.names
            ends += [*self._column(piece, name if there else "close")[:2], int(there)]
        given = (*ends, *self._column(piece, "close")[:4], *here, self.alive, counts, len(self.day.names))
        self.asked.launch("judge_range", len(piece), *given)

    def _merge(self, merged: Rows, clocks: npt.NDArray[np.int32], auction: Any) -> None:
        """Merge the bars before and behind their minutes: the latest goes first in front, the earliest first behind."""
        order: Sequence[int] = np.unique(clocks).tolist()
        roles = self.day.role[merged]
        steps = [(role, clock) for role in (BEFORE, -BEFORE) for clock in (order[::-1] if role == BEFORE else order)]
        names = [name for name in self.day.names if name != "close"]
        for role, clock in steps:
            rows = merged[(clocks == clock) & (roles == role)]
            cuts = np.searchsorted(rows, self.starts).tolist()
            for piece, begin, a, b in zip(self.pieces, self.starts, cuts, cuts[1:], strict=False):
                if a == b:
                    continue
                picked = self.asked.send(rows[a:b].astype(np.int32))
                for name in (*names, "close"):
                    how = HOW.index(_how(name, role))
                    cube = (self.storage, self.owner, self.day.names.index(name), self.size, self.row, self.alive)
                    kind = (int(name == "volume" and role == BEFORE), int(name in ("high", "low")))
                    ends = (picked, how, int(name == "close"), auction, *kind)
                    given = (*self._column(piece, name), *self._where(piece), begin, *self.places, *cube, *ends)
                    self.asked.launch("merge_field", b - a, *given)


def _how(name: str, role: int) -> str:
    """Return how a bar in front of (or behind) another is merged with it."""
    if name in ("high", "low"):
        return name
    if name in PRICES:  # the open is the earlier bar's, the close the later one's
        return "take" if (name == "open") == (role == BEFORE) else "keep"
    return "add"
