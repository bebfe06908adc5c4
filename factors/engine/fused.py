"""The fused engine: all factors of a plan as one compiled function over blocks of stocks.

1. For each session among the days, the plan's definitions are traced (`trace`) and scheduled (`schedule`).
2. The schedule becomes C++ text (`emit`), compiled once and kept (`compile`).
3. Threads take ranges of blocks; each call leaves the interpreter's lock.
4. What cannot be traced runs on the matrix engine, and the notes say why.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.base import Backend
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.engine import compile as compiling
from factors.engine import day_series, matrix
from factors.engine.between import Between, Unfit
from factors.engine.choose import refuse_device
from factors.engine.emit import emit, slots
from factors.engine.fusing import Fusion, fuse, stage
from factors.engine.given import Given, answered, prepare
from factors.engine.launch import Code, execute
from factors.engine.market import MARKET
from factors.engine.plan import Plan, make_plan
from factors.engine.stages import goes_beyond
from factors.threads import each

RANGE = 160
"""Blocks a thread takes at a time, at most."""


_LIBRARIES: dict[str, ctypes.CDLL] = {}
_CODES: dict[tuple[str, tuple[str, ...]], Code] = {}
_THREAD = threading.local()


def run(
    plan: Plan, cube: MinuteCube, backend: Backend, threads: int = 1, notes: dict[str, str] | None = None,
    given: Given | None = None,
) -> Floats:  # fmt: skip
    """Compute the plan's factors.

    Parameters and returned array are those of the matrix engine; `notes` receives the factors that ran there instead,
    with the reason.

    Raises
    ------
    ArgumentError
        If the backend is not the CPU.
    CompilerError
        If there is no C++ compiler, or it fails.
    DefinitionError
        If a definition fails or returns something that is not one value per stock.
    """
    refuse_device(backend)
    found = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    others: dict[str, str] = {}
    shared: list[dict[str, Floats]] = []
    whole = answered(plan, cube, given.market if given else None)
    for days in _sessions(cube):
        own: dict[str, Floats] = {}
        for fusion, made in _stages(plan, whole, days, threads, backend):
            others |= fusion.refused
            columns = [i for i, f in enumerate(plan.factors) if f.name in fusion.names]
            found[days][:, :, columns] = made[:, :, : len(columns)]
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
        whole = prepare(rest, cube, threads, whole.market, known)
        found[:, :, columns] = matrix.run(rest, cube, backend, threads, given=whole)
        if notes is not None:
            notes.update(others)
    found[~cube.listed] = np.nan
    return found


def _stages(
    plan: Plan, given: Given, days: slice, threads: int, backend: Backend, unfit: frozenset[str] = frozenset()
) -> list[tuple[Fusion, Floats]]:
    """Return what each stage computes for some days of one session, shape (days, stocks, factors and values)."""
    cube = given.cube
    session = cube.sessions[days.start]
    if hasattr(backend, "card") or not goes_beyond(plan, cube.fields):
        fusion = fuse(plan, session, cube.fields)
        return [(fusion, _execute(fusion, cube, days, threads, backend))]
    staged = stage(plan, session, cube.fields, unfit, tuple(filter(given.market.answers, MARKET)))
    load(staged.fusions)
    between = Between(staged.crossing, given, days, threads)
    found = []
    for number, fusion in enumerate(staged.fusions):
        try:
            between.run(number)
        except Unfit as step:
            return _stages(plan, given, days, threads, backend, unfit | {step.name})
        made = _execute(fusion, cube, days, threads, between=between)
        for k, name in enumerate(fusion.values):
            between.keep(name, made[:, :, len(fusion.names) + k])
        found.append((fusion, made))
    return found


def _sessions(cube: MinuteCube) -> list[slice]:
    """Return runs of days with the same session."""
    edges = [d for d in range(1, len(cube.dates)) if cube.sessions[d] != cube.sessions[d - 1]]
    return [slice(a, b) for a, b in zip([0, *edges], [*edges, len(cube.dates)], strict=True)]


def _execute(
    fusion: Fusion, cube: MinuteCube, days: slice, threads: int, backend: Backend | None = None,
    between: Between | None = None,
) -> Floats:  # fmt: skip
    """Return the fused factors of some days, shape (days, stocks, factors)."""
    storage = cube.storage[days]
    number, blocks, fields, minutes, lanes = storage.shape
    total = number * blocks
    if not fusion.schedule.outputs:
        return np.empty((number, len(cube.symbols), 0))
    card = getattr(backend, "card", None)
    if card is not None:
        there = cube.resident if cube.resident is not None and cube.resident.card is card else None
        held = cube.fields if there is not None and there.packing.ticks is None else None
        code = device_code(fusion, cube.fields, held)
        whole = storage.reshape(total, fields, minutes, lanes)
        out = execute(card, code, whole, threads, cube.ticks, there, days.start * blocks)
        return out.reshape(len(out), number, blocks * lanes)[:, :, : len(cube.symbols)].transpose(1, 2, 0)
    library = _library(fusion.text)
    beside = () if between is None else between.beside
    out = np.empty((len(fusion.schedule.outputs), total * lanes))
    taken = max(1, min(RANGE, -(-total // (8 * threads))))  # several ranges a thread, so that none waits for the last

    def work(first: int) -> None:
        library.run(
            storage.ctypes.data, out.ctypes.data, _scratch(library.scratch_bytes()), first, min(first + taken, total),
            fields * minutes * lanes, minutes * lanes, total * lanes, *beside,
        )  # fmt: skip

    each(work, range(0, total, taken), threads)
    values = out.reshape(len(out), number, blocks * lanes)[:, :, : len(cube.symbols)]
    return values.transpose(1, 2, 0)


def device_code(fusion: Fusion, fields: Sequence[str], held: Sequence[str] | None = None) -> Code:
    """Return a fusion as a GPU runs it, for a storage of the fields held there; default: of those it reads."""
    schedule = fusion.schedule
    own = tuple(held or (name for name in fields if name in schedule.fields))
    key = (fusion.text, own)
    if key not in _CODES:
        _CODES[key] = Code(
            emit(schedule, own), tuple(fields.index(name) for name in own), slots(schedule.stored),
            slots(schedule.values), len(schedule.outputs),
        )  # fmt: skip
    return _CODES[key]


def _scratch(size: int) -> int:
    """Return the address of this thread's scratch memory, aligned to a cache line; it is kept for the next call."""
    raw: npt.NDArray[np.uint8] | None = getattr(_THREAD, "scratch", None)
    if raw is None or len(raw) < size + 64:
        raw = _THREAD.scratch = np.empty(size + 64, np.uint8)
    return raw.ctypes.data + -raw.ctypes.data % 64


def load(fusions: Sequence[Fusion]) -> None:
    """Compile what the stages of a plan compute, side by side, or find it in the cache."""
    texts = [fusion.text for fusion in fusions if fusion.schedule.outputs]
    jobs: list[Callable[[], Any]] = [partial(_library, text) for text in texts if text not in _LIBRARIES]
    if any("#define GIVEN" in text for text in texts):
        jobs.append(day_series.library)
    each(lambda job: job(), jobs, len(jobs))


def _library(text: str) -> ctypes.CDLL:
    """Return the compiled text, loaded."""
    if text not in _LIBRARIES:
        library = compiling.build(text, LANES)
        library.run.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_long] * 5
        if "#define GIVEN" in text:
            library.run.argtypes += [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_long, ctypes.c_long]
        library.run.restype = None
        library.scratch_bytes.restype = ctypes.c_long
        _LIBRARIES[text] = library
    return _LIBRARIES[text]
