"""Choosing a device: what is taken, what is refused, and why."""

from __future__ import annotations

import builtins
import logging
import sys
import types
from typing import Any

import pytest

import factors
from factors import backends
from factors.backends import gpu
from factors.errors import ArgumentError, BackendUnavailable
from tests.support.devices.strict import StrictBackend


def test_cpu_by_name() -> None:
    assert backends.get("cpu").name == "cpu"
    assert "cores" in backends.get("cpu").device


@pytest.mark.parametrize(
    ("name", "hint"), [("gpuu", "Did you mean 'gpu'"), ("cuda", "'cuda:N'"), ("tpu", "Choose 'auto'")]
)
def test_unknown_backend(name: str, hint: str) -> None:
    with pytest.raises(ArgumentError, match=hint):
        backends.get(name)


def test_not_a_backend() -> None:
    with pytest.raises(ArgumentError, match="neither a name nor a backend"):
        backends.get(3)  # type: ignore[arg-type]


def test_gpu_without_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def no_cupy(name: str, *args: object) -> object:
        if name == "cupy":
            raise ModuleNotFoundError("No module named 'cupy'", name="cupy")
        return real(name, *args)

    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_cupy)
    with pytest.raises(BackendUnavailable, match=r"CuPy is not installed: pip install 'minute-factors\[gpu-cu13\]'"):
        backends.get("gpu")
    with pytest.raises(BackendUnavailable, match="not installed"):
        backends.get("cuda:1")


def fake_cupy(devices: int | Exception) -> types.ModuleType:
    """A CuPy that has only what the probe looks at."""

    class CUDARuntimeError(RuntimeError):
        pass

    def count() -> int:
        if isinstance(devices, Exception):
            raise CUDARuntimeError(str(devices))
        return devices

    cupy = types.ModuleType("cupy")
    cupy.__version__ = "14.0"
    runtime = types.SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError, getDeviceCount=count, getDeviceProperties=lambda n: {"name": b"Card"}
    )
    cupy.cuda = types.SimpleNamespace(  # type: ignore[attr-defined]
        runtime=runtime, MemoryPool=object, allocator="CuPy's",
        Device=lambda n: types.SimpleNamespace(use=lambda: None, attributes={"MultiProcessorCount": 4}),
    )  # fmt: skip
    cupy.cuda.get_allocator = lambda: cupy.cuda.allocator
    cupy.cuda.set_allocator = lambda allocator: setattr(cupy.cuda, "allocator", allocator)
    return cupy


@pytest.mark.parametrize(
    "devices", [0, RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")]
)
def test_cupy_without_a_device(monkeypatch: pytest.MonkeyPatch, devices: int | Exception) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(devices))
    with pytest.raises(BackendUnavailable, match=r"CuPy 14.0 is installed, but .*Install an NVIDIA driver"):
        backends.get("gpu")


def test_device_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(1))
    assert backends.get("gpu").device == "cuda:0 Card"
    assert backends.get("gpu").card is backends.get("cuda:0").card  # what lies there is found again
    with pytest.raises(ArgumentError, match=r"backend='cuda:1': this machine has 1 CUDA device"):
        backends.get("cuda:1")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, ""),
        (ModuleNotFoundError("No module named 'cudf'", name="cudf"), ""),
        (ImportError("libcudf.so: cannot open", name="libcudf"), "cuDF is installed but does not import (libcudf.so"),
        (RuntimeError("no driver"), "cuDF does not start (RuntimeError: no driver): pyarrow reads files"),
    ],
)
def test_cudf_where_it_is(
    error: Exception | None, told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cupy = fake_cupy(1)

    def load(name: str) -> Any:
        cupy.cuda.set_allocator("RMM's, as cuDF does")
        if error:
            raise error
        io = types.SimpleNamespace(parquet=None, SourceInfo=None)
        return types.SimpleNamespace(__version__="26.10.02", io=io)

    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(gpu, "import_module", load)
    found = backends.get("gpu").tables()  # type: ignore[attr-defined]
    assert (found and found.name) == (None if error else "cuDF 26.10.02")
    assert cupy.cuda.allocator == "CuPy's"
    assert told in caplog.text
    assert bool(caplog.text) == bool(told)


def test_auto_falls_back_and_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("FACTORS_BACKEND", raising=False)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(0))
    with caplog.at_level(logging.INFO, "factors"):
        assert backends.get("auto").name == "cpu"
    assert "backend 'auto' took cpu" in caplog.text
    assert "shows no CUDA device" in caplog.text


def test_environment_decides_for_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORS_BACKEND", "abacus")
    with pytest.raises(ArgumentError, match=r"backend='abacus' \(from FACTORS_BACKEND\) is unknown"):
        backends.get("auto")
    monkeypatch.setenv("FACTORS_BACKEND", "cpu")
    assert backends.get().name == "cpu"
    assert backends.get("cpu").name == "cpu"


def test_explicit_gpu_never_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(0))
    with pytest.raises(BackendUnavailable):
        factors.compute(factors.simulate_bars(stocks=2), "VP", backend="gpu")


def test_a_registered_backend_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_REGISTERED", dict(backends._REGISTERED))
    backends.register("strict", "tests.support.devices.strict:StrictBackend")
    assert "strict" in backends.available()
    bars = factors.simulate_bars(stocks=6)
    ours = factors.compute(bars, backend="strict")
    assert ours.attrs["backend"] == "array-api-strict device1"
    assert (ours - factors.compute(bars, backend="cpu")).abs().max().max() < 1e-9
    assert factors.compute(bars, "VP", backend=StrictBackend()).equals(ours[["VP"]])
