"""Hand-written kernels in the place of emitted ones (same storage, same threads, same call), and ratios of times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from factors.common.arrays import Floats
from factors.data.cube.cube import MinuteCube
from factors.engine.codegen.program import Function, Line, Program
from factors.engine.fused.fusion import fuse
from factors.engine.fused.libraries import library
from factors.engine.fused.run import execute_program
from factors.engine.planning.plan import Plan

HERE = Path(__file__).parent


def emitted(plan: Plan, cube: MinuteCube) -> Program:
    """Return the plan fused for the cube's first day; compiled."""
    fused = fuse(plan, cube.sessions[0], cube.fields)
    assert not fused.refused
    library(fused.graph.program)
    return fused.graph.program


def by_hand(plan: Plan, cube: MinuteCube) -> Program:
    """Return the hand-written kernel of the twelve factors; compiled."""
    return _written("twelve", cube, outputs=len(plan.factors))


def reading(fields: Sequence[str], cube: MinuteCube) -> Program:
    """Return the kernel that only sums some fields, as one factor; compiled.

    It is checked against NumPy's sum here, so that no part of the cube is left out.
    """
    places = [cube.fields.index(name) for name in fields]
    program = _written("read", cube, outputs=1, head=f"#define READ {', '.join(map(str, places))}\n")
    whole = cube.storage[0][:, places].sum(axis=(1, 2)).reshape(-1)[: len(cube.symbols)]
    np.testing.assert_allclose(execute(program, cube, 2)[:, 0], whole, rtol=1e-9)
    return program


def execute(program: Program, cube: MinuteCube, threads: int) -> Floats:
    """Run a kernel on the cube's first day; shape (stocks, factors)."""
    values: Floats = execute_program(program, cube, slice(0, 1), threads)[0]
    return values


def call(program: Program, cube: MinuteCube, threads: int) -> Callable[[], Floats]:
    """Return `execute` with its arguments."""
    return partial(execute, program, cube, threads)


def best_in_turn(calls: list[Callable[[], Any]], rounds: int) -> list[float]:
    """Return each call's best time in seconds; taking turns, what slows the machine for a while slows all."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for i, one in enumerate(calls):
            for _ in range(3):  # the first has the others' leftovers in its caches
                begin = time.perf_counter()
                one()
                best[i] = min(best[i], time.perf_counter() - begin)
    return best


def _written(file: str, cube: MinuteCube, outputs: int, head: str = "") -> Program:
    """Return a program of one step, whose body is a file beside this one; compiled."""
    body = head + (HERE / f"{file}.cpp").read_text(encoding="utf-8")
    step = Function(file, "const double* f, long fs, double* out, long row", body)
    program = Program(
        minutes=cube.sessions[0].minutes, stored=0, values=0, outputs=outputs, fields=len(cube.fields),
        stage_series=None, headers=(), functions=(step,), block=(Line(f"  {file}(f, fs, out, row);", file),),
    )  # fmt: skip
    library(program)
    return program
