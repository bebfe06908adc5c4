"""An NVIDIA GPU through CuPy.

CuPy imports without a GPU and fails at the first array, with a message about drivers that misleads where there is no
GPU at all; so the device is probed here first, and the cause is told.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy.typing as npt

from factors.backends.base import Backend
from factors.backends.cuda import CupyDevice
from factors.backends.cudf import CudfReader, CudfTables
from factors.errors import ArgumentError, BackendUnavailable

log = logging.getLogger("factors")

INSTALL = (
    "pip install 'minute-factors[gpu-cu13]' (CUDA 13 driver, 580 or newer) or 'minute-factors[gpu-cu12]' (CUDA 12)"
)


class GpuBackend(Backend):
    """One CUDA device.

    Parameters
    ----------
    number : int
        Which device, counted from 0.

    Raises
    ------
    BackendUnavailable
        If CuPy is not installed, or there is no usable driver or device.
    ArgumentError
        If the machine has fewer devices.
    """

    name = "gpu"
    block: int | None = None  # a GPU wants the whole day at once

    def __init__(self, number: int = 0) -> None:
        self.xp: ModuleType = _cupy()
        devices = _devices(self.xp)
        if number >= devices:
            raise ArgumentError(f"backend='cuda:{number}': this machine has {devices} CUDA device(s), counted from 0.")
        self._device = self.xp.cuda.Device(number)
        label = self.xp.cuda.runtime.getDeviceProperties(number)["name"]
        self.card: CupyDevice = _card(self.xp, number)
        self.device = f"cuda:{number} {label.decode() if isinstance(label, bytes) else label}"

    def put(self, array: npt.NDArray[Any]) -> Any:
        """Return a copy of the host array on the device."""
        with self._device:
            return self.xp.asarray(array)

    def take(self, array: Any) -> npt.NDArray[Any]:
        """Return a copy of the device array on the host."""
        with self._device:
            return self.xp.asnumpy(array)  # type: ignore[no-any-return]

    def device_context(self) -> AbstractContextManager[Any]:
        """Return a context in which arrays are made and computed on this device."""
        return self._device  # type: ignore[no-any-return]

    def tables(self) -> CudfReader | None:
        """Return what reads Parquet on this device: cuDF where it is installed and works, else None."""
        modules = _cudf(self.xp)
        return None if modules is None else CudfTables(*modules, self._device, self.card)

    def sync(self) -> None:
        """Wait for the device."""
        self._device.synchronize()

    def free_bytes(self) -> int:
        """Return the device's free memory, in bytes."""
        return self.card.free_bytes()


@lru_cache(maxsize=16)
def _card(xp: ModuleType, number: int) -> CupyDevice:
    """Return the device's one card: code that is loaded and cubes that lie there are found again by it."""
    return CupyDevice(xp, number)


def _dated_path() -> tuple[tuple[str, int], ...]:
    """Return the folders that packages are imported from, with the time of their last change."""
    return tuple((folder, os.stat(folder).st_mtime_ns) for folder in sys.path if os.path.exists(folder))


@lru_cache(maxsize=8)
def _is_installed(package: str, path: tuple[tuple[str, int], ...]) -> bool:
    """Whether a package is found; asked anew when something was installed."""
    return find_spec(package) is not None


def _cupy() -> ModuleType:
    try:
        if "cupy" not in sys.modules and not _is_installed("cupy", _dated_path()):
            raise ModuleNotFoundError("No module named 'cupy'", name="cupy")  # to look for it takes longer than a plan
        import cupy
    except ImportError as error:
        cause = f"CuPy is not installed: {INSTALL}."
        if error.name not in (None, "cupy"):
            cause = f"CuPy is installed but does not import ({error}): reinstall it with {INSTALL}."
        raise BackendUnavailable(f"backend 'gpu' cannot be used: {cause} Or pass backend='cpu'.") from None
    return cupy  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _cudf(cupy: ModuleType) -> tuple[ModuleType, ModuleType] | None:
    allocator = cupy.cuda.get_allocator()
    try:
        return import_module("cudf"), import_module("pylibcudf")
    except ImportError as error:
        if error.name not in ("cudf", "pylibcudf"):
            log.warning("cuDF is installed but does not import (%s): pyarrow reads files", error)
        return None
    except Exception as error:  # what a library without its driver raises is its own
        log.warning("cuDF does not start (%s: %s): pyarrow reads files", type(error).__name__, error)
        return None
    finally:
        cupy.cuda.set_allocator(allocator)  # cuDF brings its own, which asks the driver for each array


def _devices(cupy: ModuleType) -> int:
    """Return the number of CUDA devices, at least 1."""
    cause = "the machine shows no CUDA device"
    try:
        number = int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError as error:
        number, cause = 0, f"CUDA says {error}"
    if number:
        return number
    driver = (
        "nvidia-smi is there, so look at its output" if shutil.which("nvidia-smi") else "no NVIDIA driver was found"
    )
    raise BackendUnavailable(
        f"backend 'gpu' cannot be used: CuPy {cupy.__version__} is installed, but {cause} ({driver}). Install an "
        "NVIDIA driver (580 or newer for CUDA 13, 525 or newer for CUDA 12), or pass backend='cpu'."
    )
