"""What is measured of a GPU by itself: its limits, the transfers, and computing where the data already lie on it.

Every function returns a call that waits for the device, or what such calls took. Nothing here runs without a GPU.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.base import Backend
from factors.common.threads import cores
from factors.data.cube.cube import MinuteCube
from factors.data.device.ticks import ticks_of
from factors.engine.planning.plan import Plan
from factors.engine.select import engine_of

COPIED = 2**30
"""Bytes copied to measure bandwidths: more than any cache holds."""


class Resident:
    """A device whose cube is there already: what was sent once is not sent again.

    Parameters
    ----------
    device : Backend
        What runs the work.
    cube : MinuteCube
        What is kept there.
    """

    def __init__(self, device: Backend, cube: MinuteCube) -> None:
        self._device, self._cube = device, cube
        self._kept = {id(array): device.put(array) for array in (cube.storage, cube.present)}

    def put(self, array: npt.NDArray[Any]) -> Any:
        """Return the array's copy on the device: the one that is there, if it is the cube's."""
        return self._kept[id(array)] if id(array) in self._kept else self._device.put(array)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)


class ReadsByPyarrow:
    """A device whose files are read by pyarrow, also where cuDF is installed."""

    def __init__(self, device: Backend) -> None:
        self._device = device

    def tables(self) -> None:
        """Return no other way of reading."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)


def resident(engine: str, plan: Plan, cube: MinuteCube, device: Backend, storage: str = "float64") -> Callable[[], Any]:
    """Return a call that computes a plan from a cube whose series lie on the device, and brings the results back."""
    run = engine_of(engine)
    if engine == "fused":
        there = copy.copy(cube).upload(device, storage)
        return lambda: run(plan, there, device, cores())
    kept = Resident(device, cube)
    return lambda: run(plan, cube, kept)


def from_host(
    engine: str, plan: Plan, cube: MinuteCube, device: Backend, storage: str = "float64"
) -> Callable[[], Any]:
    """Return a call that computes a plan from a cube in the host's memory, transfers included."""
    run = engine_of(engine)
    encoding = {"ticks": ticks_of(cube)} if storage == "ticks" else {}
    return lambda: run(plan, cube, device, cores(), **encoding)


def upload(cube: MinuteCube, device: Backend, storage: str = "float64") -> Callable[[], Any]:
    """Return a call that sends the cube to the device, from ordinary memory through pinned."""
    there = copy.copy(cube)
    return lambda: there.upload(device, storage)


def download(values: npt.NDArray[Any], device: Backend) -> Callable[[], Any]:
    """Return a call that brings an array of results back."""
    there = device.put(values)
    return lambda: device.take(there)


def copy_on_device(device: Backend) -> Callable[[], Any]:
    """Return a call that copies `COPIED` bytes within the device: as many read and as many written."""
    xp = device.xp
    source = xp.zeros(COPIED // 8)
    target = xp.empty_like(source)

    def call() -> None:
        target[...] = source
        device.sync()

    return call


def copy_over_bus(device: Backend, *, up: bool) -> Callable[[], Any]:
    """Return a call that copies `COPIED` bytes from pinned host memory to the device, or back."""
    xp = device.xp
    memory = xp.cuda.alloc_pinned_memory(COPIED)
    host = np.frombuffer(memory, np.float64, COPIED // 8)
    host[...] = 0.0
    there = xp.zeros(COPIED // 8)

    def call() -> None:
        if up:
            there.set(host)
        else:
            there.get(out=host)
        device.sync()

    return call


def best(call: Callable[[], Any], rounds: int = 10) -> float:
    """Return the best time of a call in seconds, after one that is not timed."""
    call()
    found = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        found = min(found, time.perf_counter() - begin)
    return found


def reading_seconds(number: int, device: Backend) -> float:
    """Return what reading a number of bytes from the device's memory takes at least, by what a copy within it takes."""
    return best(copy_on_device(device)) * number / (2 * COPIED)


def first_call_seconds(names: list[str], engine: str, backend: str, cache: str) -> float:
    """Return what the first call of a new process takes longer than its second: compiling, with an empty cache.

    Parameters
    ----------
    names : list of str
        Factors.
    engine, backend : str
        As in `factors.compute`.
    cache : str
        An empty folder.
    """
    code = (
        "import time, factors\n"
        "bars = factors.cube(factors.simulate_bars(stocks=64, days=1))\n"
        "def seconds():\n"
        "    begin = time.perf_counter()\n"
        f"    factors.compute(bars, {names!r}, engine={engine!r}, backend={backend!r})\n"
        "    return time.perf_counter() - begin\n"
        "print(seconds() - seconds())\n"
    )
    caches = {"FACTORS_CACHE": cache, "CUPY_CACHE_DIR": cache, "CUDA_CACHE_PATH": cache}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | caches, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout)
