"""The fused engine: all factors of a plan as one compiled function over blocks of stocks.

1. For each session among the days, the plan's definitions are traced to a graph (`fusion`).
2. The graph is scheduled and emitted (`graph`), as one program for a CPU or as several for a GPU (`gpu`); each is
   compiled once and kept (`library`).
3. Threads take ranges of blocks; each call leaves the interpreter's lock.
4. Where factors read the other stocks, the market or the day before, there are several programs, one after the other,
   and the steps over all stocks run between them (`cross_section`).
5. What cannot be traced runs on the matrix engine, and the notes say why.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.base import Backend, refuse_device
from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.cube.cube import MinuteCube
from factors.data.device.ticks import Encoding
from factors.engine.codegen.program import Program
from factors.engine.cross_section import passes
from factors.engine.cross_section.exchange import ShapeMismatch, StageBuffer, parts
from factors.engine.cross_section.stages import goes_beyond
from factors.engine.fused.fusion import FusedProgram, StagedProgram, fuse, stage
from factors.engine.fused.gpu import run as on_gpu
from factors.engine.fused.libraries import library, load
from factors.engine.ir.graph import VALUE
from factors.engine.ir.trace import BROADCAST
from factors.engine.matrix import run as matrix
from factors.engine.matrix.across import evaluate_cross_sections
from factors.engine.planning.external import ExternalInputs, resolve_inputs
from factors.engine.planning.market import MARKET, Market
from factors.engine.planning.plan import Plan, make_plan

RANGE = 160
"""Blocks a thread takes at a time, at most."""

_THREAD = threading.local()


def run(
    plan: Plan, cube: MinuteCube, backend: Backend, threads: int = 1, notes: dict[str, str] | None = None,
    given: ExternalInputs | None = None, ticks: Encoding | None = None,
) -> Floats:  # fmt: skip
    """Compute the plan's factors.

    Parameters and returned array are those of the matrix engine; `notes` receives the factors that ran there instead,
    with the reason. `ticks` is what the whole numbers of each field count, if series go to a GPU as such.

    Raises
    ------
    ArgumentError
        If the backend is neither the CPU nor a GPU that compiles.
    CompilerError
        If there is no C++ compiler, or it fails.
    DefinitionError
        If a definition fails or returns something that is not one value per stock.
    """
    refuse_device(backend)
    results = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    refused: dict[str, str] = {}
    shared: list[dict[str, Floats]] = []
    given = given or ExternalInputs(cube, Market())
    external = resolve_inputs(plan, cube, given.market, earlier=given.earlier)
    for days in _sessions(cube):
        beside: dict[str, Floats] = {}
        for program, values in _run_days(plan, external, days, threads, backend, ticks):
            refused |= program.refused
            columns = [i for i, f in enumerate(plan.factors) if f.name in program.names]
            where: Any = slice(None) if len(columns) == len(plan.factors) else columns  # a slice is written faster
            results[days][:, :, where] = values[:, :, : len(columns)]
            beside |= {name: values[:, :, len(columns) + k] for k, name in enumerate(program.values)}
        shared.append(beside)
    if refused:
        rest = make_plan([f for f in plan.factors if f.name in refused], cube.fields)
        columns = [i for i, f in enumerate(plan.factors) if f.name in refused]
        known = {
            name: np.concatenate([beside[name] for beside in shared])
            for name in shared[0]
            if all(name in beside for beside in shared)
        }
        external = evaluate_cross_sections(rest, cube, threads, external.market, known, external.earlier)
        results[:, :, columns] = matrix.run(rest, cube, backend, threads, given=external)
        if notes is not None:
            notes.update(refused)
    results[~cube.listed] = np.nan
    return results


def _run_days(
    plan: Plan, external: ExternalInputs, days: slice, threads: int, backend: Backend, ticks: Encoding | None
) -> list[tuple[FusedProgram, Floats]]:
    """Return what each stage computes for some days of one session, shape (days, stocks, factors and values)."""
    cube = external.cube
    session, card = cube.sessions[days.start], backend.card
    if not goes_beyond(plan, cube.fields) or (card is not None and not passes.compiles()):
        program = fuse(plan, session, cube.fields)
        return [(program, _execute(program, cube, days, threads, card, ticks))]
    market = external.market
    answered = {name: VALUE if market.is_daily(name) else BROADCAST for name in MARKET if market.answers(name)}
    unfit: set[str] = set()
    while True:  # each time with one step less that fuses
        staged = stage(plan, session, cube.fields, unfit, answered)
        try:
            outputs = _run_stages(staged, external, days, threads, card, ticks)
        except ShapeMismatch as step:
            unfit.add(step.name)
        else:
            return [
                (program, out[:, :, : len(cube.symbols)].transpose(1, 2, 0))
                for program, out in zip(staged.programs, outputs, strict=True)
            ]


def _run_stages(
    staged: StagedProgram,
    external: ExternalInputs,
    days: slice,
    threads: int,
    card: CudaDevice | None,
    ticks: Encoding | None,
) -> list[Floats]:
    """Return the results of each stage for some days of one session, shape (outputs, days, blocks * lanes).

    Raises
    ------
    ShapeMismatch
        If a step over all stocks gives something else than was expected.
    """
    cube = external.cube
    if card is None:
        load(program.graph for program in staged.programs)
    row = cube.layout[1] * cube.layout[4]
    outputs = [np.empty((len(p.graph.outputs), days.stop - days.start, row)) for p in staged.programs]
    for part in parts(staged.stage_plan, cube, days, card is not None):
        own = slice(part.start - days.start, part.stop - days.start)
        with StageBuffer(staged.stage_plan, external, part, threads) as stage_buffer:
            for number, (program, out) in enumerate(zip(staged.programs, outputs, strict=True)):
                stage_buffer.run(number)
                if len(out) and card is not None:
                    out[:, own] = on_gpu(program.graph, cube, part, threads, card, stage_buffer, ticks)
                elif len(out):
                    arguments = stage_buffer.kernel_arguments(days.start)
                    _compute(program.graph.program, cube, days, out, own, threads, arguments)
                for k, name in enumerate(program.values, len(program.names)):
                    stage_buffer.keep(name, out[k, own])
    return outputs


def _sessions(cube: MinuteCube) -> list[slice]:
    """Return runs of days with the same session."""
    edges = [d for d in range(1, len(cube.dates)) if cube.sessions[d] != cube.sessions[d - 1]]
    return [slice(a, b) for a, b in zip([0, *edges], [*edges, len(cube.dates)], strict=True)]


def _execute(
    program: FusedProgram,
    cube: MinuteCube,
    days: slice,
    threads: int,
    card: CudaDevice | None,
    ticks: Encoding | None,
) -> Floats:
    """Return the fused factors of some days, shape (days, stocks, factors)."""
    graph = program.graph
    if not graph.outputs:
        return np.empty((days.stop - days.start, len(cube.symbols), 0))
    if card is not None:
        values = on_gpu(graph, cube, days, threads, card, ticks=ticks)
        return values[:, :, : len(cube.symbols)].transpose(1, 2, 0)
    return execute_program(graph.program, cube, days, threads)


def execute_program(program: Program, cube: MinuteCube, days: slice, threads: int) -> Floats:
    """Return what a program for a CPU computes of some days, shape (days, stocks, outputs)."""
    number, (_, blocks, _, _, lanes) = days.stop - days.start, cube.layout
    out = np.empty((program.outputs, number, blocks * lanes))
    _compute(program, cube, days, out, slice(0, number), threads)
    return out[:, :, : len(cube.symbols)].transpose(1, 2, 0)


def _compute(
    program: Program,
    cube: MinuteCube,
    days: slice,
    out: Floats,
    part: slice,
    threads: int,
    stage_arguments: tuple[int, ...] = (),
) -> None:
    """Compute a part of some days, counted from their first, into `out`, shape (outputs, days, blocks * lanes)."""
    code = library(program)
    storage = cube.storage[days]
    _, blocks, fields, minutes, lanes = storage.shape
    begin, end = part.start * blocks, part.stop * blocks
    taken = max(1, min(RANGE, -((begin - end) // (8 * threads))))  # several a thread, so that none waits for the last

    def work(first: int) -> None:
        code.run(
            storage.ctypes.data, out.ctypes.data, _scratch(code.scratch_bytes()), first, min(first + taken, end),
            fields * minutes * lanes, minutes * lanes, out[0].size, *stage_arguments,
        )  # fmt: skip

    each(work, range(begin, end, taken), threads)


def _scratch(size: int) -> int:
    """Return the address of this thread's scratch memory, aligned to a cache line; it is kept for the next call."""
    raw: npt.NDArray[np.uint8] | None = getattr(_THREAD, "scratch", None)
    if raw is None or len(raw) < size + 64:
        raw = _THREAD.scratch = np.empty(size + 64, np.uint8)
    return raw.ctypes.data + -raw.ctypes.data % 64
