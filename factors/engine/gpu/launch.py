"""Running emitted programs on a GPU: blocks of stocks go up, through the kernels, and their factors come down.

Several batches are under way at a time, each on streams of its own: while one is copied up another computes and a third
comes down. What is copied lies in pinned memory, where only the fields that are read are packed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from factors.backends.cuda import NVRTC_OPTIONS, CudaDevice, drain
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.data.device import resident as residents
from factors.engine.codegen.cache import ProgramCache
from factors.engine.codegen.cuda import THREADS, kernels
from factors.engine.codegen.program import Program
from factors.engine.gpu import job as jobs
from factors.engine.gpu.job import LaunchJob, StageBuffers
from factors.errors import CompilerError

IN_FLIGHT = 4
"""Batches at a time."""
SHARE = 0.8
"""Of the device's free memory, what batches take at most."""
RESIDENT_THREADS = 2048
"""Threads of a multiprocessor at a time, at most: the driver reserves a kernel's stack for all of them."""

log = logging.getLogger("factors")

KERNELS: ProgramCache[list[Any]] = ProgramCache(512)
"""Compiled kernels of each device, by the digest of their program."""


class _Lane:
    """Memory and stream of one program in one batch."""

    def __init__(self, card: CudaDevice, program: Program, rows: int, minutes: int) -> None:
        self.outputs = program.outputs
        self.scratch = card.buffer(max(1, rows * minutes * program.stored))
        self.values = card.buffer(max(1, rows * program.values))
        self.out = card.buffer(rows * program.outputs)
        self.down = card.pinned(rows * program.outputs)
        self.stream = card.stream()


class _Batch:
    """Memory of one batch, on both sides: what is sent, what it is expanded to, and a lane for each program."""

    def __init__(self, card: CudaDevice, job: LaunchJob, blocks: int) -> None:
        rows = blocks * LANES
        size = job.sent.size(blocks) if job.sent else 1
        self.sent, self.up = card.buffer(size), card.pinned(size)  # before the streams, which wait for their last use
        self.storage = card.buffer(rows * job.minutes * len(job.fields)) if job.expands else self.sent
        sizes = [] if (stage := job.stage_buffers) is None else [blocks * stage.buffer.shape[1], stage.profiles.size]
        self.stage = [(card.buffer(max(1, size)), card.pinned(max(1, size))) for size in sizes]
        self.lanes = [_Lane(card, program, rows, job.minutes) for program in job.programs]
        self.first = self.blocks = 0


def execute(card: CudaDevice, job: LaunchJob, threads: int = 1) -> Floats:
    """Run emitted programs on a GPU; `threads` of the host pack what goes up.

    Returns
    -------
    float64 array, shape (outputs, blocks * lanes)
        The results, on the host.

    Raises
    ------
    CompilerError
        If NVRTC refuses a program.
    MemoryError
        If the device has not even room for one block.
    """
    loaded = load(card, job.programs)
    results = np.empty((sum(program.outputs for program in job.programs), job.total * LANES))
    batches, size = _batches(card, job, max(card.stack_bytes(kernel) for own in loaded for kernel in own))
    try:
        for number, first in enumerate(range(0, job.total, size)):
            batch = batches[number % len(batches)]
            _collect(card, job, batch, results)
            batch.first, batch.blocks = first, min(size, job.total - first)
            _start(card, job, batch, loaded, threads)
        for batch in batches:
            _collect(card, job, batch, results)
    except BaseException:
        drain(card, [lane.stream for batch in batches if batch.blocks for lane in batch.lanes])
        raise
    return results


