"""Twelve factors: hand-written C++, the fused engine, matrices, and other libraries.

All compute on one day held in memory in the form that suits them: the engines on the cube, Polars and pandas on a
sorted, already filled long frame. Making the cube or filling the frame is not timed. Results are compared first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench import kernels, peers
from factors import backends, factor
from factors import ops as m
from factors.backends.cpu import cores
from factors.catalogue import resolve
from factors.data.rows import Floats
from factors.definition import REGISTRY, Factor
from factors.engine import fused, matrix
from factors.engine.plan import Plan, make_plan
from factors.errors import CompilerError

CPU = backends.get("cpu")
NAMES = tuple(peers.LEAST)
THREADS = sorted({1, cores()})

pytestmark = pytest.mark.benchmark(group="twelve factors, one day in memory")


def sum_of_squares(returns):
    """Sum of squared minute returns."""
    return m.sum(returns * returns)


@pytest.fixture(scope="module")
def plan() -> Plan:
    own: Factor = factor(sum_of_squares)
    made = make_plan([own if name == own.name else resolve(name)[name] for name in NAMES])
    REGISTRY.forget(own.name)
    assert {f.name: f.min_bars for f in made.factors} == peers.LEAST
    return made


@pytest.fixture(scope="module")
def ours(plan: Plan, day_cube) -> fused.Fusion:
    try:
        return kernels.emitted(plan, day_cube)
    except CompilerError as error:
        pytest.skip(str(error))


@pytest.fixture
def measure(benchmark, ours: fused.Fusion, day_cube) -> Callable[..., None]:
    """Time a call, and how many times longer it takes than the fused engine on all cores."""
    unit = kernels.call(ours, day_cube, cores())

    def timed(call: Callable[[], Any], rounds: int) -> None:
        benchmark.pedantic(call, rounds=rounds, warmup_rounds=1)
        mine, fused_ = kernels.best_in_turn([call, unit], rounds)
        benchmark.extra_info["ratio"] = 1.0 if benchmark.extra_info.get("unit") else mine / fused_

    return timed


@pytest.fixture
def agrees(ours: fused.Fusion, day_cube) -> Callable[..., None]:
    """Compare values of the stocks with bars with those of the fused engine."""
    traded = np.flatnonzero(~np.isnan(day_cube["close"]).all(axis=1))
    expected = kernels.execute(ours, day_cube, cores())[traded]

    def compare(found: Floats) -> None:
        found = found[traded] if len(found) != len(traded) else found
        for i, name in enumerate(NAMES):
            np.testing.assert_allclose(found[:, i], expected[:, i], rtol=1e-9, atol=1e-12, err_msg=name)

    return compare


@pytest.mark.parametrize("threads", THREADS)
def bench_fused(benchmark, measure, ours: fused.Fusion, day_cube, threads: int) -> None:
    benchmark.extra_info["unit"] = threads == cores()
    measure(kernels.call(ours, day_cube, threads), rounds=30)


@pytest.mark.parametrize("threads", THREADS)
def bench_by_hand(measure, agrees, plan: Plan, day_cube, threads: int) -> None:
    call = kernels.call(kernels.by_hand(plan, day_cube), day_cube, threads)
    agrees(call())
    measure(call, rounds=30)


def bench_matrix(measure, agrees, plan: Plan, day_cube) -> None:
    agrees(matrix.run(plan, day_cube, CPU, cores())[0])
    measure(lambda: matrix.run(plan, day_cube, CPU, cores()), rounds=5)


@pytest.mark.parametrize("ahead", [True, False], ids=["returns ahead", "all in groups"])
def bench_polars(measure, agrees, day_cube, ahead: bool) -> None:
    pytest.importorskip("polars", reason="polars is not installed")
    frame, minutes = peers.polars_frame(peers.filled_columns(day_cube)), day_cube.sessions[0].minutes
    agrees(peers.values(peers.polars_twelve(frame, minutes, ahead=ahead)))
    measure(lambda: peers.polars_twelve(frame, minutes, ahead=ahead), rounds=10)


def bench_pandas(measure, agrees, day_cube) -> None:
    frame, minutes = peers.pandas_frame(peers.filled_columns(day_cube)), day_cube.sessions[0].minutes
    agrees(peers.values(peers.pandas_twelve(frame, minutes)))
    measure(lambda: peers.pandas_twelve(frame, minutes), rounds=4)


@pytest.mark.parametrize("threads", THREADS)
def bench_read(measure, plan: Plan, ours: fused.Fusion, day_cube, threads: int) -> None:
    """One streaming read of the fields the twelve use: the floor."""
    measure(kernels.call(kernels.reading(plan, day_cube), day_cube, threads), rounds=30)
