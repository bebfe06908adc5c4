"""Twelve factors: hand-written C++, the fused engine, matrices, and other libraries.

All compute on one day held in memory in the form that suits them: engines, JAX and KunQuant on arrays, Polars, pandas
and DuckDB on a sorted, already filled long table. Making these is not timed, nor is compiling. Results are compared
first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from bench.measuring import device, kernels
from bench.peers import frames as peers
from factors import backends, factor
from factors import ops as m
from factors.catalogue import resolve
from factors.common.arrays import Floats
from factors.common.threads import cores
from factors.definitions.decorators import REGISTRY, Factor
from factors.engine.codegen.program import Program
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import Plan, make_plan
from factors.errors import CompilerError, FactorsError

CPU = backends.get("cpu")
NAMES = tuple(peers.LEAST)
THREADS = sorted({1, cores()})

pytestmark = pytest.mark.benchmark(group="twelve")


def sum_of_squares(returns):
    """Sum of squared minute returns."""
    return m.sum(returns * returns)


def threads_name(name: str, threads: int) -> str:
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"


@pytest.fixture(scope="module")
def plan() -> Plan:
    own: Factor = factor(sum_of_squares)
    made = make_plan([own if name == own.name else resolve(name)[name] for name in NAMES])
    REGISTRY.forget(own.name)
    assert {f.name: f.min_bars for f in made.factors} == peers.LEAST
    return made


@pytest.fixture(scope="module")
def ours(plan: Plan, day_cube) -> Program:
    try:
        return kernels.emitted(plan, day_cube)
    except CompilerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def columns(day_cube) -> dict[str, Any]:
    return peers.filled_columns(day_cube)


@pytest.fixture
def versus_fused(measure, ours: Program, day_cube) -> Callable[..., None]:
    """Measure a way to compute the twelve against the fused engine on all cores."""
    unit = kernels.call(ours, day_cube, cores())
    return lambda call, name, **info: measure(call, name, "twelve factors", against=unit, **info)


@pytest.fixture
def agrees(ours: Program, day_cube) -> Callable[..., None]:
    """Compare values of the stocks with bars with those of the fused engine."""
    traded = np.flatnonzero(~np.isnan(day_cube["close"]).all(axis=1))
    expected = kernels.execute(ours, day_cube, cores())[traded]

    def compare(found: Floats) -> None:
        found = found[traded] if len(found) != len(traded) else found
        for i, name in enumerate(NAMES):
            np.testing.assert_allclose(found[:, i], expected[:, i], rtol=1e-9, atol=1e-12, err_msg=name)

    return compare


def installed(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other libraries while they are imported
        try:
            import_module(name)
        except ImportError as error:
            pytest.skip(f"{name} is not installed ({error}): pip install 'minute-factors[peers]'")


@pytest.mark.parametrize("threads", THREADS)
def bench_fused(versus_fused, ours: Program, day_cube, threads: int) -> None:
    call = kernels.call(ours, day_cube, threads)
    versus_fused(call, threads_name("fused", threads), rounds=30, unit="times" if threads == cores() else "")


@pytest.mark.parametrize("threads", THREADS)
def bench_by_hand(versus_fused, agrees, plan: Plan, day_cube, threads: int) -> None:
    call = kernels.call(kernels.by_hand(plan, day_cube), day_cube, threads)
    agrees(call())
    versus_fused(call, threads_name("hand-written C++", threads), rounds=30)


def bench_read(versus_fused, plan: Plan, day_cube) -> None:
    """One streaming read of the fields the twelve use: the floor."""
    call = kernels.call(kernels.reading(plan.fields, day_cube), day_cube, cores())
    versus_fused(call, f"reading their {len(plan.fields)} fields", rounds=30)


def bench_matrix(versus_fused, agrees, plan: Plan, day_cube) -> None:
    agrees(matrix.run(plan, day_cube, CPU, cores())[0])
    versus_fused(lambda: matrix.run(plan, day_cube, CPU, cores()), "NumPy matrices in blocks", rounds=5)


def bench_pandas(versus_fused, agrees, columns, day_cube) -> None:
    frame, minutes = peers.pandas_frame(columns), day_cube.sessions[0].minutes
    agrees(peers.values(peers.pandas_twelve(frame, minutes)))
    versus_fused(lambda: peers.pandas_twelve(frame, minutes), "pandas", rounds=4)


@pytest.mark.parametrize("ahead", [True, False], ids=["returns ahead", "all in groups"])
def bench_polars(versus_fused, agrees, columns, day_cube, ahead: bool) -> None:
    installed("polars")
    frame, minutes = peers.polars_frame(columns), day_cube.sessions[0].minutes
    agrees(peers.values(peers.polars_twelve(frame, minutes, ahead=ahead)))
    name = "Polars" if ahead else "Polars, all within groups"
    versus_fused(lambda: peers.polars_twelve(frame, minutes, ahead=ahead), name, rounds=8)


def bench_duckdb(versus_fused, agrees, columns, day_cube) -> None:
    installed("duckdb")
    from bench.peers.with_duckdb import duckdb_table, duckdb_twelve

    connection, minutes = duckdb_table(columns, cores()), day_cube.sessions[0].minutes
    agrees(duckdb_twelve(connection, minutes))
    versus_fused(lambda: duckdb_twelve(connection, minutes), "DuckDB", rounds=4)
    connection.close()


def bench_jax(versus_fused, agrees, day_cube) -> None:
    installed("jax")
    from bench.peers.with_jax import jax_twelve

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = jax_twelve(day_cube)
    agrees(call())
    versus_fused(call, "JAX, compiled", rounds=15)


@pytest.mark.parametrize("threads", THREADS)
def bench_kunquant(versus_fused, agrees, day_cube, threads: int) -> None:
    installed("KunQuant")
    from bench.peers.with_kunquant import kunquant_twelve

    try:
        call = kunquant_twelve(day_cube, threads)
    except Exception as error:  # it tells a missing compiler in the words of the system
        pytest.skip(f"KunQuant did not compile the twelve: {type(error).__name__}: {error}")
    agrees(call())
    versus_fused(call, threads_name("KunQuant", threads), rounds=15)


@pytest.mark.gpu
@pytest.mark.parametrize("resident", [False, True], ids=["from the host", "resident"])
@pytest.mark.parametrize("engine", ["matrix", "fused"])
def bench_gpu(versus_fused, agrees, gpu, plan: Plan, day_cube, engine: str, resident: bool) -> None:
    call = (device.resident if resident else device.from_host)(engine, plan, day_cube, gpu)
    try:
        agrees(call()[0])
    except FactorsError as error:
        pytest.skip(str(error))
    name = f"{engine} on the GPU{', resident' if resident else ''}"
    versus_fused(call, name, rounds=20, on_gpu=True)
