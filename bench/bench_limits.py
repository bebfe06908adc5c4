"""What the hardware allows, in the unit of all other results: one read of the day's six fields by all cores."""

from __future__ import annotations

import numpy as np
import pytest

from bench.measuring import device, limits
from factors.common.threads import cores

pytestmark = pytest.mark.benchmark(group="limits")


@pytest.mark.parametrize("threads", sorted({1, cores()}))
def bench_stream_read(measure, day_cube, threads: int) -> None:
    name = "1 core" if threads == 1 else f"{threads} cores"
    measure(
        limits.stream_read(day_cube, threads),
        "read of six fields",
        name,
        rounds=30,
        unit="ratio" if threads == cores() else "",
    )


def bench_copy(measure, day_cube) -> None:
    source = np.ascontiguousarray(day_cube.storage[0][:, : len(limits.FIELDS)])
    target = np.empty_like(source)
    measure(lambda: np.copyto(target, source), "copy of six fields", "NumPy, 1 core", rounds=10)


@pytest.mark.gpu
@pytest.mark.parametrize("way", ["within the device", "to the device", "from the device"])
def bench_gpu_copy(measure, gpu, day_cube, way: str) -> None:
    """Copies of a gigabyte, scaled to the day: small ones are all latency."""
    call = (
        device.copy_on_device(gpu) if way.startswith("within") else device.copy_over_bus(gpu, up=way.startswith("to"))
    )
    scale = limits.six_fields_bytes(day_cube) / device.COPIED
    measure(
        call, "copy of six fields", way, scale=scale, on_gpu=True, gigabytes=limits.six_fields_bytes(day_cube) / 1e9
    )
