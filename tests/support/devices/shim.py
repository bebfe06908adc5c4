"""A GPU that is none: CUDA programs compiled as plain C++ and run on the CPU, thread by thread.

It does what a card is asked for, with less memory if wanted, and looks after what a card would not tell: that memory is
written before it is read, and nothing beside it.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from factors.backends.cudf import CudfReader
from factors.common.arrays import Floats
from factors.toolchain.compiler import build_text
from tests.support.devices.strict import StrictBackend

SHIM = Path(__file__).with_name("shim.h").read_text(encoding="utf-8")
GUARD = 64
POISON, FENCE = 7.7e77, -8.8e88
LAUNCH = """
extern "C" void run_{name}(long grid, void** given) {{
  for (long block = 0; block < grid; ++block)
    for (int k = 0; k < THREADS; ++k) {{
      blockIdx.x = (unsigned)block, threadIdx.x = (unsigned)(block % 2 ? k : THREADS - 1 - k);
      call({name}, given);
    }}
}}
"""


class ShimCard:
    """A card with the memory of the host.

    Parameters
    ----------
    memory : int
        Bytes it has.
    processors : int
        Multiprocessors it says it has.
    """

    def __init__(self, memory: int = 2**30, processors: int = 0) -> None:
        self.processors = processors
        self.memory = memory
        self.told = memory
        self.held: list[weakref.ref[Floats]] = []
        self.did: list[str] = []
        self.sent = 0
        self.stack = 0
        self.fails = ""

    def describe(self) -> str:
        """Say what it is."""
        return "none at all"

    def free_bytes(self) -> int:
        """Return what is told to be free, which may be more than there is."""
        return self.told

    def buffer(self, size: int) -> Floats:
        """Return poisoned memory between fences."""
        assert size > 0
        if self.taken() + 8 * size > self.memory:
            raise MemoryError(f"{size} asked, {self.taken()} of {self.memory} taken")
        whole = np.full(size + 2 * GUARD, POISON)
        whole[:GUARD] = whole[-GUARD:] = FENCE
        self.held.append(weakref.ref(whole))
        return whole[GUARD:-GUARD]

    def taken(self) -> int:
        """Return the bytes that are taken."""
        return sum(one.nbytes - 16 * GUARD for one in self._alive())

    def _alive(self) -> list[Floats]:
        return [one for ref in self.held if (one := ref()) is not None]

    def pinned(self, size: int) -> Floats:
        """Return poisoned memory."""
        assert size > 0
        return np.full(size, POISON)

    def stream(self) -> int:
        """Return a number."""
        return len(self.held)

    def load(self, code: str, options: Sequence[str], names: Sequence[str]) -> list[Any]:
        """Compile as C++."""
        library = build_text("\n".join([SHIM, code, *(LAUNCH.format(name=name) for name in names)]))
        return [getattr(library, f"run_{name}") for name in names]

    def free_unused(self) -> None:
        """Note it."""
        self.did.append("free_unused")

    def host(self, array: Any) -> Any:
        """Copy."""
        assert array.dtype != np.float64 or not (array == POISON).any()
        return np.array(array)

    def stack_bytes(self, kernel: Any) -> int:
        """Return what was said of all kernels."""
        return self.stack

    def upload(self, buffer: Floats, array: Floats, stream: int, at: int = 0) -> None:
        """Copy."""
        assert len(array)
        assert not (array == POISON).any()
        buffer[at : at + len(array)] = array
        self.did.append(f"up {stream}")
        self.sent += array.nbytes

    def download(self, array: Floats, buffer: Floats, stream: int) -> None:
        """Copy."""
        array[:] = buffer[: len(array)]
        assert not (array == POISON).any()
        self.did.append(f"down {stream}")

    def launch(self, kernel: Any, blocks: int, threads: int, given: Sequence[Any], stream: int) -> None:
        """Run all threads of a kernel."""
        if self.fails:
            raise RuntimeError(self.fails)
        typed = [_typed(one) for one in given]
        kernel(ctypes.c_long(blocks), (ctypes.c_void_p * len(typed))(*(ctypes.addressof(one) for one in typed)))
        self.did.append(f"run {kernel.__name__} {threads}")
        for whole in self._alive():
            assert (whole[:GUARD] == FENCE).all()
            assert (whole[-GUARD:] == FENCE).all()

    def wait_for(self, stream: int, before: int) -> None:
        """Note it."""
        self.did.append(f"wait_for {stream} {before}")

    def wait(self, stream: int) -> None:
        """Note it."""
        self.did.append(f"wait {stream}")


def _typed(given: Any) -> Any:
    if isinstance(given, int):
        return ctypes.c_long(given)
    return ctypes.c_double(given) if isinstance(given, float) else ctypes.c_void_p(given.ctypes.data)


class ShimBackend(StrictBackend):
    """A GPU whose kernels run on the CPU; its arrays are those of array-api-strict's second device."""

    name = "gpu"
    device = "shim"

    def __init__(self, memory: int = 2**30, processors: int = 0, cudf: Any = None) -> None:
        super().__init__()
        self.card = ShimCard(memory, processors)
        self.cudf = cudf
        self.asked_for_tables = 0

    def tables(self) -> CudfReader | None:
        """Return what reads columns, if there is any."""
        self.asked_for_tables += 1
        return None if self.cudf is None else self.cudf.tables(self.card)  # type: ignore[no-any-return]