def _start(card: CudaDevice, job: LaunchJob, batch: _Batch, loaded: Sequence[Sequence[Any]], threads: int) -> None:
    """Ask for all that is to happen to a batch."""
    stream, rows = batch.lanes[0].stream, batch.blocks * LANES
    source, begin, whole = batch.sent, 0, batch.blocks
    if job.sent is not None and job.storage is not None:
        up = job.sent.pack(batch.up, job.storage[batch.first : batch.first + batch.blocks], threads)
        card.upload(batch.sent, up, stream)
    elif job.resident is not None:
        source, begin, whole = job.resident.buffer, job.at + batch.first, job.resident.blocks
    if job.expands:
        job.packing.expand(card, source, whole, begin, batch.blocks, batch.storage, job.fields, stream)
        source, begin = batch.storage, 0
    stage_arguments = _send_stage(card, job.stage_buffers, batch) if job.stage_buffers is not None else ()
    for lane in batch.lanes[1:]:
        card.wait_for(lane.stream, stream)
    for lane, own in zip(batch.lanes, loaded, strict=True):
        memory = (source, lane.out, lane.scratch, lane.values)
        arguments = (*memory, begin, batch.blocks, len(job.fields) * job.row, job.row, rows, *stage_arguments)
        for kernel in own:
            card.launch(kernel, -(-rows // THREADS), THREADS, arguments, lane.stream)
        card.download(lane.down[: rows * lane.outputs], lane.out, lane.stream)
    if job.stage_buffers is not None and job.stage_buffers.writes:
        for lane in batch.lanes[1:]:
            card.wait_for(stream, lane.stream)
        buffer, down = batch.stage[0]
        card.download(down[: batch.blocks * job.stage_buffers.buffer.shape[1]], buffer, stream)


def _send_stage(card: CudaDevice, stage: StageBuffers, batch: _Batch) -> tuple[Any, ...]:
    """Send up what a stage reads beside the storage, and return what its kernels are told of it."""
    parts = stage.buffer[batch.first : batch.first + batch.blocks], stage.profiles
    arguments: list[Any] = []
    for part, (buffer, memory) in zip(parts, batch.stage, strict=True):
        up = memory[: part.size]
        if part.size:  # there may be profiles alone
            up.reshape(part.shape)[...] = part
            card.upload(buffer, up, batch.lanes[0].stream)
        arguments += [buffer, part.shape[1]]
    return (*arguments, batch.first, stage.each_day)


def load(card: CudaDevice, programs: Sequence[Program]) -> list[list[Any]]:
    """Return the kernels of each program, compiled for a device; equal programs have the same.

    Raises
    ------
    CompilerError
        If NVRTC refuses one, or is not there.
    MemoryError
        If the device has no room for the kernels.
    """
    loaded = {x.digest: known for x in programs if (known := KERNELS.find(x.digest, card)) is not None}
    missing = {program.digest: program for program in programs if program.digest not in loaded}
    parts = [(digest, source) for digest, program in missing.items() for source in kernels(program, LANES)]
    try:
        compiled = each(
            lambda part: card.load(part[1].code, NVRTC_OPTIONS, part[1].kernels), parts, max(1, min(8, len(parts)))
        )
    except MemoryError:
        raise
    except Exception as error:
        lines = str(error).strip()[-2000:]
        raise CompilerError(f"NVRTC did not make kernels of the code: {type(error).__name__}: {lines}") from error
    for digest in missing:
        own = [group for (part, _), group in zip(parts, compiled, strict=True) if part == digest]
        loaded[digest] = KERNELS.keep(digest, [kernel for group in own for kernel in group], card)
    return [loaded[program.digest] for program in programs]


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
        batches: list[_Batch] = []
        try:
            while len(batches) < number:
                batches.append(_Batch(card, job, size))
        except MemoryError as error:
            if batches:  # the one that failed is done without
                log.warning("the GPU has memory for %d batches of %d blocks, not %d", len(batches), size, number)
                return batches, size
            if size == 1:
                raise MemoryError(f"the GPU has no memory for one block of {LANES} stocks: {error}") from error
            log.warning("the GPU has no memory for %d blocks at a time: trying %d", size, size // 2)
            size, number = size // 2, 1
        else:
            return batches, size


def _collect(card: CudaDevice, job: LaunchJob, batch: _Batch, results: Floats) -> None:
    """Wait for a batch and put its results where they belong."""
    if not batch.blocks:
        return
    columns, first, row = batch.blocks * LANES, batch.first * LANES, 0
    for lane in batch.lanes:
        card.wait(lane.stream)
        number = lane.outputs
        results[row : row + number, first : first + columns] = lane.down[: columns * number].reshape(number, columns)
        row += number
    if job.stage_buffers is not None and job.stage_buffers.writes:  # it came down on the first lane's stream
        part = job.stage_buffers.buffer[batch.first : batch.first + batch.blocks]
        part[...] = batch.stage[0][1][: part.size].reshape(part.shape)
    batch.blocks = 0
