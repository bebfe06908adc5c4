"""Every core factor by itself, CPU against GPU, and what all together cost: divided by their number, what one costs.

Alone a factor has a pass over the bars of its own; among the others it shares one. With --full also what it adds to the
others, on one thread: all less all but this one. That is near 0 where it shares all it needs, and below 0 where without
it the schedule comes out worse. On the GPU the bars are resident.
"""

from __future__ import annotations

import pytest

from bench.measuring import device, kernels
from bench.report.article import CORE
from factors import backends
from factors.common.threads import cores
from factors.definitions.decorators import Factor
from factors.engine.codegen.program import Program
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.errors import CompilerError

NAMES = [f.name for f in CORE]
OF = {f.name: f for f in CORE}

pytestmark = pytest.mark.benchmark(group="each")


def emitted(wanted: list[Factor], cube) -> Program:
    try:
        return kernels.emitted(make_plan(wanted), cube)
    except CompilerError as error:
        pytest.skip(str(error))


def bench_all(measure, day_cube) -> None:
    call = kernels.call(emitted(CORE, day_cube), day_cube, cores())
    measure(call, f"all {len(CORE)}", "fused, CPU", rounds=30, factors=len(CORE))


@pytest.mark.parametrize("name", NAMES)
def bench_fused(measure, day_cube, name: str) -> None:
    measure(kernels.call(emitted([OF[name]], day_cube), day_cube, cores()), name, "fused, CPU", rounds=12)


@pytest.mark.parametrize("name", NAMES)
def bench_matrix(measure, day_cube, name: str) -> None:
    plan, cpu = make_plan([OF[name]]), backends.get("cpu")
    measure(lambda: matrix.run(plan, day_cube, cpu, cores()), name, "matrix, CPU", rounds=3)


@pytest.mark.gpu
@pytest.mark.parametrize("engine", ["matrix", "fused"])
@pytest.mark.parametrize("name", NAMES)
def bench_gpu(measure, gpu, day_cube, engine: str, name: str) -> None:
    call = device.resident(engine, make_plan([OF[name]]), day_cube, gpu)
    measure(call, name, f"{engine}, GPU, resident", rounds=10, on_gpu=True)


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def bench_added(benchmark, stream, day_cube, name: str) -> None:
    ones = [emitted(CORE, day_cube), emitted([f for f in CORE if f.name != name], day_cube)]
    calls = [
        *(kernels.call(one, day_cube, 1) for one in ones),
        kernels.call(kernels.reading(("close",), day_cube), day_cube, 1),
    ]
    all_, others, _ = kernels.best_in_turn(calls, rounds=5)
    reading = kernels.best_in_turn([stream], rounds=5)[0]
    benchmark.extra_info |= {"row": name, "column": "added, CPU, 1 thread", "ratio": (all_ - others) / reading}
    benchmark.pedantic(calls[0], rounds=1)
