"""What the fused engine asks of a GPU: memory, copies, kernels, streams.

A backend with a `card` runs emitted code on it. Memory of the device is counted in float64, and everything on one
stream happens in the order in which it was asked for, while the host goes on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.settings import change, setting
from factors.common.trust import UntrustedError, check_way

log = logging.getLogger("factors")

NVRTC_OPTIONS = ("-std=c++17", "-diag-suppress=177", "-fmad=false")
"""For NVRTC, which keeps infinities, missing values and subnormal numbers unless told otherwise; the -ftz=true that
CuPy adds is about float32."""


class CudaDevice(Protocol):
    """A GPU that compiles and runs CUDA.

    Attributes
    ----------
    processors : int
        Multiprocessors, which a call should fill.
    """

    processors: int

    def describe(self) -> str:
        """Return what the driver says of itself and of the device, as text."""
        ...

    def free_bytes(self) -> int:
        """Return the memory that may still be taken, in bytes."""
        ...

    def buffer(self, size: int) -> Any:
        """Return memory of the device for so many float64; MemoryError where there is none left."""
        ...

    def pinned(self, size: int) -> Floats:
        """Return memory of the host for so many float64 that copies need not wait for; MemoryError as `buffer`."""
        ...

    def stream(self) -> Any:
        """Return a new stream, on which buffers made before it may be used."""
        ...

    def load(self, code: str, options: Sequence[str], names: Sequence[str]) -> list[Any]:
        """Compile a program, or find it in the compiler's cache, and return some of its kernels."""
        ...

    def free_unused(self) -> None:
        """Give back memory of the device that is held and not used."""
        ...

    def host(self, array: Any) -> npt.NDArray[Any]:
        """Return a copy on the host of an array of the device, of any type; it takes no memory of the device."""
        ...

    def stack_bytes(self, kernel: Any) -> int:
        """Return what a thread of a kernel keeps on its stack, in bytes."""
        ...

    def upload(self, buffer: Any, array: Floats, stream: Any, at: int = 0) -> None:
        """Copy a pinned array into a buffer, from one of its elements on."""
        ...

    def download(self, array: Floats, buffer: Any, stream: Any) -> None:
        """Fill a pinned array from the beginning of a buffer."""
        ...

    def launch(self, kernel: Any, blocks: int, threads: int, arguments: Sequence[Any], stream: Any) -> None:
        """Run a kernel; its arguments are buffers, whole numbers (64 bits) and float64."""
        ...

    def wait_for(self, stream: Any, other: Any) -> None:
        """Let a stream go on only when what has been asked of the other is done."""
        ...

    def wait(self, stream: Any) -> None:
        """Wait until all that was asked of a stream is done."""
        ...


