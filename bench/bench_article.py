"""The article's first experiment: a set of factors on one day, as loops, as matrices and fused, on the CPU and the GPU.

A plain GPU column starts from bars in the host's memory and ends with the values there; "resident" starts with the bars
on the device. The loops run on a sample of the stocks, scaled to all (on all with --full): each stock costs the same.
"""

from __future__ import annotations

from typing import Any

import pytest

import factors
from bench.measuring import device
from bench.report.article import SETS
from factors import backends
from factors.common.threads import cores
from factors.engine.planning.plan import Plan, make_plan
from factors.engine.select import engine_of
from factors.errors import FactorsError

pytestmark = pytest.mark.benchmark(group="article")

ROUNDS = {"loop": 3, "matrix": 6, "fused": 30}


def run(engine: str, plan: Plan, cube: Any, backend: Any) -> Any:
    """Run an engine on all cores; without what it needs, skip with the reason."""
    try:
        return engine_of(engine)(plan, cube, backend, cores())
    except FactorsError as error:
        pytest.skip(str(error))


def sample(stocks: int) -> Any:
    return factors.cube(factors.simulate_bars(stocks=stocks, days=1, seed=0))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("engine", ROUNDS)
def bench_cpu(measure, request, day_cube, engine: str, name: str) -> None:
    plan, cpu, cube = make_plan(SETS[name]), backends.get("cpu"), day_cube
    if engine == "loop" and not request.config.getoption("--full"):
        cube = sample(200)
    scale = len(day_cube.symbols) / len(cube.symbols)
    note = f"{len(cube.symbols)} stocks, scaled" if scale > 1 else ""
    run(engine, plan, cube, cpu)
    rounds = ROUNDS[engine]
    measure(lambda: run(engine, plan, cube, cpu), name, f"{engine}, CPU", rounds=rounds, scale=scale, note=note)


@pytest.mark.gpu
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("engine", ROUNDS)
def bench_gpu(measure, gpu, day_cube, engine: str, name: str) -> None:
    plan, cube = make_plan(SETS[name]), day_cube if engine != "loop" else sample(10)
    scale = len(day_cube.symbols) / len(cube.symbols)
    note = f"{len(cube.symbols)} stocks, scaled" if scale > 1 else ""
    run(engine, plan, cube, gpu)
    call, rounds = (lambda: run(engine, plan, cube, gpu)), ROUNDS[engine]
    measure(call, name, f"{engine}, GPU", rounds=rounds, scale=scale, note=note, on_gpu=True)


@pytest.mark.gpu
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("engine", ["matrix", "fused"])
def bench_gpu_resident(measure, gpu, day_cube, engine: str, name: str) -> None:
    call = device.resident(engine, make_plan(SETS[name]), day_cube, gpu)
    measure(call, name, f"{engine}, GPU, resident", rounds=ROUNDS[engine], on_gpu=True)
