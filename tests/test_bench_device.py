"""Where a benchmark keeps data on a device, the processor stands in for it."""

from __future__ import annotations

import numpy as np

import factors
from bench import device
from factors import backends
from factors.backends.cpu import CpuBackend
from factors.catalogue import resolve
from factors.engine import matrix
from factors.engine.plan import make_plan


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


def test_the_first_call_takes_longer(tmp_path) -> None:
    assert device.first_call_seconds(["VP"], "matrix", "cpu", str(tmp_path)) < 60
    assert device.best(lambda: None, rounds=2) < 1
