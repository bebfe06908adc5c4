"""Running emitted code on a GPU: blocks of stocks go up, through the kernels, and their factors come down.

Several batches are under way at a time, each on a stream of its own: while one is copied up another computes and a
third comes down. What is copied lies in pinned memory, where only the fields that are read are packed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from factors import backends
from factors.backends import Backend
from factors.backends.card import Card
from factors.backends.cpu import cores
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.data.ticks import Tick, ticks_of
from factors.engine.choose import check_storage
from factors.engine.gpu.packing import Packing
from factors.engine.gpu.text import OPTIONS, THREADS, programs
from factors.errors import ArgumentError, CompilerError
from factors.threads import each

UNDER_WAY = 4
"""Batches at a time."""
BATCH = 32 << 20
"""Bytes of a batch, at least: a copy of less does not reach the bus's speed."""
SHARE = 0.8
"""Of the device's free memory, what batches take at most."""

log = logging.getLogger("factors")

_LOADED: WeakKeyDictionary[Card, dict[str, list[Any]]] = WeakKeyDictionary()
_LOCK = threading.Lock()


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

    def __init__(
        self, card: Card, storage: Floats, ticks: Sequence[Tick | None] | None = None, threads: int = 1
    ) -> None:
        self.blocks, fields, minutes, lanes = storage.shape
        self.card, self.packing = card, Packing(range(fields), minutes * lanes, ticks)
        self.buffer = card.buffer(self.packing.size(self.blocks))
        step = max(1, BATCH // (8 * self.packing.size(1)))
        streams = [(card.stream(), card.pinned(self.packing.size(step))) for _ in range(2)]
        for number, first in enumerate(range(0, self.blocks, step)):
            stream, memory = streams[number % 2]
            card.wait(stream)
            part = storage[first : first + step]
            up = self.packing.pack(memory, part, threads)
            for begin, size, at in self.packing.pieces(first, len(part), self.blocks):
                card.upload(self.buffer, up[begin : begin + size], stream, at)
        for stream, _ in streams:
            card.wait(stream)


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


class _Lane:
    """Memory and stream of one code in one batch."""

    def __init__(self, card: Card, code: Code, rows: int, minutes: int) -> None:
        self.code = code
        self.scratch = card.buffer(max(1, rows * minutes * code.scratch))
        self.values = card.buffer(max(1, rows * code.values))
        self.out = card.buffer(rows * code.outputs)
        self.down = card.pinned(rows * code.outputs)
        self.stream = card.stream()


class _Batch:
    """Memory of one batch, on both sides: what is sent, what it is expanded to, and a lane for each code."""

    def __init__(self, card: Card, job: Job, blocks: int) -> None:
        rows = blocks * LANES
        size = job.sent.size(blocks) if job.sent else 1
        self.sent, self.up = card.buffer(size), card.pinned(size)
        self.storage = card.buffer(rows * job.minutes * len(job.fields)) if job.expands else self.sent
        self.lanes = [_Lane(card, code, rows, job.minutes) for code in job.codes]
        self.first = self.blocks = 0


class Job:
    """What is to be run on a GPU.

    Parameters
    ----------
    codes : sequence of Code
        Emitted codes that read the same storage; they run side by side, their results come one after the other.
    fields : sequence of int
        Fields of the cube that they read, in the order in which they stand in the codes.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other.
    ticks : sequence of Tick or None, optional
        What whole numbers count, of each field, if they are to go up as such.
    there : Resident, optional
        The same series in the device's memory: nothing goes up.
    at : int
        Which of its blocks is the first of `storage`.
    """

    def __init__(
        self,
        codes: Sequence[Code],
        fields: Sequence[int],
        storage: Floats,
        ticks: Sequence[Tick | None] | None = None,
        there: Resident | None = None,
        at: int = 0,
    ) -> None:
        self.codes, self.fields, self.storage, self.there, self.at = codes, tuple(fields), storage, there, at
        self.total, self.minutes = len(storage), int(storage.shape[2])
        self.row = self.minutes * LANES
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
        return 8 * (sent + expanded + own)


def execute(card: Card, job: Job, threads: int = 1) -> Floats:
    """Run emitted codes on a GPU; `threads` of the host pack what goes up.

    Returns
    -------
    float64 array, shape (outputs, blocks * lanes)
        The results, on the host.

    Raises
    ------
    CompilerError
        If NVRTC refuses the code.
    MemoryError
        If the device has not even room for one block.
    """
    kernels = load(card, [code.text for code in job.codes])
    found = np.empty((sum(code.outputs for code in job.codes), job.total * LANES))
    batches, size = _batches(card, job)
    for number, first in enumerate(range(0, job.total, size)):
        batch = batches[number % len(batches)]
        _collect(card, batch, found)
        batch.first, batch.blocks = first, min(size, job.total - first)
        _start(card, job, batch, kernels, threads)
    for batch in batches:
        _collect(card, batch, found)
    return found


def _start(card: Card, job: Job, batch: _Batch, kernels: Sequence[Sequence[Any]], threads: int) -> None:
    """Ask for all that is to happen to a batch."""
    stream, rows = batch.lanes[0].stream, batch.blocks * LANES
    source, begin, whole = batch.sent, 0, batch.blocks
    if job.sent is not None:
        up = job.sent.pack(batch.up, job.storage[batch.first : batch.first + batch.blocks], threads)
        card.upload(batch.sent, up, stream)
    elif job.there is not None:
        source, begin, whole = job.there.buffer, job.at + batch.first, job.there.blocks
    if job.expands:
        job.packing.expand(card, source, whole, begin, batch.blocks, batch.storage, job.fields, stream)
        source, begin = batch.storage, 0
    for lane in batch.lanes[1:]:
        card.follow(lane.stream, stream)
    for lane, own in zip(batch.lanes, kernels, strict=True):
        given = (
            source,
            lane.out,
            lane.scratch,
            lane.values,
            begin,
            batch.blocks,
            len(job.fields) * job.row,
            job.row,
            rows,
        )
        for kernel in own:
            card.launch(kernel, -(-rows // THREADS), THREADS, given, lane.stream)
        card.download(lane.down[: rows * lane.code.outputs], lane.out, lane.stream)


def load(card: Card, texts: Sequence[str]) -> list[list[Any]]:
    """Return the kernels of each emitted text, compiled for a device.

    Raises
    ------
    CompilerError
        If NVRTC refuses one, or is not there.
    """
    with _LOCK:
        loaded = _LOADED.setdefault(card, {})
    parts = [(text, part) for text in texts if text not in loaded for part in programs(text, LANES)]
    try:
        done = each(lambda one: card.load(one[1].code, OPTIONS, one[1].kernels), parts, max(1, min(8, len(parts))))
    except Exception as error:
        lines = str(error).strip()[-2000:]
        raise CompilerError(f"NVRTC did not compile the emitted code: {type(error).__name__}: {lines}") from error
    made: dict[str, list[Any]] = {}
    for (text, _), kernels in zip(parts, done, strict=True):
        made.setdefault(text, []).extend(kernels)
    loaded.update(made)
    return [loaded[text] for text in texts]


def _batches(card: Card, job: Job) -> tuple[list[_Batch], int]:
    """Take the memory, less of it where the device is short of it; return how many blocks a batch has room for."""
    size = min(job.total, max(1, BATCH // (8 * job.sent.size(1)))) if job.sent else job.total
    number = min(UNDER_WAY, -(-job.total // size))
    size = max(1, min(size, int(card.free_bytes() * SHARE) // job.block_bytes // number))
    while True:
        made: list[_Batch] = []
        try:
            while len(made) < number:
                made.append(_Batch(card, job, size))
        except MemoryError as error:
            if made:  # the one that failed is done without
                log.warning("the GPU has memory for %d batches of %d blocks, not %d", len(made), size, number)
                return made, size
            if size == 1:
                raise MemoryError(f"the GPU has no memory for one block of {LANES} stocks: {error}") from error
            log.warning("the GPU has no memory for %d blocks at a time: trying %d", size, size // 2)
            size, number = size // 2, 1
        else:
            return made, size


def _collect(card: Card, batch: _Batch, found: Floats) -> None:
    """Wait for a batch and put its results where they belong."""
    if not batch.blocks:
        return
    columns, first, row = batch.blocks * LANES, batch.first * LANES, 0
    for lane in batch.lanes:
        card.wait(lane.stream)
        number = lane.code.outputs
        found[row : row + number, first : first + columns] = lane.down[: columns * number].reshape(number, columns)
        row += number
    batch.blocks = 0
