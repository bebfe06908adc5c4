"""Hand-written kernels in the place of emitted ones (same storage, same threads, same call), and ratios of times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from factors.catalogue import resolve
from factors.common.arrays import Floats
from factors.data.cube.cube import MinuteCube
from factors.engine.fused import run as fused
from factors.engine.fused.fusion import FusedProgram, fuse
from factors.engine.planning.plan import Plan, make_plan

HERE = Path(__file__).parent


def emitted(plan: Plan, cube: MinuteCube) -> FusedProgram:
    """Return the plan fused for the cube's first day; compiled."""
    made = fuse(plan, cube.sessions[0], cube.fields)
    assert not made.refused
    fused.load([made])
    return made


def by_hand(plan: Plan, cube: MinuteCube) -> FusedProgram:
    """Return the hand-written kernel of the twelve factors; compiled."""
    return _in_place_of(emitted(plan, cube), cube, "twelve.cpp")


def reading(fields: Sequence[str], cube: MinuteCube) -> FusedProgram:
    """Return the kernel that only sums some fields, as a fusion of one factor; compiled.

    It is checked against NumPy's sum here, so that no part of the cube is left out.
    """
    places = [cube.fields.index(name) for name in fields]
    model = emitted(make_plan(list(resolve("return_intraday").values())), cube)
    made = _in_place_of(model, cube, "read.cpp", READ=", ".join(map(str, places)))
    whole = cube.storage[0][:, places].sum(axis=(1, 2)).reshape(-1)[: len(cube.symbols)]
    np.testing.assert_allclose(execute(made, cube, 2)[:, 0], whole, rtol=1e-9)
    return made


def execute(fusion: FusedProgram, cube: MinuteCube, threads: int) -> Floats:
    """Run a kernel on the cube's first day; shape (stocks, factors)."""
    found: Floats = fused.execute(fusion, cube, slice(0, 1), threads)[0]
    return found


def call(fusion: FusedProgram, cube: MinuteCube, threads: int) -> Callable[[], Floats]:
    """Return `execute` with its arguments."""
    return partial(execute, fusion, cube, threads)


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


def _in_place_of(model: FusedProgram, cube: MinuteCube, file: str, **macros: str) -> FusedProgram:
    head = {"T": str(cube.sessions[0].minutes), "FIELDS": str(len(cube.fields)), **macros}
    text = "".join(f"#define {name} {value}\n" for name, value in head.items())
    made = replace(model, refused={}, text=text + (HERE / file).read_text(encoding="utf-8"))
    fused.load([made])
    return made