class CupyDevice:
    """One CUDA device, through CuPy.

    Parameters
    ----------
    xp : module
        CuPy.
    number : int
        Which device, counted from 0.
    """

    def __init__(self, xp: Any, number: int) -> None:
        self._xp = xp
        self._device = xp.cuda.Device(number)
        self.processors = int(self._device.attributes["MultiProcessorCount"])
        self._pool = xp.cuda.MemoryPool()  # whatever allocator others give to CuPy
        self._modules: dict[tuple[str, tuple[str, ...]], Any] = {}

    def describe(self) -> str:
        """Return versions, compute capability and memory."""
        runtime = self._xp.cuda.runtime
        driver, toolkit = (
            f"{n // 1000}.{n % 1000 // 10}" for n in (runtime.driverGetVersion(), runtime.runtimeGetVersion())
        )
        free, total = self._device.mem_info
        return (
            f"driver for CUDA {driver}, CuPy's CUDA {toolkit}, compute capability {self._device.compute_capability}, "
            f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
        )

    def free_bytes(self) -> int:
        """Return the device's free memory, with what the pool holds without use."""
        with self._device:
            return int(self._device.mem_info[0]) + int(self._pool.free_bytes())

    def buffer(self, size: int) -> Any:
        """Return a CuPy array; CuPy's error where there is no room is a MemoryError."""
        with self._device, self._xp.cuda.using_allocator(self._pool.malloc):
            return self._xp.empty(size, self._xp.float64)

    def pinned(self, size: int) -> Floats:
        """Return a NumPy array in pinned memory; CuPy's error where there is no room is no MemoryError."""
        import cupyx

        runtime = self._xp.cuda.runtime
        try:
            memory: Floats = cupyx.empty_pinned((size,), np.float64)
        except runtime.CUDARuntimeError as error:
            if error.status != runtime.errorMemoryAllocation:
                raise
            raise MemoryError(f"{8 * size} bytes of pinned memory: {error}") from error
        return memory

    def stream(self) -> Any:
        """Return a stream that does not wait for the default one, but for what has been asked of the current one.

        CuPy's pool and other allocators hand out memory in the order of the current stream: whoever had a buffer before
        may have asked for work there that is still to read it.
        """
        with self._device:
            stream = self._xp.cuda.Stream(non_blocking=True)
            stream.wait_event(self._xp.cuda.get_current_stream().record())
            return stream

    def load(self, code: str, options: Sequence[str], names: Sequence[str]) -> list[Any]:
        """Compile by NVRTC for this device; CuPy keeps the result in its cache folder."""
        key = (code, tuple(options))
        with self._device:
            if key not in self._modules:
                guard_kernel_cache()
                self._modules[key] = self._xp.RawModule(code=code, options=key[1], backend="nvrtc")
            return [self._modules[key].get_function(name) for name in names]

    def free_unused(self) -> None:
        """Free the pool's unused blocks, and those of CuPy's own."""
        with self._device:
            self._pool.free_all_blocks()
            self._xp.get_default_memory_pool().free_all_blocks()

    def host(self, array: Any) -> npt.NDArray[Any]:
        """Copy without pinned memory."""
        with self._device:
            return self._xp.asnumpy(array)  # type: ignore[no-any-return]

    def stack_bytes(self, kernel: Any) -> int:
        """Return the kernel's local memory."""
        with self._device:
            return int(kernel.local_size_bytes)

    def upload(self, buffer: Any, array: Floats, stream: Any, at: int = 0) -> None:
        """Copy to the device."""
        with self._device:
            buffer[at : at + len(array)].set(array, stream=stream)

    def download(self, array: Floats, buffer: Any, stream: Any) -> None:
        """Copy to the host."""
        with self._device:
            buffer[: len(array)].get(stream=stream, out=array, blocking=False)

    def launch(self, kernel: Any, blocks: int, threads: int, arguments: Sequence[Any], stream: Any) -> None:
        """Launch on the stream."""
        kinds = {int: np.int64, float: np.float64}
        typed = tuple(kinds[type(value)](value) if type(value) in kinds else value for value in arguments)
        with self._device, stream:
            kernel((blocks,), (threads,), typed)

    def wait_for(self, stream: Any, other: Any) -> None:
        """Wait for an event, on the device."""
        with self._device:
            stream.wait_event(other.record())

    def wait(self, stream: Any) -> None:
        """Synchronize the stream."""
        stream.synchronize()


@lru_cache(maxsize=1)
def guard_kernel_cache() -> None:
    """Keep CuPy, which loads whatever lies in its cache, from one that another user can change: once per process."""
    folder = Path(setting("CUPY_CACHE_DIR") or os.path.expanduser("~/.cupy/kernel_cache"))
    try:
        check_way(folder)
    except UntrustedError as why:
        change("CUPY_CACHE_IN_MEMORY", "1")
        log.warning(
            "CuPy's cache %s is not used: %s. Kernels are compiled anew; set CUPY_CACHE_DIR to a folder that only you "
            "can change.", folder, why,
        )  # fmt: skip


def drain(card: CudaDevice, streams: Sequence[Any]) -> None:
    """Wait for what is under way when something fails: its memory goes back to pools, and to others from there."""
    for stream in streams:
        with suppress(Exception):  # the failure itself is told
            card.wait(stream)
