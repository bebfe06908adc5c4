"""Twelve factors: hand-written C++, the fused engine, matrices. Results are compared before timing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from factors import backends, factor
from factors import ops as m
from factors.catalogue import resolve
from factors.definition import REGISTRY, Factor
from factors.engine import fused, matrix
from factors.engine.plan import Plan, make_plan
from factors.errors import CompilerError

CPU = backends.get("cpu")
NAMES = (
    "return_downward_var", "sum_of_squares", "return_skewness", "return_kurtosis", "intraday_maxdrawdown",
    "return_last_30min", "return_intraday", "close_vwap_dev", "VP", "VR", "amihud_mean", "volume_last_30min_ratio",
)  # fmt: skip


def sum_of_squares(returns):
    """Sum of squared minute returns."""
    return m.sum(returns * returns)


@pytest.fixture(scope="module")
def plan() -> Plan:
    own: Factor = factor(sum_of_squares)
    made = make_plan([own if name == own.name else resolve(name)[name] for name in NAMES])
    REGISTRY.forget(own.name)
    return made


@pytest.fixture(scope="module")
def by_hand(plan: Plan, day_cube) -> fused.Fusion:
    """The hand-written kernel in the place of the emitted one; equal to it."""
    emitted = fused.fuse(plan, day_cube.sessions[0], day_cube.fields)
    source = Path(__file__).with_name("twelve.cpp").read_text(encoding="utf-8")
    made = fused.Fusion(emitted.names, {}, emitted.schedule, f"#define T {day_cube.sessions[0].minutes}\n{source}")
    try:
        fused.load(made)
        fused.load(emitted)
    except CompilerError as error:
        pytest.skip(str(error))
    days = slice(0, 1)
    ours, theirs = (fused._execute(one, day_cube, days, 2)[day_cube.listed[days]] for one in (emitted, made))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours, matrix.run(plan, day_cube, CPU, 2)[day_cube.listed], rtol=1e-9, atol=1e-12)
    return made


pytestmark = pytest.mark.benchmark(group="twelve factors, one day in memory")


@pytest.mark.parametrize("threads", [1, 2])
def bench_by_hand(benchmark, by_hand: fused.Fusion, day_cube, threads: int) -> None:
    benchmark.pedantic(fused._execute, args=(by_hand, day_cube, slice(0, 1), threads), rounds=30, warmup_rounds=3)


@pytest.mark.parametrize("threads", [1, 2])
def bench_fused(benchmark, by_hand: fused.Fusion, plan: Plan, day_cube, threads: int) -> None:
    emitted = fused.fuse(plan, day_cube.sessions[0], day_cube.fields)
    benchmark.pedantic(fused._execute, args=(emitted, day_cube, slice(0, 1), threads), rounds=30, warmup_rounds=3)


def bench_matrix(benchmark, plan: Plan, day_cube) -> None:
    benchmark.pedantic(matrix.run, args=(plan, day_cube, CPU, 2), rounds=5, warmup_rounds=1)


def bench_read_the_cube(benchmark, day_cube) -> None:
    """One streaming read of the fields the twelve use: the floor."""
    storage = day_cube.storage[0, :, [0, 3, 4, 5]].copy()
    benchmark.pedantic(np.max, args=(storage,), rounds=10, warmup_rounds=1)
