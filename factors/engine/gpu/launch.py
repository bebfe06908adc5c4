"""Running emitted code on a GPU: blocks of stocks go up, through the kernels, and their factors come down.

Several batches are under way at a time, each on streams of its own: while one is copied up another computes and a third
comes down. What is copied lies in pinned memory, where only the fields that are read are packed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from factors.backends.cuda import NVRTC_OPTIONS, CudaDevice, drain
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.data.device import resident as residents
from factors.engine.codegen.cuda import THREADS, programs
from factors.engine.gpu import job as jobs
from factors.engine.gpu.job import KernelSource, LaunchJob
from factors.errors import CompilerError

IN_FLIGHT = 4
"""Batches at a time."""
SHARE = 0.8
"""Of the device's free memory, what batches take at most."""
RESIDENT_THREADS = 2048
"""Threads of a multiprocessor at a time, at most: the driver reserves a kernel's stack for all of them."""

log = logging.getLogger("factors")

_LOADED: WeakKeyDictionary[CudaDevice, dict[str, list[Any]]] = WeakKeyDictionary()
_LOCK = threading.Lock()


class _Lane:
    """Memory and stream of one code in one batch."""

    def __init__(self, card: CudaDevice, code: KernelSource, rows: int, minutes: int) -> None:
        self.code = code
        self.scratch = card.buffer(max(1, rows * minutes * code.scratch))
        self.values = card.buffer(max(1, rows * code.values))
        self.out = card.buffer(rows * code.outputs)
        self.down = card.pinned(rows * code.outputs)
        self.stream = card.stream()


class _Batch:
    """Memory of one batch, on both sides: what is sent, what it is expanded to, and a lane for each code."""

    def __init__(self, card: CudaDevice, job: LaunchJob, blocks: int) -> None:
        rows = blocks * LANES
        size = job.sent.size(blocks) if job.sent else 1
        self.sent, self.up = card.buffer(size), card.pinned(size)  # before the streams, which wait for their last use
        self.storage = card.buffer(rows * job.minutes * len(job.fields)) if job.expands else self.sent
        sizes = [] if job.beside is None else [blocks * job.beside.buffer.shape[1], job.beside.profiles.size]
        self.given = [(card.buffer(max(1, size)), card.pinned(max(1, size))) for size in sizes]
        self.lanes = [_Lane(card, code, rows, job.minutes) for code in job.codes]
        self.first = self.blocks = 0


def execute(card: CudaDevice, job: LaunchJob, threads: int = 1) -> Floats:
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
    batches, size = _batches(card, job, max(card.stack_bytes(kernel) for own in kernels for kernel in own))
    try:
        for number, first in enumerate(range(0, job.total, size)):
            batch = batches[number % len(batches)]
            _collect(card, job, batch, found)
            batch.first, batch.blocks = first, min(size, job.total - first)
            _start(card, job, batch, kernels, threads)
        for batch in batches:
            _collect(card, job, batch, found)
    except BaseException:
        drain(card, [lane.stream for batch in batches if batch.blocks for lane in batch.lanes])
        raise
    return found


