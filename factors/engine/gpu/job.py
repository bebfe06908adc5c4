"""What is to be run on a GPU: emitted codes, and the series they read, on the host or on the device."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from factors import backends
from factors.backends import Backend
from factors.backends.card import Card
from factors.backends.cpu import cores
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.data.ticks import Tick, ticks_of
from factors.engine.choose import check_storage
from factors.engine.gpu.packing import Packing
from factors.errors import ArgumentError

BATCH = 32 << 20
"""Bytes that go up in a batch, at least: a copy of less does not reach the bus's speed."""
FILL = 512
"""Threads a multiprocessor wants, so that one computes while another waits for memory."""


@dataclass(frozen=True)
class Code:
    """Emitted code and the memory that it wants.

    Attributes
    ----------
    text : str
        As of `emit`, for a storage that holds only the fields that are read.
    scratch, values, outputs : int
        Stored series, kept values and results of a stock-day.
    """

    text: str
    scratch: int
    values: int
    outputs: int


@dataclass(frozen=True)
class Beside:
    """What crosses between the stages of some days, on the host.

    Attributes
    ----------
    buffer : float64 array, shape (blocks, size)
        Series and values of each block of stocks.
    profiles : float64 array, shape (days, numbers)
        What is the same for all stocks of a day.
    each_day : int
        Blocks of a day.
    writes : bool
        Whether the code writes series for a later stage.
    """

    buffer: Floats
    profiles: Floats
    each_day: int
    writes: bool


def settle(card: Card, streams: Sequence[Any]) -> None:
    """Wait for what is under way when something fails: its memory goes back to pools, and to others from there."""
    for stream in streams:
        with suppress(Exception):  # the failure itself is told
            card.wait(stream)


class Resident:
    """Series of a cube in the memory of a GPU, where computing finds them.

    Parameters
    ----------
    card : Card
        The GPU.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other.
    ticks : sequence of Tick or None, optional
        What whole numbers count, of each field; default: all are float64.
    threads : int
        Threads of the host that pack them.

    Raises
    ------
    MemoryError
        If the device has not so much room.
    """

    @classmethod
    def held(cls, card: Card, buffer: Any, blocks: int, fields: int, row: int) -> Resident:
        """Return the series of some blocks that a buffer of the device holds already."""
        found = cls.__new__(cls)
        found.card, found.buffer, found.blocks, found.packing = card, buffer, blocks, Packing(range(fields), row)
        return found

    def __init__(
        self, card: Card, storage: Floats, ticks: Sequence[Tick | None] | None = None, threads: int = 1
    ) -> None:
        self.blocks, fields, minutes, lanes = storage.shape
        self.card, self.packing = card, Packing(range(fields), minutes * lanes, ticks)
        self.buffer = card.buffer(self.packing.size(self.blocks))
        step = max(1, BATCH // (8 * self.packing.size(1)))
        streams = [(card.stream(), card.pinned(self.packing.size(step))) for _ in range(2)]
        try:
            for number, first in enumerate(range(0, self.blocks, step)):
                stream, memory = streams[number % 2]
                card.wait(stream)
                part = storage[first : first + step]
                up = self.packing.pack(memory, part, threads)
                for begin, size, at in self.packing.pieces(first, len(part), self.blocks):
                    card.upload(self.buffer, up[begin : begin + size], stream, at)
            for stream, _ in streams:
                card.wait(stream)
        except BaseException:
            settle(card, [stream for stream, _ in streams])
            raise


def resident(cube: MinuteCube, backend: str | Backend, storage: str = "float64") -> Resident:
    """Send a cube's series to a GPU; as `MinuteCube.upload`."""
    check_storage(storage)
    device = backends.get(backend)
    card = getattr(device, "card", None)
    if card is None:
        raise ArgumentError(f"backend={device.name!r}: a cube can be sent to a GPU only.")
    days, blocks, fields, minutes, lanes = cube.storage.shape
    ticks = ticks_of(cube) if storage == "ticks" else None
    return Resident(card, cube.storage.reshape(days * blocks, fields, minutes, lanes), ticks, cores())


class Job:
    """What is to be run on a GPU.

    Parameters
    ----------
    codes : sequence of Code
        Emitted codes that read the same storage; they run side by side, their results come one after the other.
    fields : sequence of int
        Fields of the cube that they read, in the order in which they stand in the codes.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other; where `there` is, only its shape.
    ticks : sequence of Tick or None, optional
        What whole numbers count, of each field, if they are to go up as such.
    there : Resident, optional
        The same series in the device's memory: nothing goes up.
    at : int
        Which of its blocks is the first of `storage`.
    beside : Beside, optional
        What the codes read and write beside the storage, where they are a stage's.
    """

    def __init__(
        self,
        codes: Sequence[Code],
        fields: Sequence[int],
        storage: Floats | tuple[int, ...],
        ticks: Sequence[Tick | None] | None = None,
        there: Resident | None = None,
        at: int = 0,
        beside: Beside | None = None,
    ) -> None:
        self.codes, self.fields, self.there, self.at = codes, tuple(fields), there, at
        self.storage = None if isinstance(storage, tuple) else storage
        shape = storage if isinstance(storage, tuple) else storage.shape
        self.beside = beside
        self.total, self.minutes = shape[0], shape[2]
        self.row = self.minutes * LANES
        assert there is not None or self.storage is not None
        self.sent = Packing(self.fields, self.row, ticks) if there is None else None
        self.packing = there.packing if there is not None else Packing(self.fields, self.row, ticks)
        self.expands = self.packing.ticks is not None
        assert self.expands or self.packing.fields == self.fields

    @property
    def block_bytes(self) -> int:
        """Memory of the device that a block of stocks takes while it is computed."""
        sent = self.sent.size(1) if self.sent else 0
        expanded = LANES * self.minutes * len(self.fields) if self.expands else 0
        own = sum(LANES * (self.minutes * code.scratch + code.values + code.outputs) for code in self.codes)
        return 8 * (sent + expanded + own + (self.beside.buffer.shape[1] if self.beside else 0))
