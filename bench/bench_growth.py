"""How the cost grows with stocks, days and factors, and so where the GPU overtakes the CPU.

The unit stays the read of one whole day, so that what grows in proportion does so in the figures. Days are copies of
one: what they cost does not depend on what is in them. The GPU columns start in the host's memory, or resident.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.measuring import device
from bench.report.article import CORE
from factors import backends
from factors.catalogue import resolve
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube
from factors.engine.planning.plan import make_plan
from factors.errors import FactorsError

pytestmark = pytest.mark.benchmark(group="growth")

FULL = pytest.mark.full
POINTS = [
    *(pytest.param("stocks", n, id=f"{n} stocks") for n in (250, 500, 1000, 2000, 5000)),
    *(pytest.param("days", n, id=f"{n} days") for n in (2, 4)),
    pytest.param("days", 20, id="20 days", marks=FULL),
    *(pytest.param("factors", n, id=f"{n} factors") for n in (1, 5, 12, 25)),
    pytest.param("factors", 308, id="308 factors", marks=FULL),
]
WAYS = ["fused, CPU", "matrix, CPU"]
GPU_WAYS = ["fused, GPU", "matrix, GPU", "fused, GPU, resident", "matrix, GPU, resident"]


def grown(cube: MinuteCube, stocks: int, days: int) -> MinuteCube:
    """Return a cube with so many of the stocks of a one-day cube, and so many copies of its day."""
    blocks = min(-(-stocks // LANES), cube.storage.shape[1])
    number = min(stocks, len(cube.symbols))

    def copies(array: np.ndarray, width: int) -> np.ndarray:
        return np.ascontiguousarray(np.repeat(array[:, :width], days, axis=0))

    return MinuteCube(
        cube.dates[0] + np.arange(days), cube.symbols[:number], cube.sessions * days, cube.fields,
        copies(cube.storage, blocks), copies(cube.present, blocks), copies(cube.listed, number),
        copies(cube.auction_volume, number),
    )  # fmt: skip


def factors_of(number: int) -> list:
    """Return so many factors spread over the core ones, or all there are."""
    if number > len(CORE):
        return list(resolve("all").values())
    return [CORE[k * len(CORE) // number] for k in range(number)]


def measured(measure, day_cube, way: str, what: str, number: int, on) -> None:
    stocks, days = (number if what == "stocks" else 5000), (number if what == "days" else 1)
    plan = make_plan(factors_of(number if what == "factors" else len(CORE)))
    engine, _, place = way.partition(", ")
    cube = grown(day_cube, stocks, days)
    call = (device.resident if "resident" in place else device.from_host)(engine, plan, cube, on)
    try:
        call()
    except FactorsError as error:
        pytest.skip(str(error))
    at = {"stocks": stocks, "days": days, "factors": len(plan.factors)}
    rounds = 3 if engine == "matrix" and on.name == "cpu" else 10
    row = f"{number} {what if number > 1 else what.removesuffix('s')}"
    measure(call, row, way, rounds=rounds, on_gpu=on.name != "cpu", along=what, at=at)


@pytest.mark.parametrize(("what", "number"), POINTS)
@pytest.mark.parametrize("way", WAYS)
def bench_cpu(measure, day_cube, way: str, what: str, number: int) -> None:
    measured(measure, day_cube, way, what, number, backends.get("cpu"))


@pytest.mark.gpu
@pytest.mark.parametrize(("what", "number"), POINTS)
@pytest.mark.parametrize("way", GPU_WAYS)
def bench_gpu(measure, gpu, day_cube, way: str, what: str, number: int) -> None:
    measured(measure, day_cube, way, what, number, gpu)
