"""Long rows in a GPU's memory, written there into the storage of a cube: what `factors.data.scatter` does on the host.

The columns stay where they are. What goes up is where each row belongs, seven bytes of it; what comes down is a byte
for each minute that says whether its bar was delivered, and the counts of repaired rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.card import Card
from factors.data.cube import LANES
from factors.data.native import KINDS
from factors.data.on_card import CardColumns, CardPiece
from factors.data.rows import PRICES, DayRows, Floats, InputReport
from factors.data.scatter import CLOCKS
from factors.data.scatter import scatter as on_host
from factors.data.session import BEFORE, OWN
from factors.engine.compile import KERNEL
from factors.engine.gpu.job import Resident, settle
from factors.engine.gpu.text import OPTIONS

THREADS = 256
SOURCE = KERNEL / "rows.cu"
NAMES = ("gather_rows", "clear_day", "write_close", "write_field", "count_crossed", "merge_field", "fill_day")
HOW = ("high", "low", "keep", "take", "add")
"""Ways to merge two bars, in the order of the kernel's `How`."""

Rows = npt.NDArray[np.int64]
log = logging.getLogger("factors")


def kernels(card: Card) -> dict[str, Any]:
    """Return the kernels by name."""
    code = f"#define THREADS {THREADS}\n" + SOURCE.read_text(encoding="utf-8")
    return dict(zip(NAMES, card.load(code, OPTIONS, NAMES), strict=True))


