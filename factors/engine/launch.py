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
from factors.engine.cuda import OPTIONS, THREADS, programs
from factors.engine.packing import Packing
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
    fields : tuple of int
        Where these are among the fields of the cube.
    scratch, values, outputs : int
        Stored series, kept values and results of a stock-day.
    """

    text: str
    fields: tuple[int, ...]
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


class _Batch:
    """Memory of one batch, on both sides: what is sent, what it is expanded to, what is computed."""

    def __init__(self, card: Card, code: Code, blocks: int, minutes: int, sent: Packing | None, expands: bool) -> None:
        rows = blocks * LANES
        self.scratch = card.buffer(max(1, rows * minutes * code.scratch))
        self.values = card.buffer(max(1, rows * code.values))
        self.out = card.buffer(rows * code.outputs)
        self.down = card.pinned(rows * code.outputs)
        size = sent.size(blocks) if sent else 1
        self.sent, self.up = card.buffer(size), card.pinned(size)
        self.storage = card.buffer(rows * minutes * len(code.fields)) if expands else self.sent
        self.stream = card.stream()
        self.first = self.blocks = 0


def execute(
    card: Card,
    code: Code,
    storage: Floats,
    threads: int = 1,
    ticks: Sequence[Tick | None] | None = None,
    there: Resident | None = None,
    at: int = 0,
) -> Floats:
    """Run emitted code on a GPU.

    Parameters
    ----------
    card : Card
        The GPU.
    code : Code
        What to run.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other.
    threads : int
        Threads of the host that pack what goes up.
    ticks : sequence of Tick or None, optional
        What whole numbers count, of each field, if they are to go up as such.
    there : Resident, optional
        The same series in the device's memory: nothing goes up.
    at : int
        Which of its blocks is the first of `storage`.

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
    kernels = load(card, code.text)
    total, _, minutes, lanes = storage.shape
    row, fields = minutes * lanes, len(code.fields)
    assert lanes == LANES
    sent = Packing(code.fields, row, ticks) if there is None else None
    packing = sent or (there.packing if there else None)
    assert packing is not None
    expands = packing.ticks is not None
    assert expands or packing.fields == code.fields
    found = np.empty((code.outputs, total * LANES))
    batches, size = _batches(card, code, total, minutes, sent, expands)
    for number, first in enumerate(range(0, total, size)):
        batch = batches[number % len(batches)]
        _collect(card, batch, found)
        batch.first, batch.blocks = first, min(size, total - first)
        source, begin, whole = (
            (batch.sent, 0, batch.blocks) if there is None else (there.buffer, at + first, there.blocks)
        )
        if sent is not None:
            up = sent.pack(batch.up, storage[first : first + batch.blocks], threads)
            card.upload(batch.sent, up, batch.stream)
        if expands:
            packing.expand(card, source, whole, begin, batch.blocks, batch.storage, code.fields, batch.stream)
            source, begin = batch.storage, 0
        given = (source, batch.out, batch.scratch, batch.values, begin, batch.blocks, fields * row, row,
                 batch.blocks * LANES)  # fmt: skip
        for kernel in kernels:
            card.launch(kernel, -(-batch.blocks * LANES // THREADS), THREADS, given, batch.stream)
        card.download(batch.down[: batch.blocks * LANES * code.outputs], batch.out, batch.stream)
    for batch in batches:
        _collect(card, batch, found)
    return found


def load(card: Card, text: str) -> list[Any]:
    """Return the kernels of an emitted text, compiled for a device.

    Raises
    ------
    CompilerError
        If NVRTC refuses it, or is not there.
    """
    with _LOCK:
        loaded = _LOADED.setdefault(card, {})
    if text not in loaded:
        parts = programs(text, LANES)
        try:
            done = each(lambda part: card.load(part.code, OPTIONS, part.kernels), parts, min(8, len(parts)))
        except Exception as error:
            lines = str(error).strip()[-2000:]
            raise CompilerError(f"NVRTC did not compile the emitted code: {type(error).__name__}: {lines}") from error
        loaded[text] = [kernel for part in done for kernel in part]
    return loaded[text]


def _batches(
    card: Card, code: Code, total: int, minutes: int, sent: Packing | None, expands: bool
) -> tuple[list[_Batch], int]:
    """Take the memory, less of it where the device is short of it; return how many blocks a batch has room for."""
    own = 8 * (sent.size(1) if sent else 0) + (8 * LANES * minutes * len(code.fields) if expands else 0)
    own += 8 * LANES * (minutes * code.scratch + code.values + code.outputs)
    size = min(total, max(1, BATCH // (8 * sent.size(1)))) if sent else total
    number = min(UNDER_WAY, -(-total // size))
    size = max(1, min(size, int(card.free_bytes() * SHARE) // own // number))
    while True:
        made: list[_Batch] = []
        try:
            while len(made) < number:
                made.append(_Batch(card, code, size, minutes, sent, expands))
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
    card.wait(batch.stream)
    columns = batch.blocks * LANES
    first = batch.first * LANES
    found[:, first : first + columns] = batch.down[: columns * len(found)].reshape(len(found), columns)
    batch.blocks = 0