def _start(card: CudaDevice, job: LaunchJob, batch: _Batch, kernels: Sequence[Sequence[Any]], threads: int) -> None:
    """Ask for all that is to happen to a batch."""
    stream, rows = batch.lanes[0].stream, batch.blocks * LANES
    source, begin, whole = batch.sent, 0, batch.blocks
    if job.sent is not None and job.storage is not None:
        up = job.sent.pack(batch.up, job.storage[batch.first : batch.first + batch.blocks], threads)
        card.upload(batch.sent, up, stream)
    elif job.there is not None:
        source, begin, whole = job.there.buffer, job.at + batch.first, job.there.blocks
    if job.expands:
        job.packing.expand(card, source, whole, begin, batch.blocks, batch.storage, job.fields, stream)
        source, begin = batch.storage, 0
    crossing = _send_beside(card, job, batch) if job.beside is not None else ()
    for lane in batch.lanes[1:]:
        card.wait_for(lane.stream, stream)
    for lane, own in zip(batch.lanes, kernels, strict=True):
        memory = (source, lane.out, lane.scratch, lane.values)
        given = (*memory, begin, batch.blocks, len(job.fields) * job.row, job.row, rows, *crossing)
        for kernel in own:
            card.launch(kernel, -(-rows // THREADS), THREADS, given, lane.stream)
        card.download(lane.down[: rows * lane.code.outputs], lane.out, lane.stream)
    if job.beside is not None and job.beside.writes:
        for lane in batch.lanes[1:]:
            card.wait_for(stream, lane.stream)
        buffer, down = batch.given[0]
        card.download(down[: batch.blocks * job.beside.buffer.shape[1]], buffer, stream)


def _send_beside(card: CudaDevice, job: LaunchJob, batch: _Batch) -> tuple[Any, ...]:
    """Send up what a stage reads beside the storage, and return what its kernels are told of it."""
    beside = job.beside
    assert beside is not None
    parts = beside.buffer[batch.first : batch.first + batch.blocks], beside.profiles
    told: list[Any] = []
    for part, (buffer, memory) in zip(parts, batch.given, strict=True):
        up = memory[: part.size]
        if part.size:  # there may be profiles alone
            up.reshape(part.shape)[...] = part
            card.upload(buffer, up, batch.lanes[0].stream)
        told += [buffer, part.shape[1]]
    return (*told, batch.first, beside.each_day)


def load(card: CudaDevice, texts: Sequence[str]) -> list[list[Any]]:
    """Return the kernels of each emitted text, compiled for a device.

    Raises
    ------
    CompilerError
        If NVRTC refuses one, or is not there.
    MemoryError
        If the device has no room for the kernels.
    """
    with _LOCK:
        loaded = _LOADED.setdefault(card, {})
    parts = [(text, part) for text in dict.fromkeys(texts) if text not in loaded for part in programs(text, LANES)]
    try:
        done = each(
            lambda one: card.load(one[1].code, NVRTC_OPTIONS, one[1].kernels), parts, max(1, min(8, len(parts)))
        )
    except MemoryError:
        raise
    except Exception as error:
        lines = str(error).strip()[-2000:]
        raise CompilerError(f"NVRTC did not make kernels of the code: {type(error).__name__}: {lines}") from error
    made: dict[str, list[Any]] = {}
    for (text, _), kernels in zip(parts, done, strict=True):
        made.setdefault(text, []).extend(kernels)
    loaded.update(made)
    return [loaded[text] for text in texts]


def _batches(card: CudaDevice, job: LaunchJob, stack: int) -> tuple[list[_Batch], int]:
    """Take the memory, less of it where the device is short of it; return how many blocks a batch has room for.

    A batch is as large as the bus wants it, and so large that those under way fill the device together.
    """
    fills = -(-card.processors * jobs.THREADS_PER_SM // (IN_FLIGHT * LANES))
    size = min(job.total, max(1, fills, residents.BATCH // (8 * job.sent.size(1)) if job.sent else 1))
    number = min(IN_FLIGHT, -(-job.total // size))
    free = int(card.free_bytes() * SHARE) - card.processors * RESIDENT_THREADS * stack
    size = max(1, min(size, free // job.block_bytes // number))
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


def _collect(card: CudaDevice, job: LaunchJob, batch: _Batch, found: Floats) -> None:
    """Wait for a batch and put its results where they belong."""
    if not batch.blocks:
        return
    columns, first, row = batch.blocks * LANES, batch.first * LANES, 0
    for lane in batch.lanes:
        card.wait(lane.stream)
        number = lane.code.outputs
        found[row : row + number, first : first + columns] = lane.down[: columns * number].reshape(number, columns)
        row += number
    if job.beside is not None and job.beside.writes:  # it came down on the first lane's stream
        part = job.beside.buffer[batch.first : batch.first + batch.blocks]
        part[...] = batch.given[0][1][: part.size].reshape(part.shape)
    batch.blocks = 0