class _Asked:
    """What is to happen on a card, in order; all of it begins with `run`.

    So all memory is taken before the stream is made, which waits for whatever used that memory before.
    """

    def __init__(self, card: Card) -> None:
        self.card, self._kernels = card, kernels(card)
        self._held: list[Any] = []
        self._steps: list[Callable[[Any], None]] = []

    def room(self, size: int) -> Any:
        """Return memory of the device for so many bytes."""
        found = self.card.buffer(max(1, -(-size // 8)))
        self._held.append(found)
        return found

    def send(self, array: npt.NDArray[Any]) -> Any:
        """Return memory of the device that receives a copy."""
        size = max(1, -(-array.nbytes // 8))
        buffer, memory = self.room(8 * size), self.card.pinned(size)
        memory[-1] = 0.0  # what fills the last number up
        memory.view(np.uint8)[: array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        self.upload(buffer, memory)
        return buffer

    def upload(self, buffer: Any, memory: Floats, at: int = 0) -> None:
        """Copy pinned memory into a buffer."""
        card = self.card  # steps refer to it and not to this: a cycle would keep the memory
        self._steps.append(lambda stream: card.upload(buffer, memory, stream, at))

    def fetch(self, buffer: Any, size: int) -> npt.NDArray[np.uint8]:
        """Return memory of the host that receives so many bytes of the device."""
        card = self.card
        memory = card.pinned(max(1, -(-size // 8)))
        self._steps.append(lambda stream: card.download(memory, buffer, stream))
        return memory.view(np.uint8)[:size]

    def launch(self, name: str, number: int, *given: Any) -> None:
        """Run a kernel of so many threads."""
        what, kernel, blocks, card = (*given, number), self._kernels[name], -(-number // THREADS), self.card
        if number:
            self._steps.append(lambda stream: card.launch(kernel, blocks, THREADS, what, stream))

    def run(self) -> None:
        """Do all of it, and wait."""
        stream = self.card.stream()
        try:
            for step in self._steps:
                step(stream)
            self.card.wait(stream)
        except BaseException:
            settle(self.card, [stream])
            raise
        finally:
            self._steps.clear()
            self._held.clear()


def gather(card: Card, column: Any, rows: slice | Rows) -> Floats:
    """Return some numbers of a column on the host, as float64."""
    number = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    if not number:
        return np.empty(0)
    asked = _Asked(card)
    index = column if isinstance(rows, slice) else asked.send(rows.astype(np.int32))
    out = asked.room(8 * number)
    first = rows.start if isinstance(rows, slice) else -1
    asked.launch("gather_rows", number, column, _kind(column), index, first, out)
    found = asked.fetch(out, 8 * number).view(np.float64)
    asked.run()
    return found.copy()


def compact(card: Card, pieces: Sequence[CardPiece]) -> dict[str, Any]:
    """Return the columns of some pieces, one after the other, as float64 in memory of their own."""
    asked, number = _Asked(card), sum(map(len, pieces))
    found = {name: card.buffer(number) for name in pieces[0].columns}
    at = 0
    for piece in pieces:
        first = piece.rows.start if isinstance(piece.rows, slice) else -1
        index = None if isinstance(piece.rows, slice) else asked.send(piece.rows.astype(np.int32))
        for name, out in found.items():
            column = piece.columns[name]
            which = column if index is None else index
            asked.launch("gather_rows", len(piece), column, _kind(column), which, first, out[at : at + len(piece)])
        at += len(piece)
    asked.run()
    return found


def _kind(column: Any) -> int:
    return KINDS.index(np.dtype(column.dtype).str[1:])


class CardStorage:
    """Storage of a cube that lies in a GPU's memory only.

    Parameters
    ----------
    card : Card
        The GPU.
    shape : tuple of int
        (days, blocks, fields, minutes, lanes).

    Raises
    ------
    MemoryError
        If the device has not so much room.
    """

    def __init__(self, card: Card, shape: tuple[int, ...]) -> None:
        self.card, self.shape = card, shape
        self._each = int(np.prod(shape[1:]))
        self.buffer = card.buffer(shape[0] * self._each)

    def scatter(
        self, number: int, day: DayRows, code: npt.NDArray[np.int32], own: npt.NDArray[np.int32],
        symbols: npt.NDArray[np.object_], present: npt.NDArray[np.bool_], auction_volume: Floats, duplicates: str,
        report: InputReport,
    ) -> None:  # fmt: skip
        """Write a day's rows, wherever they lie; as `factors.data.scatter.scatter`.

        `own` is the place among `symbols` of each of the day's. A day with two rows for one bar is written on the host,
        where they are compared.
        """
        if isinstance(day.fields, CardColumns):
            if self._write(number, day, own, present, auction_volume, report):
                return
            report.count("days with bars given twice, written on the host", 1)
            day = replace(day, fields=day.fields.on_host())
        storage = np.empty(self.shape[1:])
        on_host(day, code, symbols, storage, present, auction_volume, duplicates, report)
        asked = _Asked(self.card)
        memory = self.card.pinned(self._each)
        memory[:] = storage.reshape(-1)
        asked.upload(self.buffer, memory, number * self._each)
        asked.run()

    def resident(self) -> Resident:
        """Return the series as what computing finds there."""
        days, blocks, fields, minutes, lanes = self.shape
        return Resident.held(self.card, self.buffer, days * blocks, fields, minutes * lanes)

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
        auction_volume: Floats, report: InputReport,
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
        counts, mask, auction = found
        present[:] = mask.reshape(present.shape)
        auction_volume[:] = auction
        report.rows += len(day.code)
        for f, name in enumerate(day.names):
            report.count(f"{name} infinite", int(counts[2 * f]))
            report.count(f"{name} <= 0" if name in PRICES else f"{name} < 0", int(counts[2 * f + 1]))
        report.count("high < low", int(counts[-3]))
        report.count("bars without a close", int(counts[-2]))
        report.count("auction and closing bars merged", int(counts[-1]))
        return True


class _Day:
    """A day on its way into the storage."""

    def __init__(self, to: CardStorage, number: int, day: DayRows, own: npt.NDArray[np.int32]) -> None:
        assert isinstance(day.fields, CardColumns)
        self.asked, self.day, self.fields = _Asked(to.card), day, day.fields
        asked = self.asked
        _, self.blocks, _, self.minutes, _ = to.shape
        self.row = self.minutes * LANES
        self.size = len(day.names) * self.row
        self.storage = to.buffer[number * to._each : (number + 1) * to._each]
        self.marks = self.blocks * self.row
        self.owner, self.alive = asked.room(4 * self.marks), asked.room(len(day.code))
        self.places = [asked.send(array) for array in (day.code, day.minute, day.role, own)]
        self.pieces = self.fields.table.pieces
        self.starts = self.fields.table.starts
        index = [np.zeros(len(p), np.int32) if isinstance(p.rows, slice) else p.rows for p in self.pieces]
        some = any(not isinstance(p.rows, slice) for p in self.pieces)
        self.rows = (
            asked.send(np.concatenate(index).astype(np.int32)) if some else self.places[0]
        )  # never read where all are slices
        self.units = {name: self._unit(name, own) for name in day.names}

    def _unit(self, name: str, own: npt.NDArray[np.int32]) -> tuple[float, Any, int]:
        """Return a field's unit: the number, that of each of the cube's stocks, and whether it depends on the stock."""
        unit = self.fields.units.get(name, 1.0)
        if not isinstance(unit, np.ndarray):
            return float(unit), self.places[0], 0
        of_stock = np.ones(self.blocks * LANES)
        of_stock[own] = unit
        return 1.0, self.asked.send(of_stock), 1

    def _column(self, piece: CardPiece, name: str) -> tuple[Any, ...]:
        values = piece.columns[self.fields.columns[name]]
        return (values, _kind(values), *self.units[name], int(name in PRICES))

    def _where(self, piece: CardPiece) -> tuple[Any, int]:
        return self.rows, piece.rows.start if isinstance(piece.rows, slice) else -1

    def write(
        self, merged: Rows, clocks: npt.NDArray[np.int32], stocks: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], Floats] | None:
        """Write everything; return counts, the last being that of merged bars, mask and auction volume.

        None where two rows are one bar.
        """
        names, asked = self.day.names, self.asked
        counters = 2 * len(names) + 3
        counts, auction = asked.room(8 * counters), asked.room(8 * stocks)
        whole = max(self.marks, stocks, counters)
        asked.launch("clear_day", whole, self.owner, self.marks, auction, stocks, counts, counters)
        for piece, begin in zip(self.pieces, self.starts, strict=False):
            here = (*self._where(piece), begin)
            for name in ("close", *(name for name in names if name != "close")):
                cube = (self.storage, self.owner, names.index(name), self.size, self.row, self.alive, counts)
                given = (*self._column(piece, name), *here, *self.places, *cube)
                if name == "close":
                    asked.launch("write_close", len(piece), *given, len(names))
                else:
                    asked.launch("write_field", len(piece), *given)
            if {"high", "low"} <= set(names):
                high, low = (self._column(piece, name)[:3] for name in ("high", "low"))
                asked.launch("count_crossed", len(piece), *high[:2], *low, *here, counts, len(names))
        self._merge(merged, clocks, auction)
        prices = sum(1 << f for f, name in enumerate(names) if name in PRICES)
        mask = asked.room(self.marks)
        used = self.day.session.minutes
        given = (self.storage, self.owner, mask, len(names), names.index("close"), prices, used, self.minutes)
        asked.launch("fill_day", self.blocks * LANES * len(names), *given)
        alive = asked.fetch(self.alive, len(self.day.code)) if len(merged) else np.empty(0, np.uint8)
        down = [asked.fetch(*what) for what in ((counts, 8 * counters), (mask, self.marks), (auction, 8 * stocks))]
        asked.run()
        found = down[0].view(np.int64).copy()
        if found[-1]:
            return None
        found[-1] = np.count_nonzero(alive[merged])
        return found, down[1].view(np.bool_), down[2].view(np.float64)

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
                    ends = (picked, how, int(name == "close"), auction, int(name == "volume" and role == BEFORE))
                    given = (*self._column(piece, name), *self._where(piece), begin, *self.places, *cube, *ends)
                    self.asked.launch("merge_field", b - a, *given)


def _how(name: str, role: int) -> str:
    """Return how a bar in front of (or behind) another is merged with it."""
    if name in ("high", "low"):
        return name
    if name in PRICES:  # the open is the earlier bar's, the close the later one's
        return "take" if (name == "open") == (role == BEFORE) else "keep"
    return "add"
