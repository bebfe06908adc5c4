"""The fused engine: all factors of a plan as one compiled function over blocks of stocks.

1. For each session among the days, the plan's definitions are traced (`trace`) and scheduled (`schedule`).
2. The schedule becomes C++ text (`emit`), compiled once and kept (`compile`).
3. Threads take ranges of blocks; each call leaves the interpreter's lock.
4. Where factors read the other stocks, the market or the day before, there are several texts, one after the other
   (`stages`), and the steps over all stocks run between them (`between`).
5. What cannot be traced runs on the matrix engine, and the notes say why.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.base import Backend, refuse_device
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.data.device.ticks import Encoding
from factors.engine.codegen import sources
from factors.engine.cross_section import series as day_series
from factors.engine.cross_section.exchange import ShapeMismatch, StageBuffer, parts
from factors.engine.cross_section.stages import goes_beyond
from factors.engine.fused.fusion import FusedProgram, fuse, stage
from factors.engine.fused.gpu import run as on_gpu
from factors.engine.matrix import run as matrix
from factors.engine.matrix.across import evaluate_cross_sections
from factors.engine.planning.external import ExternalInputs, resolve_inputs
from factors.engine.planning.market import MARKET, Market
from factors.engine.planning.plan import Plan, make_plan

RANGE = 160
"""Blocks a thread takes at a time, at most."""

_LIBRARIES: dict[str, ctypes.CDLL] = {}
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
    found = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    others: dict[str, str] = {}
    shared: list[dict[str, Floats]] = []
    given = given or ExternalInputs(cube, Market())
    whole = resolve_inputs(plan, cube, given.market, earlier=given.earlier)
    for days in _sessions(cube):
        own: dict[str, Floats] = {}
        for fusion, made in _stages(plan, whole, days, threads, backend, ticks):
            others |= fusion.refused
            columns = [i for i, f in enumerate(plan.factors) if f.name in fusion.names]
            where: Any = slice(None) if len(columns) == len(plan.factors) else columns  # a slice is written faster
            found[days][:, :, where] = made[:, :, : len(columns)]
            own |= {name: made[:, :, len(columns) + k] for k, name in enumerate(fusion.values)}
        shared.append(own)
    if others:
        rest = make_plan([f for f in plan.factors if f.name in others], cube.fields)
        columns = [i for i, f in enumerate(plan.factors) if f.name in others]
        known = {
            name: np.concatenate([one[name] for one in shared])
            for name in shared[0]
            if all(name in one for one in shared)
        }
        whole = evaluate_cross_sections(rest, cube, threads, whole.market, known, whole.earlier)
        found[:, :, columns] = matrix.run(rest, cube, backend, threads, given=whole)
        if notes is not None:
            notes.update(others)
    found[~cube.listed] = np.nan
    return found


def _stages(
    plan: Plan,
    given: ExternalInputs,
    days: slice,
    threads: int,
    backend: Backend,
    ticks: Encoding | None = None,
    unfit: frozenset[str] = frozenset(),
) -> list[tuple[FusedProgram, Floats]]:
    """Return what each stage computes for some days of one session, shape (days, stocks, factors and values)."""
    cube = given.cube
    session, card = cube.sessions[days.start], backend.card
    if not goes_beyond(plan, cube.fields) or (card is not None and not day_series.compiles()):
        fusion = fuse(plan, session, cube.fields)
        return [(fusion, execute(fusion, cube, days, threads, backend, ticks))]
    staged = stage(plan, session, cube.fields, unfit, tuple(filter(given.market.answers, MARKET)))
    if card is None:
        load(staged.fusions)
    whole = [
        np.empty((len(f.schedule.outputs), days.stop - days.start, cube.layout[1] * cube.layout[4]))
        for f in staged.fusions
    ]
    for some in parts(staged.crossing, cube, days, card is not None):
        between = StageBuffer(staged.crossing, given, some, threads)
        own = slice(some.start - days.start, some.stop - days.start)
        try:
            for number, (fusion, out) in enumerate(zip(staged.fusions, whole, strict=True)):
                between.run(number)
                if len(out) and card is not None:
                    out[:, own] = on_gpu(fusion, cube, some, threads, card, between, ticks)
                elif len(out):
                    _compute(fusion, cube, days, out, own, threads, between.kernel_arguments(days.start))
                for k, name in enumerate(fusion.values, len(fusion.names)):
                    between.keep(name, out[k, own])
        except ShapeMismatch as step:
            return _stages(plan, given, days, threads, backend, ticks, unfit | {step.name})
        between.close()
    return [
        (f, out[:, :, : len(cube.symbols)].transpose(1, 2, 0)) for f, out in zip(staged.fusions, whole, strict=True)
    ]


def _sessions(cube: MinuteCube) -> list[slice]:
    """Return runs of days with the same session."""
    edges = [d for d in range(1, len(cube.dates)) if cube.sessions[d] != cube.sessions[d - 1]]
    return [slice(a, b) for a, b in zip([0, *edges], [*edges, len(cube.dates)], strict=True)]


def execute(
    fusion: FusedProgram,
    cube: MinuteCube,
    days: slice,
    threads: int,
    backend: Backend | None = None,
    ticks: Encoding | None = None,
) -> Floats:
    """Return the fused factors of some days, shape (days, stocks, factors)."""
    if not fusion.schedule.outputs:
        return np.empty((days.stop - days.start, len(cube.symbols), 0))
    if backend is not None and backend.card is not None:
        return on_gpu(fusion, cube, days, threads, backend.card, ticks=ticks)[:, :, : len(cube.symbols)].transpose(
            1, 2, 0
        )
    number, (_, blocks, _, _, lanes) = days.stop - days.start, cube.layout
    out = np.empty((len(fusion.schedule.outputs), number, blocks * lanes))
    _compute(fusion, cube, days, out, slice(0, number), threads)
    return out[:, :, : len(cube.symbols)].transpose(1, 2, 0)


def _compute(
    fusion: FusedProgram,
    cube: MinuteCube,
    days: slice,
    out: Floats,
    part: slice,
    threads: int,
    beside: tuple[int, ...] = (),
) -> None:
    """Compute a part of some days, counted from their first, into `out`, shape (outputs, days, blocks * lanes)."""
    library = _library(fusion.text)
    storage = cube.storage[days]
    _, blocks, fields, minutes, lanes = storage.shape
    begin, end = part.start * blocks, part.stop * blocks
    taken = max(1, min(RANGE, -((begin - end) // (8 * threads))))  # several a thread, so that none waits for the last

    def work(first: int) -> None:
        library.run(
            storage.ctypes.data, out.ctypes.data, _scratch(library.scratch_bytes()), first, min(first + taken, end),
            fields * minutes * lanes, minutes * lanes, out[0].size, *beside,
        )  # fmt: skip

    each(work, range(begin, end, taken), threads)


def _scratch(size: int) -> int:
    """Return the address of this thread's scratch memory, aligned to a cache line; it is kept for the next call."""
    raw: npt.NDArray[np.uint8] | None = getattr(_THREAD, "scratch", None)
    if raw is None or len(raw) < size + 64:
        raw = _THREAD.scratch = np.empty(size + 64, np.uint8)
    return raw.ctypes.data + -raw.ctypes.data % 64


def load(fusions: Sequence[FusedProgram]) -> None:
    """Compile what the stages of a plan compute, side by side, or find it in the cache."""
    texts = {fusion.text: fusion.given for fusion in fusions if fusion.schedule.outputs}
    jobs: list[Callable[[], Any]] = [partial(_library, text) for text in texts if text not in _LIBRARIES]
    if any(given is not None for given in texts.values()):
        jobs.append(day_series.library)
    each(lambda job: job(), jobs, len(jobs))


def _library(text: str) -> ctypes.CDLL:
    """Return the compiled text, loaded."""
    if text not in _LIBRARIES:
        library = sources.build(text, LANES)
        library.run.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_long] * 5
        if "#define GIVEN" in text:
            library.run.argtypes += [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_long, ctypes.c_long]
        library.run.restype = None
        library.scratch_bytes.restype = ctypes.c_long
        _LIBRARIES[text] = library
    return _LIBRARIES[text]
