"""What each core factor costs in the fused engine, in reads of the cube.

A read is the sum of every number of the fields that the plan reads, compiled, on all cores: what one pass over the cube
costs at least. Of all factors together the cost is divided by their number: that is what a fused factor costs. Of each
is also measured what it costs alone, with a pass of its own, and what it adds: all factors less all but this one, on
one thread. That is near 0 where it shares all it needs, and below 0 where without it the schedule comes out worse.
"""

from __future__ import annotations

import pytest

from bench import kernels
from factors.backends.cpu import cores
from factors.catalogue import resolve
from factors.engine import fused
from factors.engine.plan import make_plan
from factors.errors import CompilerError

CORE = list(resolve("core").values())
PLAN = make_plan(CORE)

pytestmark = pytest.mark.benchmark(group=f"{len(CORE)} core factors, one day in memory")


@pytest.fixture(scope="module")
def whole(day_cube) -> fused.Fusion:
    try:
        return kernels.emitted(PLAN, day_cube)
    except CompilerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def reading(whole: fused.Fusion, day_cube) -> fused.Fusion:
    return kernels.reading(PLAN, day_cube)


def bench_read(benchmark, reading: fused.Fusion, day_cube) -> None:
    benchmark.extra_info |= {"unit": True, "ratio": 1.0}
    benchmark.pedantic(kernels.execute, args=(reading, day_cube, cores()), rounds=30, warmup_rounds=3)


def bench_all(benchmark, whole: fused.Fusion, reading: fused.Fusion, day_cube) -> None:
    calls = [kernels.call(one, day_cube, cores()) for one in (whole, reading)]
    all_, read = kernels.best_in_turn(calls, rounds=30)
    benchmark.extra_info |= {"ratio": all_ / read, "factors": len(CORE)}
    benchmark.pedantic(calls[0], rounds=30, warmup_rounds=3)


@pytest.mark.parametrize("name", [f.name for f in CORE])
def bench_factor(benchmark, whole: fused.Fusion, reading: fused.Fusion, day_cube, name: str) -> None:
    alone = kernels.emitted(make_plan([f for f in CORE if f.name == name]), day_cube)
    others = kernels.emitted(make_plan([f for f in CORE if f.name != name]), day_cube)
    calls = [kernels.call(one, day_cube, cores()) for one in (alone, reading)]
    mine, read = kernels.best_in_turn(calls, rounds=6)
    single = [kernels.call(one, day_cube, 1) for one in (whole, others, reading)]
    all_, rest, read_alone = kernels.best_in_turn(single, rounds=5)
    benchmark.extra_info |= {"ratio": mine / read, "added": (all_ - rest) / read_alone}
    benchmark.pedantic(calls[0], rounds=15, warmup_rounds=2)
