"""Where a benchmark keeps data on a device, the processor stands in for it."""

from __future__ import annotations

import types

import numpy as np
import pytest

import factors
from bench.measuring import device
from factors import backends
from factors.backends.cpu import CpuBackend
from factors.catalogue import resolve
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from tests.support.devices import fake_cudf
from tests.support.devices.shim import ShimBackend


class Counting(CpuBackend):
    """The processor, counting the cubes that are sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    def put(self, array):
        self.sent += array.ndim > 3
        return array.copy()


def test_resident_data_are_sent_once() -> None:
    cube = factors.cube(factors.simulate_bars(stocks=20, days=1))
    plan = make_plan(list(resolve(["VP", "return_intraday"]).values()))
    counting = Counting()
    call = device.resident("matrix", plan, cube, counting)
    assert call is not None
    first = call()
    np.testing.assert_array_equal(first, call())
    assert counting.sent == 2  # its bars, and which there are
    np.testing.assert_array_equal(first, matrix.run(plan, cube, backends.get("cpu")))


@pytest.mark.usefixtures("needs_compiler")
def test_the_first_call_compiles_with_an_empty_cache(tmp_path) -> None:
    assert isinstance(device.first_call_seconds(["VP"], "fused", "cpu", str(tmp_path)), float)
    compiled = set(tmp_path.glob("*.so"))
    assert compiled
    device.first_call_seconds(["VP"], "fused", "cpu", str(tmp_path))
    assert set(tmp_path.glob("*.so")) == compiled


def test_the_best_of_some_calls_leaves_out_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, takes = [0.0], iter([1.0, 5.0, 2.0, 4.0])
    monkeypatch.setattr(device, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))

    def call() -> None:
        clock[0] += next(takes)

    assert device.best(call, rounds=3) == 2.0


@pytest.mark.usefixtures("needs_compiler")
def test_a_device_that_leaves_reading_to_pyarrow(tmp_path) -> None:
    factors.simulate_bars(stocks=5).to_parquet(tmp_path / "bars.parquet")
    shim = ShimBackend(cudf=fake_cudf)
    for on, told in ((shim, True), (device.ReadsByPyarrow(shim), False)):
        found = factors.compute(tmp_path / "bars.parquet", ["VP"], backend=on)
        assert found.attrs["engine"] == "fused"
        assert ("values" in found.attrs["minute_factors"]["input"]["found"]) == told
