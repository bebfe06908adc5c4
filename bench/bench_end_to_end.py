"""End to end: from a day's file, or frame, to a frame of 50 factors; transfers and compiling shown apart.

The unit is what pyarrow needs to read the file: the floor under everything that begins with one. The steps are those
that a result tells in its provenance, of the fastest call.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import factors
from bench.measuring import device
from factors import backends
from factors.errors import FactorsError

pytestmark = pytest.mark.benchmark(group="end to end")

WAYS = {"CPU": ("cpu", "auto"), "GPU, matrix": ("gpu", "matrix"), "GPU, fused": ("gpu", "fused")}
CUDF = "GPU, fused, values by cuDF"
ON = [pytest.param(way, marks=[pytest.mark.gpu] if way.startswith("GPU") else []) for way in WAYS]


@pytest.fixture(scope="module")
def day_file(day_frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("bars") / "2024-01-08.parquet"
    day_frame.to_parquet(path, index=False, compression="zstd")
    return path


@pytest.fixture
def reading(day_file):
    """What pyarrow needs to read the file."""
    import pyarrow.parquet as pq

    return lambda: pq.read_table(day_file)


def bench_read_file(measure, reading) -> None:
    measure(reading, "pyarrow reads the file", "CPU", rounds=15, against=reading)


@pytest.mark.parametrize("way", [*ON, pytest.param(CUDF, marks=[pytest.mark.gpu])])
@pytest.mark.parametrize("source", ["file", "frame"])
def bench_compute(benchmark, measure, reading, day_frame, day_file, source: str, way: str) -> None:
    bars, (backend, engine) = (day_frame if source == "frame" else day_file), WAYS.get(way, WAYS["GPU, fused"])
    on: Any = backend
    if backend == "gpu":
        on = backends.get(backend)
        if way == CUDF and on.tables() is None:
            pytest.skip("cuDF is not installed")
        if way == CUDF and source == "frame":
            import cudf

            bars = cudf.DataFrame.from_arrow(pa.Table.from_pandas(day_frame, preserve_index=False))
        on = on if way == CUDF else device.ReadsByPyarrow(on)
    best: dict[str, float] = {}

    def call() -> Any:
        found = factors.compute(bars, backend=on, engine=engine)
        clock = found.attrs["minute_factors"]["seconds"]
        if not best or clock["total"] < best["total"]:
            best.update(clock)
        return found

    try:
        call()
    except FactorsError as error:
        pytest.skip(str(error))
    best.clear()
    measure(call, f"{source} to 50 factors", way, rounds=15, against=reading, on_gpu=backend == "gpu")
    steps = {name: best[name] for name in ("read", "prepare", "compute")}
    steps["frame"] = max(0.0, best["total"] - sum(steps.values()))
    benchmark.extra_info["steps"] = {name: seconds / sum(steps.values()) for name, seconds in steps.items()}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def bench_write(measure, reading, day_cube, tmp_path, kind: str) -> None:
    from factors.store.files import write_frame

    frame = factors.compute(day_cube)
    name = f"writing the factors, {'Parquet' if kind == 'parquet' else 'CSV'}, synced"
    measure(lambda: write_frame(frame, tmp_path / f"out.{kind}"), name, "CPU", rounds=8, against=reading)


@pytest.mark.parametrize("way", ON)
def bench_first_call(benchmark, measure, reading, tmp_path, way: str) -> None:
    """What the first call ever takes longer: tracing, emitting and compiling, nothing being kept yet."""
    backend, engine = WAYS[way]
    taken: list[float] = []
    measure(reading, "first call ever, longer by", way, rounds=5)
    folders = (tmp_path / str(k) for k in range(2))
    try:
        taken = [device.first_call_seconds(["core"], engine, backend, str(folder)) for folder in folders]
    except RuntimeError as error:
        pytest.skip(str(error))
    if benchmark.stats is not None:
        longer = min(taken) / benchmark.stats.stats.min
        benchmark.extra_info |= {"ratio": longer * benchmark.extra_info["ratio"], "times": longer}
        if backend == "gpu":
            benchmark.extra_info["seconds"] = min(taken)


@pytest.mark.gpu
@pytest.mark.parametrize("what", ["the cube up", "the cube up as ticks", "the factors down"])
def bench_transfer(measure, reading, gpu, day_cube, what: str) -> None:
    values = np.zeros((1, len(day_cube.symbols), 50))
    storage = "ticks" if what.endswith("ticks") else "float64"
    call = device.upload(day_cube, gpu, storage) if "up" in what else device.download(values, gpu)
    measure(call, f"sending {what}", "GPU", rounds=20, against=reading, on_gpu=True)
