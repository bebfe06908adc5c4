"""Where the time of a day goes: read, place, scatter, compute, write."""

from __future__ import annotations

import pytest

import factors
from factors.data.cube import MinuteCube
from factors.data.read import open_bars


@pytest.fixture(scope="session")
def day_file(day_frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("bars") / "2026-01-05.parquet"
    day_frame.to_parquet(path, index=False, compression="zstd")
    return path


@pytest.mark.benchmark(group="one day, end to end")
@pytest.mark.parametrize("source", ["frame", "file"])
def bench_compute(benchmark, day_frame, day_file, source: str) -> None:
    bars = day_frame if source == "frame" else day_file
    benchmark.pedantic(factors.compute, args=(bars,), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="one day, by step")
def bench_read_file_alone(benchmark, day_file) -> None:
    """What pyarrow needs to read the file: the floor under everything else."""
    import pyarrow.parquet as pq

    benchmark.pedantic(pq.read_table, args=(day_file,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one day, by step")
@pytest.mark.parametrize("source", ["frame", "file"])
def bench_read_and_place(benchmark, day_frame, day_file, source: str) -> None:
    bars = day_frame if source == "frame" else day_file
    benchmark.pedantic(lambda: list(open_bars(bars).days()), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one day, by step")
def bench_scatter(benchmark, day_frame) -> None:
    days = list(open_bars(day_frame).days())
    benchmark.pedantic(MinuteCube.from_days, args=(days,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one day, by step")
def bench_write(benchmark, day_cube, tmp_path) -> None:
    from factors.files import write_frame

    frame = factors.compute(day_cube)
    benchmark.pedantic(write_frame, args=(frame, tmp_path / "out.parquet"), rounds=5, warmup_rounds=1)
