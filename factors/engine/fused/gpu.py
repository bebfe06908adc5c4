"""What the fused engine does on a GPU: a graph cut into programs that fill it, and run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.device.ticks import Encoding
from factors.engine.codegen.cache import ProgramCache
from factors.engine.codegen.program import Program
from factors.engine.cross_section.exchange import StageBuffer
from factors.engine.fused.graph import FusedGraph
from factors.engine.gpu.job import THREADS_PER_SM, LaunchJob, StageBuffers
from factors.engine.gpu.launch import execute
from factors.engine.schedule.policy import GPU

PARTS = 8
"""Programs a graph is cut into, at most."""
OUTPUTS = 6
"""Results of a program, at least: programs compute anew what they share."""

PROGRAMS: ProgramCache[list[Program]] = ProgramCache(64)
"""The programs of each graph, as long as it lives, by the fields of the storage and their number."""


def run(
    graph: FusedGraph,
    cube: MinuteCube,
    days: slice,
    threads: int,
    card: CudaDevice,
    stage_buffer: StageBuffer | None = None,
    ticks: Encoding | None = None,
) -> Floats:
    """Return the results of some days, shape (outputs, days, blocks * lanes)."""
    _, blocks, fields, minutes, lanes = cube.layout
    number = days.stop - days.start
    total = number * blocks
    resident = cube.resident if cube.resident is not None and cube.resident.card is card else None
    read = tuple(name for name in cube.fields if name in graph.reads) or cube.fields[:1]
    if resident is not None and resident.packing.ticks is None:
        read = cube.fields
    parts = programs(graph, read, part_count(total * LANES, len(graph.outputs), card.processors))
    places = [cube.fields.index(name) for name in read]
    stage_buffers = None
    if stage_buffer is not None:
        whole = stage_buffer.buffer.reshape(total, stage_buffer.size)
        stage_buffers = StageBuffers(whole, stage_buffer.profiles.reshape(number, -1), blocks, graph.writes)
    shape = total, fields, minutes, lanes
    series = cube.storage[days].reshape(shape) if resident is None else shape
    job = LaunchJob(parts, places, series, ticks, resident, days.start * blocks, stage_buffers)
    return execute(card, job, threads).reshape(-1, number, blocks * lanes)


def part_count(stock_days: int, outputs: int, processors: int) -> int:
    """Return into how many programs a graph is cut: with few stock-days one alone would leave processors idle."""
    return max(1, min(PARTS, outputs // OUTPUTS, processors * THREADS_PER_SM // max(1, stock_days)))


def programs(graph: FusedGraph, fields: Sequence[str], number: int = 1) -> list[Program]:
    """Return a graph as so many programs, each of results that follow each other, for a storage of some fields."""
    fields, size = tuple(fields), len(graph.outputs)

    def make() -> list[Program]:
        cuts = [size * k // number for k in range(number + 1)]
        return [graph.part(begin, end, fields, GPU) for begin, end in pairwise(cuts)]

    return PROGRAMS.get((fields, number), make, owner=graph)
