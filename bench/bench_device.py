"""A GPU at its best: every factor of the catalogue on 20 days at once, against what its memory and its bus allow.

Held against one read of the fields in float64 by the device, and one copy of them from pinned memory over the bus; as
ticks they are half as large.
"""

from __future__ import annotations

import pytest

from bench.bench_growth import grown
from bench.measuring import device
from bench.report.article import EVERYTHING
from factors.catalogue import resolve
from factors.data.cube.cube import MinuteCube
from factors.engine.planning.plan import make_plan
from factors.errors import FactorsError

pytestmark = [pytest.mark.gpu, pytest.mark.benchmark(group="device")]

DAYS = 20


@pytest.fixture(scope="module")
def days_cube(gpu, day_cube) -> MinuteCube:
    return grown(day_cube, 5000, DAYS)


@pytest.mark.parametrize("storage", ["float64", "ticks"])
@pytest.mark.parametrize("place", ["resident", "from the host"])
def bench_everything(benchmark, measure, gpu, days_cube, place: str, storage: str) -> None:
    plan = make_plan(list(resolve("all").values()))
    way = device.resident if place == "resident" else device.from_host
    call = way("fused", plan, days_cube, gpu, storage)
    try:
        call()
    except FactorsError as error:
        pytest.skip(str(error))
    measure(call, EVERYTHING, f"fused, GPU, {place}{', as ticks' if storage == 'ticks' else ''}", rounds=5, on_gpu=True)
    number = days_cube.storage.nbytes * len(plan.fields) // len(days_cube.fields)
    seconds = benchmark.extra_info["seconds"]
    benchmark.extra_info["device_reads"] = seconds / device.reading_seconds(number, gpu)
    over = device.best(device.copy_over_bus(gpu, up=True)) * number / device.COPIED
    benchmark.extra_info["bus_copies"] = seconds / over
