"""What the benchmarks share: data, made once and larger than the processor's caches; the limits; and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import factors
from bench.measuring import kernels, limits
from factors.common.threads import cores
from factors.errors import FactorsError

STOCKS = 5000
SHORT = 0.05
"""Seconds; a call that takes less is made once more right before it is timed, so that it finds its own data."""
PATIENCE = 20.0
"""Seconds; what takes long is measured less often."""

skipped: dict[str, list[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="measure also what needs minutes or many gigabytes")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a benchmark that runs only with --full")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--full", default=False):
        for item in items:
            if item.get_closest_marker("full"):  # keywords have the names of the folders too
                item.add_marker(pytest.mark.skip(reason="measured with --full only"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and report.nodeid.startswith("bench/") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        skipped.setdefault(reason, []).append(report.nodeid.removeprefix("bench/"))


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    machine_info.pop("node", None)


def pytest_benchmark_update_json(config: pytest.Config, benchmarks: Any, output_json: dict[str, Any]) -> None:
    from bench.report import machine

    output_json["measured_on"] = machine.describe()
    output_json["skipped"] = skipped
    output_json["full"] = config.getoption("--full", default=False)


@pytest.fixture(scope="session")
def day_frame():
    """One simulated day of `STOCKS` stocks as a long pandas frame, about 1.2 million rows."""
    return factors.simulate_bars(stocks=STOCKS, days=1, seed=0)


@pytest.fixture(scope="session")
def day_cube(day_frame):
    """The same day as a cube of 67 MB."""
    return factors.cube(day_frame)


@pytest.fixture(scope="session")
def stream(day_cube) -> Callable[[], Any]:
    """One streaming read of the six fields of the day on all cores: the limit everything is a multiple of."""
    return limits.stream_read(day_cube, cores())


@pytest.fixture(scope="session")
def gpu() -> Any:
    """The GPU; where there is none, what needs it is skipped with the reason."""
    try:
        return factors.backends.get("gpu")
    except FactorsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def device_read(gpu, day_cube) -> float:
    """Seconds that reading the same six fields from the GPU's memory takes at least."""
    from bench.measuring import device

    return device.reading_seconds(limits.six_fields_bytes(day_cube), gpu)


@pytest.fixture(scope="session")
def bus_copy(gpu, day_cube) -> float:
    """Seconds that copying them from pinned memory to the GPU takes at least."""
    from bench.measuring import device

    return device.best(device.copy_over_bus(gpu, up=True)) * limits.six_fields_bytes(day_cube) / device.COPIED


@pytest.fixture
def measure(benchmark, stream, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Time a call, and how many times longer it takes than the limit, and than another call, all taking turns."""

    def timed(
        call: Callable[[], Any],
        row: str,
        column: str,
        *,
        rounds: int = 10,
        scale: float = 1.0,
        against: Callable[[], Any] | None = None,
        on_gpu: bool = False,
        **info: Any,
    ) -> None:
        begin = time.perf_counter()
        call()  # compiles, and fills caches
        once = time.perf_counter() - begin
        others = [stream] if against is None else [stream, against]
        bests = [float("inf")] * len(others)

        def turn() -> None:
            for i, seconds in enumerate(kernels.best_in_turn(others, max(1, 12 // rounds))):
                bests[i] = min(bests[i], seconds)
            if once < SHORT:
                call()

        benchmark.pedantic(call, setup=turn, rounds=max(1, min(rounds, int(PATIENCE / once))))
        if benchmark.stats is None:  # --benchmark-disable
            return
        mine = benchmark.stats.stats.min * scale
        benchmark.extra_info |= {"row": row, "column": column, "ratio": mine / bests[0], **info}
        if against is not None:
            benchmark.extra_info["times"] = mine / bests[1]
        if on_gpu:  # absolute times are told of GPUs, whose names say what they are
            benchmark.extra_info["seconds"] = mine
            benchmark.extra_info["device_reads"] = mine / request.getfixturevalue("device_read")
            benchmark.extra_info["bus_copies"] = mine / request.getfixturevalue("bus_copy")

    return timed
