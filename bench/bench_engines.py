"""The same factors as plain loops, as matrices and fused. Set-up and first calls stand outside the clock.

The loops run on a sample of 100 stocks and say so: scale by the stocks to compare.
"""

from __future__ import annotations

import pytest

from factors import backends
from factors.catalogue import resolve
from factors.engine import fused, loop, matrix
from factors.engine.plan import make_plan
from factors.errors import CompilerError

KNOWN = [f for f in resolve("core").values() if f.core == "known"]
CORE = list(resolve("core").values())
SETS = {"15 known": KNOWN, "50 core": CORE}


@pytest.mark.parametrize("name", SETS)
def bench_loop(benchmark, sample_cube, name: str) -> None:
    plan = make_plan(SETS[name])
    cpu = backends.get("cpu")
    benchmark.group = f"{name} factors, one day"
    benchmark.extra_info["stocks"] = len(sample_cube.symbols)
    benchmark.pedantic(loop.run, args=(plan, sample_cube, cpu), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", SETS)
def bench_matrix(benchmark, day_cube, name: str, threads: int) -> None:
    plan = make_plan(SETS[name])
    cpu = backends.get("cpu")
    benchmark.group = f"{name} factors, one day"
    benchmark.extra_info["stocks"] = len(day_cube.symbols)
    benchmark.pedantic(matrix.run, args=(plan, day_cube, cpu, threads), rounds=5, warmup_rounds=1)


@pytest.mark.gpu
@pytest.mark.parametrize("name", SETS)
def bench_matrix_gpu(benchmark, day_cube, name: str) -> None:
    plan = make_plan(SETS[name])
    gpu = backends.get("gpu")
    benchmark.group = f"{name} factors, one day"
    benchmark.extra_info["stocks"] = len(day_cube.symbols)
    benchmark.extra_info["device"] = gpu.device
    benchmark.pedantic(matrix.run, args=(plan, day_cube, gpu), rounds=5, warmup_rounds=2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", SETS)
def bench_fused(benchmark, day_cube, name: str, threads: int) -> None:
    plan = make_plan(SETS[name])
    try:
        fused.run(plan, day_cube, backends.get("cpu"), threads)  # compiles
    except CompilerError as error:
        pytest.skip(str(error))
    benchmark.group = f"{name} factors, one day"
    benchmark.extra_info["stocks"] = len(day_cube.symbols)
    benchmark.pedantic(fused.run, args=(plan, day_cube, backends.get("cpu"), threads), rounds=10, warmup_rounds=2)
