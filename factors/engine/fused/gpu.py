"""What the fused engine does on a GPU: a fusion cut into codes that fill it, and run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.device.ticks import Encoding
from factors.engine.codegen.emit import emit, slots
from factors.engine.cross_section.exchange import StageBuffer
from factors.engine.fused.fusion import FusedProgram
from factors.engine.gpu.job import THREADS_PER_SM, KernelSource, LaunchJob, StageBuffers
from factors.engine.gpu.launch import execute
from factors.engine.schedule.loops import Policy, make_schedule

GPU = Policy(reuse_cost=40, latency_cost=1000, accumulators=36)
"""Scratch lies in the device's memory, so it is a third less traffic to compute again what a CPU stores, in fewer and
larger loops; with more accumulators a processor would hold too few threads to hide the memory behind."""
CODES = 8
"""Codes a fusion is cut into, at most."""
OUTPUTS = 6
"""Results of a code, at least: codes compute anew what they share."""

_CODES: dict[tuple[str, tuple[str, ...], int], list[KernelSource]] = {}


def run(
    fusion: FusedProgram,
    cube: MinuteCube,
    days: slice,
    threads: int,
    card: CudaDevice,
    between: StageBuffer | None = None,
    ticks: Encoding | None = None,
) -> Floats:
    """Return the fused factors of some days, shape (outputs, days, blocks * lanes)."""
    _, blocks, fields, minutes, lanes = cube.layout
    number = days.stop - days.start
    total = number * blocks
    there = cube.resident if cube.resident is not None and cube.resident.card is card else None
    read = tuple(name for name in cube.fields if name in fusion.schedule.fields) or cube.fields[:1]
    if there is not None and there.packing.ticks is None:
        read = cube.fields
    made = codes(fusion, read, groups(total * LANES, len(fusion.schedule.outputs), card.processors))
    places = [cube.fields.index(name) for name in read]
    beside = None
    if between is not None:
        whole = between.buffer.reshape(total, between.size)
        beside = StageBuffers(whole, between.profiles.reshape(number, -1), blocks, fusion.writes)
    shape = total, fields, minutes, lanes
    series = cube.storage[days].reshape(shape) if there is None else shape
    job = LaunchJob(made, places, series, ticks, there, days.start * blocks, beside)
    return execute(card, job, threads).reshape(-1, number, blocks * lanes)


def groups(stock_days: int, outputs: int, processors: int) -> int:
    """Return into how many codes a fusion is cut: with few stock-days one alone would leave processors idle."""
    return max(1, min(CODES, outputs // OUTPUTS, processors * THREADS_PER_SM // max(1, stock_days)))


def codes(fusion: FusedProgram, fields: Sequence[str], number: int = 1) -> list[KernelSource]:
    """Return a fusion as so many codes, each of results that follow each other, for a storage of some fields."""
    key = (fusion.text, tuple(fields), number)
    if key not in _CODES:
        whole = fusion.schedule
        size = len(whole.outputs)
        found = []
        for a, b in pairwise(size * k // number for k in range(number + 1)):
            own = make_schedule(whole.graph, whole.outputs[a:b], GPU)
            found.append(KernelSource(emit(own, fields, fusion.given), slots(own.stored), slots(own.values), b - a))
        _CODES[key] = found
    return _CODES[key]
