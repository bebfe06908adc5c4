"""The contract of a backend, on one page.

A backend says which array library runs the verbs, moves arrays between the host and its device, and has a `card` where
the device also compiles and runs CUDA. Everything else (definitions, verbs, plan, engines) is written against the array
API standard and this page, and never asks which device it is on.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy.typing as npt

from factors.errors import ArgumentError

if TYPE_CHECKING:
    from factors.backends.cuda import CudaDevice
    from factors.backends.cudf import CudfReader

Array = Any


class Backend(Protocol):
    """A device and the array library that runs on it.

    A class that inherits from it has the defaults of what only a GPU has; one that does not may leave these out, and
    `backends.get` puts them in.

    Attributes
    ----------
    name : str
        ``"cpu"``, ``"gpu"`` or the name it was registered under.
    device : str
        What runs the work, for people: ``"cpu (2 cores)"``, ``"cuda:0 NVIDIA H100"``.
    xp : module
        The array library.
    block : int or None
        Stock-days per block of the matrix engine, so that its temporaries stay in the cache; None takes all at once.
    card : CudaDevice or None
        What runs emitted code on the device; None, the default, where none can: the matrix engine runs there.
    """

    name: str
    device: str
    xp: ModuleType
    block: int | None
    card: CudaDevice | None = None

    def put(self, array: npt.NDArray[Any]) -> Array:
        """Return the host array as an array of `xp`, on the device."""
        ...

    def take(self, array: Array) -> npt.NDArray[Any]:
        """Return the device array as a NumPy array: the only way back to the host."""
        ...

    def sync(self) -> None:
        """Wait until the device has done all that was asked of it."""
        ...

    def free_bytes(self) -> int:
        """Return the memory that a run may still take, in bytes."""
        ...

    def tables(self) -> CudfReader | None:
        """Return what reads columns of files into the memory of `card`; None, the default, leaves them to the host."""
        return None

    def device_context(self) -> AbstractContextManager[Any]:
        """Return a context in which `xp` makes arrays on the device; by default it does so anyway."""
        return nullcontext()


class _Completed:
    """A backend that does not inherit from the contract, with the contract's defaults for what it leaves out."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.card = getattr(backend, "card", None)
        self.tables = getattr(backend, "tables", lambda: None)
        older = getattr(backend, "here", nullcontext)
        self.device_context = getattr(backend, "device_context", older)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


def complete(backend: Any) -> Backend | None:
    """Return an object as a backend of the whole contract; None if it is no backend at all."""
    if not all(hasattr(backend, name) for name in ("xp", "put", "take")):
        return None
    whole = all(hasattr(backend, name) for name in ("card", "tables", "device_context"))
    found: Backend = backend if whole else _Completed(backend)
    return found


def refuse_device(device: Backend) -> None:
    """Refuse the fused engine on anything but the CPU and a GPU that compiles."""
    if device.name != "cpu" and device.card is None:
        raise ArgumentError(
            f"engine='fused' runs on backends 'cpu' and 'gpu', not {device.name!r}; take 'matrix' or 'auto' there."
        )
